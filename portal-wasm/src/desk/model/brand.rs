//! `brand.json`: whose portal this is. Read at run time, checked field by field; a bad one stops the portal.

use std::fmt;

use postern_protocol::strict::{self, Bounds};
use postern_protocol::{Digest, Explain, Limits, text};
use serde::{Deserialize, Deserializer, de};

use super::colour::Colour;
use crate::t;

/// The brand file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Brand {
    /// The portal's name, in the top bar and the tab.
    pub name: String,
    /// Who runs it, in the footer.
    pub organization: Option<String>,
    /// One line under the title of the first page.
    pub tagline: Option<String>,
    /// An image of this site, shown instead of Postern's gate.
    pub logo: Option<SitePath>,
    /// Colours.
    pub colors: Colors,
    /// Whom people ask.
    pub contact: Option<Contact>,
    /// Links in the footer.
    pub links: Vec<Link>,
    /// Languages that are offered; English is the only one now.
    pub languages: Vec<Language>,
    /// The bundle that this site offers.
    pub bundle: Option<SitePath>,
    /// The ledger that this site offers for import.
    pub ledger: Option<SitePath>,
    /// The vendor root that every bundle must come from.
    pub trust_root: Option<Digest>,
    /// Pages that can be switched off.
    pub pages: Pages,
}

impl Default for Brand {
    fn default() -> Self {
        Self {
            name: t!("default-name").to_string(),
            organization: None,
            tagline: None,
            logo: None,
            colors: Colors::default(),
            contact: None,
            links: Vec::new(),
            languages: Vec::new(),
            bundle: None,
            ledger: None,
            trust_root: None,
            pages: Pages::default(),
        }
    }
}

/// The brand's colours; the text on them is chosen where it is not given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Colors {
    /// Buttons and links on light.
    pub accent: Option<Colour>,
    /// Text on the accent.
    pub on_accent: Option<Colour>,
    /// Buttons and links on dark.
    pub accent_dark: Option<Colour>,
    /// Text on the dark page's accent.
    pub on_accent_dark: Option<Colour>,
}

impl Colors {
    /// The custom properties to set on the page.
    pub fn properties(&self) -> Vec<(&'static str, String)> {
        let on = |given: Option<Colour>, accent: Option<Colour>| given.or(accent.map(Colour::readable_text));
        [
            ("--brand-accent", self.accent),
            ("--brand-on-accent", on(self.on_accent, self.accent)),
            ("--brand-accent-dark", self.accent_dark),
            ("--brand-on-accent-dark", on(self.on_accent_dark, self.accent_dark)),
        ]
        .into_iter()
        .filter_map(|(name, colour)| Some((name, colour?.to_string())))
        .collect()
    }
}

/// Whom people ask.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// A person or a desk.
    pub name: String,
    /// Their address.
    #[serde(default)]
    pub email: Option<String>,
    /// Their telephone number.
    #[serde(default)]
    pub phone: Option<String>,
}

/// A link in the footer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Its text.
    pub label: String,
    /// Its address.
    pub href: Address,
}

/// Which pages are there. The main job and the ledger always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pages {
    /// The overview.
    pub overview: bool,
    /// Enablement tokens.
    pub token: bool,
    /// License servers; only where an entitlement may delegate.
    pub servers: bool,
    /// Looking into any file.
    pub inspect: bool,
}

impl Default for Pages {
    fn default() -> Self {
        Self { overview: true, token: true, servers: true, inspect: true }
    }
}

/// A language that the portal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
}

/// An `https:` or `mailto:` address: no other scheme can be a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

/// A file of this site: a relative path that leads nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitePath(String);

macro_rules! checked_text {
    ($type:ty, $fits:expr, $expecting:literal) => {
        impl $type {
            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let fits: fn(&str) -> bool = $fits;
                if fits(&text) {
                    Ok(Self(text))
                } else {
                    Err(de::Error::invalid_value(de::Unexpected::Str(&text), &$expecting))
                }
            }
        }
    };
}

checked_text!(
    Address,
    |text| ["https://", "mailto:"].iter().any(|start| text.starts_with(start)) && !text.contains(char::is_whitespace),
    "an address that begins with https:// or mailto:"
);
checked_text!(
    SitePath,
    |text| {
        !text.is_empty()
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/'))
            && text.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
    },
    "the name of a file beside the page, like \"acme.bundle\""
);

/// Reads the brand file.
///
/// # Errors
/// [`BadBrand`] names the field and what is expected.
pub fn read(bytes: &[u8]) -> Result<Brand, BadBrand> {
    let Limits { string_bytes, list_items, .. } = Limits::DEFAULT;
    let bounds = Bounds { string_bytes, list_items, any_characters: false };
    // What the message quotes of the file must not steer what shows it.
    strict::from_slice(bytes, bounds).map_err(|error| BadBrand(text::harmless(&error.to_string())))
}

/// Why a brand file is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadBrand(pub String);

impl fmt::Display for BadBrand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&t!("error-brand", detail = self.0))
    }
}

impl std::error::Error for BadBrand {}

impl Explain for BadBrand {
    fn code(&self) -> &'static str {
        "portal-brand"
    }
    fn advice(&self) -> String {
        t!("error-brand-do").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_brand_reads_and_nothing_is_required() {
        let shipped = include_bytes!("../../../../static/brand.json");
        assert!(!read(shipped).unwrap().name.is_empty());
        assert_eq!(read(b"{}").unwrap(), Brand::default());
    }

    #[test]
    fn bad_values_are_refused_by_name() {
        let cases = [
            (r#"{"nmae": "x"}"#, "nmae"),
            ("{\"n\u{7f}me\": \"x\"}", "n\u{fffd}me"),
            (r#"{"colors": {"accent": "red"}}"#, "colour"),
            (r#"{"links": [{"label": "x", "href": "javascript:alert(1)"}]}"#, "https://"),
            (r#"{"links": [{"label": "x", "href": "http://plain.example"}]}"#, "https://"),
            (r#"{"bundle": "../secret"}"#, "beside the page"),
            (r#"{"bundle": "https://elsewhere.example/x"}"#, "beside the page"),
            (r#"{"bundle": "/etc/passwd"}"#, "beside the page"),
            (r#"{"trust_root": "abc"}"#, "sha256:"),
            (r#"{"languages": ["xx"]}"#, "xx"),
            (r#"{"pages": {"ledger": false}}"#, "ledger"),
            ("[]", "an array stands where an object is due"),
            ("", "EOF"),
        ];
        for (json, expected) in cases {
            let error = read(json.as_bytes()).unwrap_err();
            assert!(error.0.contains(expected), "{json}: {error}");
            assert!(!error.advice().is_empty());
        }
    }

    #[test]
    fn text_colours_follow_the_accent() {
        let brand = read(br##"{"colors": {"accent": "#ffd400", "accent_dark": "#123", "on_accent_dark": "#abc"}}"##);
        let properties = brand.unwrap().colors.properties();
        assert!(properties.contains(&("--brand-on-accent", "#000000".into())), "{properties:?}");
        assert!(properties.contains(&("--brand-on-accent-dark", "#aabbcc".into())));
    }
}
