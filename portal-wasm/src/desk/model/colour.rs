//! Brand colours: hexadecimal, checked, and with a text colour that can be read on them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

/// A colour written `#rgb` or `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

impl Colour {
    const WHITE: Self = Self { red: 255, green: 255, blue: 255 };
    const BLACK: Self = Self { red: 0, green: 0, blue: 0 };

    /// White or black, whichever reads better on this colour: one of them always reads well enough.
    pub fn readable_text(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) { Self::WHITE } else { Self::BLACK }
    }

    /// The contrast ratio of WCAG 2.2, from 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// The relative luminance of WCAG 2.2.
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl FromStr for Colour {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.strip_prefix('#').ok_or(())?;
        let digits: Vec<u8> = digits
            .chars()
            .map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok()).ok_or(()))
            .collect::<Result<_, _>>()?;
        match *digits.as_slice() {
            [red, green, blue] => Ok(Self { red: red * 17, green: green * 17, blue: blue * 17 }),
            [r1, r2, g1, g2, b1, b2] => Ok(Self { red: r1 * 16 + r2, green: g1 * 16 + g2, blue: b1 * 16 + b2 }),
            _ => Err(()),
        }
    }
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|()| {
            de::Error::invalid_value(de::Unexpected::Str(&text), &"a colour like \"#1f5f6b\" or \"#fff\"")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hexadecimal_colours_are_read() {
        assert_eq!("#1f5f6B".parse::<Colour>().unwrap().to_string(), "#1f5f6b");
        assert_eq!("#fa0".parse::<Colour>().unwrap().to_string(), "#ffaa00");
        for bad in ["", "#", "1f5f6b", "#12", "#12345", "#1234567", "red", "#ggg", "#fff;}", "url(x)"] {
            assert!(bad.parse::<Colour>().is_err(), "{bad}");
        }
    }

    #[test]
    fn text_on_a_colour_can_be_read() {
        let on = |text: &str| text.parse::<Colour>().unwrap().readable_text();
        assert_eq!(on("#1f5f6b"), Colour::WHITE);
        assert_eq!(on("#7cc4cf"), Colour::BLACK);
        assert_eq!(on("#ffd400"), Colour::BLACK);
        for colour in ["#000", "#777", "#808080", "#fff", "#c00", "#0a0"] {
            let colour: Colour = colour.parse().unwrap();
            assert!(colour.contrast(colour.readable_text()) >= 4.5, "{colour}");
        }
    }
}
