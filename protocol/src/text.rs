//! Helpers for values that documents write as one string: hex, and serde through `FromStr` and `Display`; and foreign
//! text made fit to be shown.

/// Writes bytes as lowercase hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    prefixed_hex("", bytes)
}

/// Writes a prefix, and bytes as lowercase hexadecimal. Documents are mostly such values: one allocation each.
pub(crate) fn prefixed_hex(prefix: &str, bytes: &[u8]) -> String {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    let mut text = Vec::with_capacity(prefix.len() + 2 * bytes.len());
    text.extend_from_slice(prefix.as_bytes());
    for byte in bytes {
        text.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    // A text and ASCII digits are UTF-8.
    String::from_utf8(text).unwrap_or_default()
}

/// Reads exactly 32 bytes of lowercase hexadecimal; any other form is none.
pub(crate) fn unhex32(text: &[u8]) -> Option<[u8; 32]> {
    fn nibble(character: u8) -> Option<u8> {
        match character {
            b'0'..=b'9' => Some(character - b'0'),
            b'a'..=b'f' => Some(character - b'a' + 10),
            _ => None,
        }
    }
    let text: &[u8; 64] = text.try_into().ok()?;
    let mut bytes = [0u8; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_chunks::<2>().0) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

/// Whether a text is fit for a signed document: nothing that moves a terminal's cursor, breaks a line or turns the
/// direction of what follows, so that an officer reads what was signed.
pub fn is_plain(text: &str) -> bool {
    let deceives =
        |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.chars().any(deceives)
}

/// What a message may quote of bytes that nobody vouches for: at most 160 characters, all of them [`harmless`].
pub fn shown(text: &str) -> String {
    match text.char_indices().nth(160) {
        Some((end, _)) => harmless(text.get(..end).unwrap_or_default()) + "…",
        None => harmless(text),
    }
}

/// A text with nothing in it that moves a terminal's cursor, hides text or turns its direction.
pub fn harmless(text: &str) -> String {
    let harmless = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().map(|c| if harmless(c) { c } else { '\u{fffd}' }).collect()
}

/// Serde for a type that documents write as one string, through its `FromStr` and `Display`.
macro_rules! string_form {
    ($type:ty, $expecting:expr) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $type;
                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        formatter.write_str($expecting)
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                        text.parse().map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}
pub(crate) use string_form;

/// An enum of fixed words, written in documents as one of these strings and nothing else.
///
/// The order of the variants is the order of strictness where a rule compares them.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// Every word, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// The word as documents write it.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
        impl std::str::FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text { $($word => Ok($name::$variant),)+ _ => Err(()) }
            }
        }
        $crate::text::string_form!($name, concat!("one of:", $(" ", $word),+));
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_round_trips_and_refuses_other_forms() {
        let bytes: [u8; 32] = std::array::from_fn(|index| (index * 7) as u8);
        let text = hex(&bytes);
        assert_eq!(unhex32(text.as_bytes()), Some(bytes));
        assert_eq!(unhex32(text.to_uppercase().as_bytes()), None);
        assert_eq!(unhex32(&text.as_bytes()[1..]), None);
    }

    #[test]
    fn foreign_text_neither_floods_nor_steers_a_screen() {
        assert_eq!(shown("unknown field `größe`"), "unknown field `größe`");
        assert_eq!(shown("\u{1b}[2Ja\nb\u{202e}c\u{7f}\u{9b}"), "\u{fffd}[2Ja\u{fffd}b\u{fffd}c\u{fffd}\u{fffd}");
        assert_eq!(shown(&"é".repeat(160)), "é".repeat(160));
        assert_eq!(shown(&"é".repeat(161)), "é".repeat(160) + "…");
    }
}
