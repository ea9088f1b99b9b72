//! Parts that several documents share.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, IntoDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::Digest;
use crate::id::Id;
use crate::keys::PublicKey;
use crate::text::string_form;

/// A document's format version: 1, and no other number is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Version;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(1)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            1 => Ok(Self),
            other => Err(de::Error::custom(format_args!("format version {other} is not known"))),
        }
    }
}

/// An upper bound: a value, or the word `"unlimited"`. Never absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceiling<T> {
    /// No bound; first said by the root.
    Unlimited,
    /// At most this.
    Limited(T),
}

impl<T> Ceiling<T> {
    /// The bound, if there is one.
    pub const fn limit(&self) -> Option<&T> {
        match self {
            Self::Unlimited => None,
            Self::Limited(limit) => Some(limit),
        }
    }

    /// Whether a child's bound stays within this one, given how two bounds compare.
    pub fn admits(&self, child: &Self, fits: impl FnOnce(&T, &T) -> bool) -> bool {
        match (self, child) {
            (Self::Unlimited, _) => true,
            (Self::Limited(_), Self::Unlimited) => false,
            (Self::Limited(parent), Self::Limited(child)) => fits(parent, child),
        }
    }
}

impl<T: Ord + Copy> Ceiling<T> {
    /// Whether this value is allowed.
    pub fn allows(&self, value: T) -> bool {
        self.limit().is_none_or(|limit| value <= *limit)
    }

    /// The stricter of two bounds.
    pub fn min(self, other: Self) -> Self {
        match (self, other) {
            (Self::Limited(a), Self::Limited(b)) => Self::Limited(a.min(b)),
            (Self::Unlimited, bound) | (bound, Self::Unlimited) => bound,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Ceiling<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => formatter.write_str("unlimited"),
            Self::Limited(limit) => limit.fmt(formatter),
        }
    }
}

impl<T: Serialize> Serialize for Ceiling<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unlimited => serializer.serialize_str("unlimited"),
            Self::Limited(limit) => limit.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ceiling<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Word<T> {
            type Value = Ceiling<T>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a limit or the word \"unlimited\"")
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
                T::deserialize(value.into_deserializer()).map(Ceiling::Limited)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                if text == "unlimited" {
                    return Ok(Ceiling::Unlimited);
                }
                T::deserialize(text.into_deserializer()).map(Ceiling::Limited)
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
                T::deserialize(SeqAccessDeserializer::new(items)).map(Ceiling::Limited)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(fields)).map(Ceiling::Limited)
            }
        }
        deserializer.deserialize_any(Word(PhantomData))
    }
}

/// `"root"`, or a value written as its own string.
macro_rules! root_or {
    ($(#[$doc:meta])* $name:ident, $variant:ident, $of:ty, $variant_doc:literal, $expecting:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            /// The trust root.
            Root,
            #[doc = $variant_doc]
            $variant($of),
        }
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::Root => formatter.write_str("root"),
                    Self::$variant(value) => value.fmt(formatter),
                }
            }
        }
        impl FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                if text == "root" { Ok(Self::Root) } else { text.parse().map(Self::$variant) }
            }
        }
        string_form!($name, $expecting);
    };
}

root_or!(
    /// What a grant hangs from: the trust root, or the payload digest of its parent grant.
    Parent, Grant, Digest, "The parent grant's payload digest.", "\"root\" or a grant's digest"
);
root_or!(
    /// Who signs grants or revocations: the trust root, or the key that is some grant's subject.
    Grantor, Key, PublicKey, "A grant's subject key.", "\"root\" or a public key"
);

/// An optional extra, for forms newer than this program. Unknown and critical: the document is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// The extension's name.
    pub name: Id,
    /// Whether a reader that does not know it must refuse the document.
    pub critical: bool,
    /// Its content, in the extension's own form.
    pub value: String,
}

/// A device: a key pair on a target machine, and which life of it this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceIdentity {
    /// The device key.
    pub key: PublicKey,
    /// Counted up when a rebuilt machine is accepted again (`accept_fork`); begins at 0.
    pub epoch: u64,
}

/// One ledger: a portal's subject key, and which life of its ledger this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerId {
    /// The subject key that signs the entries.
    pub key: PublicKey,
    /// Counted up when a lost ledger is begun anew; begins at 0.
    pub epoch: u64,
}

/// Where in a ledger something stands. The entry itself carries the license's digest, so there is no circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerReference {
    /// The ledger.
    pub ledger: LedgerId,
    /// The entry's position; the first entry has position 1.
    pub position: u64,
    /// The digest of the entry before; at position 1 the digest of no bytes.
    pub previous: Digest,
}

/// How far a device's usage chain had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The digest of the chain's first record: names this chain.
    pub genesis: Digest,
    /// Records in the chain.
    pub count: u64,
    /// The digest of the newest record.
    pub head: Digest,
}

/// One part of a machine's fingerprint, hidden under a secret of the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FingerprintPart {
    /// What was measured: `machine-id`, `dmi-uuid`, `mac`, …
    pub part: Id,
    /// HMAC-SHA256 of the measured value under the device's fingerprint secret.
    pub hmac: Digest,
}

/// A named text that an application keeps with its license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// The variable's name.
    pub name: Id,
    /// Its value.
    pub value: String,
}

/// A counter's value: cumulative per device key and usage-chain genesis, never reset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// The counter.
    pub counter: Id,
    /// Units used since the chain began.
    pub total: u64,
}
