//! Why a machine is not simply well: the gravest reason, and what to do about it.

use postern_protocol::documents::{self, Checkpoint};
use postern_protocol::{Explain, Time, describe};
use serde::Serialize;

use super::Next;
use crate::rules::expiry::{self, Dates, Standing};
use crate::rules::facts::Facts;
use crate::rules::install_error::InstallError;
use crate::rules::permit::{Terms, UseError};
use crate::rules::{clock, cycle, extend};

const RENEW: &str = "Renew: make a request with 'request' or 'activate --again' and install the answer.";

/// Why the health is not `ok`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// What is the matter.
    pub message: String,
    /// What to do.
    pub advice: String,
}

impl Why {
    fn of(error: &dyn Explain) -> Self {
        Self { message: error.to_string(), advice: error.advice() }
    }

    /// Names the emergency extension, where using it now would help.
    fn or_extend(mut self, facts: &Facts, now: Time) -> Self {
        if extend::extend(facts, now).is_ok() {
            self.advice += " Until then, 'extend' uses the emergency extension, once.";
        }
        self
    }
}

/// What keeps users from doing everything that is licensed.
pub(super) fn limited(facts: &Facts, terms: Option<&Terms>, now: Time) -> Option<Why> {
    let error = match terms {
        Some(terms) => UseError::from(terms.full(now).err()?),
        None => UseError::NoLicense,
    };
    Some(Why::of(&error).or_extend(facts, now))
}

/// What will stop something unless somebody acts.
pub(super) fn attention(facts: &Facts, next: &[Next], now: Time) -> Option<Why> {
    if let Some(fork) = facts.fork {
        let seen = Checkpoint { count: fork.seen, ..facts.usage };
        return Some(Why::of(&InstallError::UsageRolledBack { have: facts.usage.count, seen }));
    }
    if let Err(error) = clock::trusted(facts, now) {
        return Some(Why::of(&error));
    }
    if let Err(error) = cycle::not_locked(facts, now) {
        return Some(Why::of(&error));
    }
    let installed = facts.installed.as_ref();
    let ended = installed.and_then(|installed| match Dates::of(facts, installed).standing(now) {
        Standing::Grace { until: Time::MAX } => Some("The license has ended; full use goes on.".to_owned()),
        Standing::Grace { until } => {
            Some(format!("The license has ended; full use goes on until {}.", describe::time(until)))
        }
        Standing::Ended { .. } => Some("The license and its grace have ended.".to_owned()),
        _ => None,
    });
    if let Some(message) = ended {
        return Some(Why { message, advice: RENEW.into() }.or_extend(facts, now));
    }
    if let Some(hit) = installed.and_then(|installed| expiry::revoked(facts, installed)) {
        let advice = match hit.standing {
            documents::Standing::Active => RENEW.into(),
            _ => hit.advice(),
        };
        return Some(Why {
            message: format!("{hit} What is installed goes on; nothing new is installed under it."),
            advice,
        });
    }
    next.iter().find(|next| next.urgent(now)).map(|next| {
        let advice = match next.event {
            "install-until" | "locks" => "Load the newest request into the portal and install the answer by then.",
            _ => RENEW,
        };
        Why { message: format!("{}: {}", describe::time(next.at), next.text), advice: advice.into() }
    })
}
