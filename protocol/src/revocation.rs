//! Revocations: a grantor speaks about its own descendants, never about anybody else's (design §3, §5).

use std::fmt;

use crate::chain::Chain;
use crate::digest::Digest;
use crate::documents::{Ceiling, Entry, Grantor, InstalledEffect, Revocations, Standing, Target};
use crate::explain::Explain;
use crate::keys::PublicKey;
use crate::time::{DAY, Time};
use crate::verified::Verified;

/// What a revocation list says about something on a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it hits, in words.
    pub what: String,
    /// Suspended or revoked; active where only the serial is too low.
    pub standing: Standing,
    /// What happens to licenses that are installed.
    pub effect: InstalledEffect,
}

impl fmt::Display for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.standing {
            Standing::Active => write!(f, "{} was replaced by a newer one.", self.what),
            Standing::Suspended => write!(f, "{} is suspended.", self.what),
            Standing::Revoked => write!(f, "{} is revoked.", self.what),
        }
    }
}

impl Explain for Hit {
    fn code(&self) -> &'static str {
        match self.standing {
            Standing::Active => "grant-replaced",
            Standing::Suspended => "grant-suspended",
            Standing::Revoked => "grant-revoked",
        }
    }

    fn advice(&self) -> String {
        match self.standing {
            Standing::Active => "Load your vendor's newest bundle and repeat the step.".into(),
            Standing::Suspended => "Ask your vendor why, and when it will be resumed.".into(),
            Standing::Revoked => "Ask your vendor for a replacement.".into(),
        }
    }
}

/// The newest lists of each issuer, out of what came with a chain and what the reader had before.
pub fn newest<'a>(a: &'a [Verified<Revocations>], b: &'a [Verified<Revocations>]) -> Vec<&'a Verified<Revocations>> {
    let all = || a.iter().chain(b);
    all().filter(|list| !all().any(|other| other.issuer == list.issuer && other.serial > list.serial)).collect()
}

/// The gravest that the lists say about a link, the device or the license of a path: stopping before keeping what is
/// installed, then revoked before suspended before replaced.
///
/// Each issuer is heard only about what lies below it on this path, and none can soften what another says.
pub fn standing(
    chain: &Chain,
    known: &[Verified<Revocations>],
    device: Option<PublicKey>,
    license: Option<Digest>,
) -> Option<Hit> {
    if chain.revocations().is_empty() && known.is_empty() {
        return None;
    }
    let lists = newest(chain.revocations(), known);
    let hits = lists.into_iter().flat_map(|list| hits(list, chain, device, license));
    // Of equals the first, so that the answer does not depend on how often something is said.
    hits.reduce(
        |gravest, hit| {
            if (hit.effect, hit.standing) > (gravest.effect, gravest.standing) { hit } else { gravest }
        },
    )
}

/// Everything that one list says about this path.
fn hits(list: &Revocations, chain: &Chain, device: Option<PublicKey>, license: Option<Digest>) -> Vec<Hit> {
    let first_below = match list.issuer {
        Grantor::Root => 0,
        Grantor::Key(key) => match chain.grants().iter().position(|grant| grant.subject == key) {
            Some(issuer) => issuer + 1,
            None => return Vec::new(),
        },
    };
    let below = || chain.grants().iter().enumerate().skip(first_below);
    let hit = |entry: &Entry| {
        let stopped = entry.standing != Standing::Active;
        let what = match &entry.target {
            Target::Grant { grantor, id } => below()
                .find(|(index, grant)| {
                    grant.id == *id && chain.grantor(*index) == *grantor && (stopped || grant.serial < entry.min_serial)
                })
                .map(|(_, grant)| format!("The entitlement '{}'", grant.id)),
            Target::Subject(key) => below()
                .find(|(_, grant)| stopped && grant.subject == *key)
                .map(|(_, grant)| format!("The key of the entitlement '{}'", grant.id)),
            Target::Device(key) => (stopped && device == Some(*key)).then(|| format!("The machine {}", key.short())),
            Target::License(digest) => {
                (stopped && license == Some(*digest)).then(|| format!("The license {}", digest.short()))
            }
        }?;
        Some(Hit { what, standing: entry.standing, effect: entry.effect })
    };
    list.entries.iter().filter_map(hit).collect()
}

/// Whether every link that limits the age of revocations has a list of its grantor that is young enough. A list from
/// more than a day ahead is none: it would stay young for as long as its date says.
///
/// # Errors
/// The grant whose list is missing or too old, by its id.
pub fn fresh(chain: &Chain, known: &[Verified<Revocations>], now: Time) -> Result<(), String> {
    for (index, grant) in chain.grants().iter().enumerate() {
        if let Ceiling::Limited(max_age) = grant.revocation_max_age {
            let young = |list: &&Verified<Revocations>| {
                list.issuer == chain.grantor(index)
                    && now.since(list.issued_at) <= max_age
                    && list.issued_at <= now.plus(DAY)
            };
            if !chain.revocations().iter().chain(known).any(|list| young(&list)) {
                return Err(grant.id.to_string());
            }
        }
    }
    Ok(())
}
