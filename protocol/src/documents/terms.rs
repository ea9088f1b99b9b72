//! What a grant limits and a license says: seats, features, consumption, windows, and what follows the end.

use serde::{Deserialize, Serialize};

use super::Ceiling;
use crate::id::Id;
use crate::text::words;
use crate::time::Time;

impl LicenseType {
    /// Whether a license is bound to one machine by an activation (seed 004), and not by the request cycle.
    pub fn node_locked(self) -> bool {
        !matches!(self, Self::OnPremises | Self::Server)
    }
}

words! {
    /// The kinds of license.
    LicenseType {
        /// An installation that runs the LFR cycle (seeds 000 to 002).
        OnPremises = "on-premises",
        /// Node-locked, without end.
        Perpetual = "perpetual",
        /// Node-locked, with an end.
        TimeLimited = "time-limited",
        /// Bound to a payment; never offline.
        Subscription = "subscription",
        /// Node-locked, counted.
        Consumption = "consumption",
        /// A child license server (seed 003).
        Server = "server",
    }
}

/// How many seats of one type, over time: an absolute step function. Before the first step there are none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// The seat type.
    pub seat_type: Id,
    /// The steps, ascending.
    pub steps: Vec<Step>,
}

/// From an instant on, this many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The instant.
    pub from: Time,
    /// Seats from then on.
    pub quantity: u64,
}

impl Allowance {
    /// The quantity at an instant.
    pub fn at(&self, time: Time) -> u64 {
        self.steps.iter().take_while(|step| step.from <= time).last().map_or(0, |step| step.quantity)
    }
}

/// A feature and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// The exact name.
    pub name: Id,
    /// On, or a number.
    pub value: FeatureValue,
}

/// A feature's value: `"on"`, or a number that applications read as a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureValue {
    /// Switched on.
    On,
    /// A limit.
    Number(u64),
}

impl Serialize for FeatureValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::On => serializer.serialize_str("on"),
            Self::Number(number) => serializer.serialize_u64(*number),
        }
    }
}

impl<'de> Deserialize<'de> for FeatureValue {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value;
        impl serde::de::Visitor<'_> for Value {
            type Value = FeatureValue;
            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("\"on\" or a number")
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<FeatureValue, E> {
                Ok(FeatureValue::Number(number))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<FeatureValue, E> {
                if text == "on" {
                    Ok(FeatureValue::On)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(text), &self))
                }
            }
        }
        deserializer.deserialize_any(Value)
    }
}

/// A consumption counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consumption {
    /// The counter.
    pub counter: Id,
    /// The feature that it counts; absent where it counts the license as a whole.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub feature: Option<Id>,
    /// Units per reset period.
    pub limit: Ceiling<u64>,
    /// Units that may be used past the limit and are reported; 0 means the limit refuses.
    pub overage: Ceiling<u64>,
    /// Seconds after which the license's base may move on; unlimited means never.
    pub reset_period: Ceiling<u64>,
}

/// Windows of the request cycle, in seconds (defaults: seeds 001 and 002).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CyclePolicy {
    /// From the newest request to the install.
    pub request_window: u64,
    /// From the cycle's first request to the install.
    pub cycle_window: u64,
    /// What a locked machine may still do with its installed license.
    pub lock_effect: LockEffect,
}

impl Default for CyclePolicy {
    /// 48 hours, 7 days, and the installed license goes on.
    fn default() -> Self {
        Self { request_window: 48 * 3600, cycle_window: 7 * 86_400, lock_effect: LockEffect::None }
    }
}

words! {
    /// What a lock does to the installed license; later words are stricter.
    LockEffect {
        /// Nothing: it goes on working.
        None = "none",
        /// Use is allowed with a warning.
        Warn = "warn",
        /// Only reading.
        ReadOnly = "read-only",
        /// No use.
        Lock = "lock",
    }
}

/// What follows the end of a license.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpiryPolicy {
    /// Seconds of full use after the end.
    pub grace: Ceiling<u64>,
    /// What follows the grace.
    pub after_end: AfterEnd,
    /// Seconds of one emergency extension; 0 means none.
    pub extension: Ceiling<u64>,
}

words! {
    /// What follows the grace after the end; later words are stricter.
    AfterEnd {
        /// Use is allowed with a warning.
        Warn = "warn",
        /// Only reading.
        ReadOnly = "read-only",
        /// No use.
        Lock = "lock",
    }
}
