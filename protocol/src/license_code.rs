//! License Codes: a portal's public key in a form that a person can copy, read out or type (design §1, §4).
//!
//! A code is Bech32m (BIP-350) with the human-readable part `pstn`, in upper case and in groups of five:
//! `PSTN1-XXXXX-…`. Why Bech32m and not Crockford's base32 with a hash: its six check characters catch *every* change
//! of up to four characters, so every typing error and every transposition, where a truncated hash only makes a miss
//! unlikely; its alphabet has no `1`, `B`, `I`, `O` to confuse with `L`, `8`, `0`, so what people mistype is corrected
//! without ambiguity; in upper case it is a compact QR code; and independent decoders exist (take the dashes out).
//!
//! A code says which key, not that the key is good: whoever imports it judges it as any other public key (design §4).

use std::fmt;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::primitives::iter::{ByteIterExt, Fe32IterExt};
use bech32::{Bech32m, Fe32, Hrp};
use zeroize::Zeroizing;

use crate::Explain;

const HRP: Hrp = Hrp::parse_unchecked("pstn");

/// `PSTN1` after [`normalise`], which reads the separator `1` as `L`.
const PREFIX: &str = "PSTNL";

/// Data and check characters after the prefix: 52 for 32 bytes, and 6.
const BODY_LENGTH: usize = 58;

/// The longest text that is looked at, in bytes: room for spaces and dashes at will.
const MAX_TEXT_BYTES: usize = 512;

/// The License Code of these 32 bytes of a public key: upper case, groups of five joined by `-`.
pub fn encode(public_key: &[u8; 32]) -> String {
    grouped(&checked(HRP, public_key)).to_string()
}

/// The 32 bytes of the public key that this License Code stands for.
///
/// Lower case, spaces, line breaks and any dashes are taken as they come; `0` is read for `O`, `L` for `I` and `1`, `8`
/// for `B`. Nothing else is corrected: Bech32m could guess at errors, but a guessed key may be someone else's.
///
/// # Errors
/// [`LicenseCodeError`] says what does not fit.
pub fn decode(text: &str) -> Result<[u8; 32], LicenseCodeError> {
    let symbols = normalise(text).map_err(|unreadable| match unreadable {
        Unreadable::TooLong => LicenseCodeError::Length,
        Unreadable::Character(found) => LicenseCodeError::Character(found),
    })?;
    let body = symbols.strip_prefix(PREFIX).ok_or(LicenseCodeError::Prefix)?;
    if body.len() != BODY_LENGTH {
        return Err(LicenseCodeError::Length);
    }
    read::<32>(HRP, body).map(|bytes| *bytes).ok_or(LicenseCodeError::Checksum)
}

/// Why a text cannot be read as Bech32m symbols.
pub(crate) enum Unreadable {
    /// Longer than [`MAX_TEXT_BYTES`].
    TooLong,
    /// A character that no code contains.
    Character(char),
}

/// The symbols of a typed text: upper case, without spaces and dashes, look-alikes replaced.
pub(crate) fn normalise(text: &str) -> Result<Zeroizing<String>, Unreadable> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(Unreadable::TooLong);
    }
    let mut symbols = Zeroizing::new(String::with_capacity(text.len()));
    for character in text.chars() {
        let symbol = match character.to_ascii_uppercase() {
            // Word processors turn hyphens into other dashes.
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => continue,
            blank if blank.is_whitespace() => continue,
            'O' => '0',
            'I' | '1' => 'L',
            'B' => '8',
            other => other,
        };
        if Fe32::from_char(symbol).is_err() {
            return Err(Unreadable::Character(character));
        }
        symbols.push(symbol);
    }
    Ok(symbols)
}

/// Bech32m in upper case, with prefix and checksum.
pub(crate) fn checked(hrp: Hrp, bytes: &[u8]) -> Zeroizing<Vec<char>> {
    // Room for all of it at once: a list that grows leaves copies behind.
    let mut characters = Zeroizing::new(Vec::with_capacity(hrp.len() + bytes.len() * 2 + 8));
    let symbols = bytes.iter().copied().bytes_to_fes();
    characters.extend(symbols.with_checksum::<Bech32m>(&hrp).chars().map(|symbol| symbol.to_ascii_uppercase()));
    characters
}

/// Groups of five joined by `-`.
pub(crate) fn grouped(characters: &[char]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(characters.len() * 6 / 5 + 1));
    for (index, character) in characters.iter().enumerate() {
        if index > 0 && index % 5 == 0 {
            text.push('-');
        }
        text.push(*character);
    }
    text
}

/// The bytes behind normalised symbols, if there are `N` of them, the checksum holds and unused bits are zero.
pub(crate) fn read<const N: usize>(hrp: Hrp, body: &str) -> Option<Zeroizing<[u8; N]>> {
    let text = Zeroizing::new(format!("{}1{body}", hrp.as_str().to_ascii_uppercase()));
    let parsed = CheckedHrpstring::new::<Bech32m>(&text).ok()?;
    let mut bytes = Zeroizing::new([0; N]);
    let mut decoded = parsed.byte_iter();
    for place in bytes.iter_mut() {
        *place = decoded.next()?;
    }
    // Unused bits that are set would make a second code for one key, so only what we would write ourselves is read.
    let canonical = checked(hrp, bytes.as_slice()).iter().copied().eq(text.chars());
    canonical.then_some(bytes)
}

/// Why a text is not a License Code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LicenseCodeError {
    /// It does not begin with `PSTN1`.
    Prefix,
    /// A character that no License Code contains.
    Character(char),
    /// Too few or too many characters: 63 without dashes are due.
    Length,
    /// The check characters do not fit: at least one character is wrong or two are swapped.
    Checksum,
}

impl fmt::Display for LicenseCodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix => formatter.write_str("this is not a License Code: it does not begin with PSTN1"),
            Self::Character(found) => write!(formatter, "a License Code does not contain the character {found:?}"),
            Self::Length => formatter.write_str("the License Code is incomplete or too long (it has 63 characters)"),
            Self::Checksum => formatter.write_str("the License Code has a typing error"),
        }
    }
}

impl std::error::Error for LicenseCodeError {}

impl Explain for LicenseCodeError {
    fn code(&self) -> &'static str {
        match self {
            Self::Prefix => "license-code-prefix",
            Self::Character(_) => "license-code-character",
            Self::Length => "license-code-length",
            Self::Checksum => "license-code-checksum",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Prefix => "Copy the code that the portal shows under \"License Code\", from PSTN1 to its end.",
            Self::Character(_) | Self::Checksum => {
                "Compare it with the portal's License Code group by group, or copy it instead of typing it."
            }
            Self::Length => "Copy the whole code: twelve groups of five characters and one of three.",
        }
        .into()
    }
}
