//! The elements and attributes that a page is made of. The page draws these and no others: no script, no style, no
//! handler can be named in a message.

use super::Element;
use crate::wire::Wire;

/// `names!(enum Name { Variant "text" })`: a name that travels as its number.
macro_rules! names {
    ($(#[$about:meta])* enum $name:ident { $($variant:ident $text:literal),* $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant),*
        }

        impl $name {
            const ALL: &[(Self, &'static str)] = &[$((Self::$variant, $text)),*];

            /// As the document spells it.
            pub fn name(self) -> &'static str {
                Self::ALL.get(self as usize).map_or("", |(_, text)| text)
            }
        }

        impl Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(*self as u8);
            }
            fn take(input: &mut &[u8]) -> Option<Self> {
                Self::ALL.get(usize::from(u8::take(input)?)).map(|(name, _)| *name)
            }
        }
    };
}

names!(
    /// An element's name.
    enum Tag {
        A "a", Aside "aside", Button "button", Caption "caption", Code "code", Dd "dd", Details "details", Div "div",
        Dl "dl", Dt "dt", Fieldset "fieldset", Footer "footer", Form "form", H1 "h1", H2 "h2", Header "header",
        Hr "hr", Img "img", Input "input", Label "label", Legend "legend", Li "li", Main "main", Nav "nav", Ol "ol",
        Output "output", P "p", Path "path", Polygon "polygon", Pre "pre", Progress "progress", Rect "rect", Section "section",
        Span "span", Strong "strong", Summary "summary", Svg "svg", Table "table", Tbody "tbody", Td "td", Th "th", Thead "thead",
        Tr "tr", Ul "ul",
    }
);

names!(
    /// An attribute's name.
    enum Attr {
        Alt "alt", AriaCurrent "aria-current", AriaDescribedby "aria-describedby", AriaHidden "aria-hidden",
        AriaInvalid "aria-invalid", AriaLabel "aria-label", AriaPressed "aria-pressed",
        Autocapitalize "autocapitalize", Autocomplete "autocomplete", Checked "checked", Class "class", D "d",
        DataBatch "data-batch", DataCode "data-code", DataFile "data-file", DataFork "data-fork",
        DataKind "data-kind", DataLabel "data-label", DataLicense "data-license", DataLine "data-line",
        DataRelease "data-release", DataSeat "data-seat", DataServer "data-server", Disabled "disabled", Focusable "focusable", For "for",
        Height "height", Href "href", Id "id", Inputmode "inputmode", Max "max", Maxlength "maxlength", Min "min",
        Multiple "multiple", Name "name", Points "points", PreserveAspectRatio "preserveAspectRatio", Rel "rel", Role "role",
        Scope "scope", Spellcheck "spellcheck", Src "src", Step "step", Tabindex "tabindex", Title "title",
        Type "type", Value "value", ViewBox "viewBox", Width "width", X "x", Y "y",
    }
);

impl Tag {
    /// An element without anything in it.
    pub fn empty(self) -> Element {
        Element { tag: self, key: Default::default(), attributes: Vec::new(), children: Vec::new(), act: None }
    }

    /// An element of these classes.
    pub fn class(self, classes: &'static str) -> Element {
        self.empty().set(Attr::Class, classes)
    }

    /// An element with something in it.
    pub fn with(self, child: impl Into<super::Node>) -> Element {
        self.empty().with(child)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    #[test]
    fn names_survive_the_message_and_unknown_ones_are_refused() {
        for (tag, text) in Tag::ALL {
            assert_eq!((wire::read(&wire::write(tag)), tag.name()), (Some(*tag), *text));
        }
        for (attr, text) in Attr::ALL {
            assert_eq!((wire::read(&wire::write(attr)), attr.name()), (Some(*attr), *text));
        }
        assert_eq!(wire::read::<Tag>(&[Tag::ALL.len() as u8]), None);
        assert_eq!(wire::read::<Attr>(&[Attr::ALL.len() as u8]), None);
    }

    #[test]
    fn nothing_that_runs_can_be_named() {
        assert!(
            Tag::ALL.iter().all(|(_, text)| !["script", "style", "iframe", "object", "embed", "link"].contains(text))
        );
        assert!(Attr::ALL.iter().all(|(_, text)| !text.starts_with("on") && !["style", "srcdoc"].contains(text)));
    }
}
