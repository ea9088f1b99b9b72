//! Values of an account file as people write them: days, durations, quantities, and the word "unlimited".

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use postern_protocol::documents::{Allowance, Ceiling, FeatureValue, Step};
use postern_protocol::license_code;
use postern_protocol::limits::MAX_INTEGER;
use postern_protocol::text::is_plain;
use postern_protocol::{Explain, Id, Limits, PublicKey, Time};
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::moment::{Span, instant, last_instant};

/// A text that documents can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let most = Limits::DEFAULT.string_bytes;
        if text.len() > most {
            return Err(de::Error::custom(format_args!("a text is no longer than {most} bytes")));
        }
        if !is_plain(&text) {
            return Err(de::Error::custom("a text has no control characters or marks that turn its direction"));
        }
        Ok(Self(text))
    }
}

/// A day's first second, or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StartDay(pub(crate) Time);

/// A day's last second, or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EndDay(pub(crate) Time);

impl<'de> Deserialize<'de> for StartDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        instant(&date_text(deserializer)?).map(Self).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for EndDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        last_instant(&date_text(deserializer)?).map(Self).map_err(de::Error::custom)
    }
}

/// TOML's own dates and times, and the same in quotes.
fn date_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match toml::Value::deserialize(deserializer)? {
        toml::Value::Datetime(date) => Ok(date.to_string()),
        toml::Value::String(text) => Ok(text),
        _ => Err(de::Error::custom("a day is written 2026-11-22, without quotes; a time 2026-11-22T09:00:00Z")),
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// A limit, or the word "unlimited".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit<T>(pub(crate) Ceiling<T>);

impl<'de> Deserialize<'de> for Limit<EndDay> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match date_text(deserializer)?.as_str() {
            "unlimited" => Ok(Self(Ceiling::Unlimited)),
            text => last_instant(text)
                .map(|time| Self(Ceiling::Limited(EndDay(time))))
                .map_err(|what| de::Error::custom(format_args!("{what}; \"unlimited\" says that there is no end"))),
        }
    }
}

impl<'de> Deserialize<'de> for Limit<Span> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "unlimited" => Ok(Self(Ceiling::Unlimited)),
            text => text
                .parse()
                .map(|span| Self(Ceiling::Limited(span)))
                .map_err(|what| de::Error::custom(format_args!("{what}; or the word \"unlimited\""))),
        }
    }
}

impl<'de> Deserialize<'de> for Limit<u64> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match number_or_word(deserializer, "unlimited")? {
            Some(number) => Ok(Self(Ceiling::Limited(number))),
            None => Ok(Self(Ceiling::Unlimited)),
        }
    }
}

/// A feature's value: a number, or the word "on".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setting(pub(crate) FeatureValue);

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(number_or_word(deserializer, "on")?.map_or(FeatureValue::On, FeatureValue::Number)))
    }
}

/// A number that documents can hold.
fn whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    if number > MAX_INTEGER {
        return Err(de::Error::custom(format_args!("{number} is more than {MAX_INTEGER}")));
    }
    Ok(number)
}

/// A number that documents can hold; none for the word.
fn number_or_word<'de, D: Deserializer<'de>>(deserializer: D, word: &str) -> Result<Option<u64>, D::Error> {
    let number = |number: i64| u64::try_from(number).ok().filter(|number| *number <= MAX_INTEGER);
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) if text == word => Ok(None),
        toml::Value::Integer(integer) if number(integer).is_some() => Ok(number(integer)),
        other => {
            Err(de::Error::custom(format_args!("{other} is neither a whole number from 0 on nor the word \"{word}\"")))
        }
    }
}

impl Limit<Span> {
    pub(crate) fn seconds(self) -> Ceiling<u64> {
        match self.0 {
            Ceiling::Unlimited => Ceiling::Unlimited,
            Ceiling::Limited(span) => Ceiling::Limited(span.0),
        }
    }
}

/// How many seats: one number from the entitlement's start on, or stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    Constant(u64),
    Stages(Vec<Stage>),
}

/// From a day on, this many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stage {
    pub(crate) from: StartDay,
    #[serde(deserialize_with = "whole_number")]
    pub(crate) quantity: u64,
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrStages;
        impl<'de> Visitor<'de> for NumberOrStages {
            type Value = Quantity;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seats, or stages like [{ from = 2026-06-01, quantity = 20 }]")
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Quantity, E> {
                let quantity = u64::try_from(number).ok().filter(|number| *number <= MAX_INTEGER);
                quantity.map(Quantity::Constant).ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Quantity, A::Error> {
                let mut stages: Vec<Stage> = Vec::new();
                while let Some(stage) = items.next_element()? {
                    stages.push(stage);
                }
                if stages.is_empty() || !stages.array_windows().all(|[a, b]| a.from.0 < b.from.0) {
                    return Err(de::Error::custom("stages are one or more, each from a later day than the one before"));
                }
                Ok(Quantity::Stages(stages))
            }
        }
        deserializer.deserialize_any(NumberOrStages)
    }
}

/// Things by id, in the order in which the file names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ById<T>(pub(crate) Vec<(Id, T)>);

impl<T> Default for ById<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ById<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Table<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Table<T> {
            type Value = ById<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of ids")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<ById<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = fields.next_entry()? {
                    entries.push(entry);
                }
                Ok(ById(entries))
            }
        }
        deserializer.deserialize_map(Table(PhantomData))
    }
}

/// Seats by seat type.
pub(crate) type Seats = ById<Quantity>;

impl Seats {
    /// As a grant writes them; plain numbers hold from `start` on.
    pub(crate) fn allowances(&self, start: Time) -> Vec<Allowance> {
        let steps = |quantity: &Quantity| match quantity {
            Quantity::Constant(quantity) => vec![Step { from: start, quantity: *quantity }],
            Quantity::Stages(stages) => {
                stages.iter().map(|stage| Step { from: stage.from.0, quantity: stage.quantity }).collect()
            }
        };
        let allowance =
            |(seat_type, quantity): &(Id, Quantity)| Allowance { seat_type: seat_type.clone(), steps: steps(quantity) };
        self.0.iter().map(allowance).collect()
    }
}

/// A public key, as `ed25519:…` or as a License Code, judged as every key that enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Key(pub(crate) PublicKey);

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let key = match text.parse::<PublicKey>() {
            Ok(key) => key,
            Err(()) if text.starts_with("ed25519:") => {
                return Err("a key is written ed25519: and 64 lowercase hexadecimal digits".into());
            }
            Err(()) => PublicKey::from_bytes(
                license_code::decode(text).map_err(|error| format!("{error}. {}", error.advice()))?,
            ),
        };
        key.import().map(|_| Self(key)).map_err(|error| format!("{error}. {}", error.advice()))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
