//! `grant`: signed authority. Who may issue what, at most (design §§2, 3, 5).

use serde::{Deserialize, Serialize};

use super::{
    Allowance, Ceiling, Consumption, CyclePolicy, ExpiryPolicy, Extension, Feature, LicenseType, Parent, Version,
    document, unique,
};
use crate::id::Id;
use crate::keys::PublicKey;
use crate::kind::Kind;
use crate::text::words;
use crate::time::Time;

/// A grant. Every ceiling is present; each stays within the parent's (`within`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Always `grant`.
    pub kind: Kind,
    /// The format version.
    pub version: Version,
    /// The product.
    pub product: Id,
    /// The grant's id; with the grantor's key it is the grant's identity.
    pub id: Id,
    /// Counted up with every new form of the same grant.
    pub serial: u64,
    /// What it hangs from.
    pub parent: Parent,
    /// The key that may use this grant.
    pub subject: PublicKey,
    /// What the subject may do.
    pub rights: Rights,
    /// The account that licenses are for.
    pub account: Ceiling<Id>,
    /// The kind of license.
    pub license_type: Ceiling<LicenseType>,
    /// Seats over time, for each seat type.
    pub allowances: Ceiling<Vec<Allowance>>,
    /// Features.
    pub features: Ceiling<Vec<Feature>>,
    /// Consumption counters.
    pub consumption: Ceiling<Vec<Consumption>>,
    /// Credentials, one of which must sign each request; an empty list asks for none.
    pub credentials: Vec<Credential>,
    /// Machines that may hold licenses: a pool, or named machines each with its share.
    pub devices: Devices,
    /// License ids and what may be allocated under each.
    pub installations: Ceiling<Vec<Installation>>,
    /// Licenses are issued from this instant on …
    pub issue_from: Time,
    /// … until this one.
    pub issue_until: Time,
    /// Licenses end by this instant.
    pub run_until: Ceiling<Time>,
    /// Longest duration of one license, in seconds.
    pub longest_duration: Ceiling<u64>,
    /// Longest session, in seconds.
    pub longest_session: Ceiling<u64>,
    /// Devices that may hold a live license at once.
    pub license_count: Ceiling<u64>,
    /// Windows of the request cycle.
    pub cycle: CyclePolicy,
    /// What follows the end of a license.
    pub expiry: ExpiryPolicy,
    /// Whether licenses may be activated without a network at all.
    pub allow_offline_activation: bool,
    /// Approval of offline licensing for the account.
    pub approval: Approval,
    /// Revocations older than this many seconds do not suffice at an install.
    pub revocation_max_age: Ceiling<u64>,
    /// The policy template that it was made from, for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub policy: Option<Id>,
    /// What a child license server needs; absent where the subject is no server.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server: Option<Server>,
    /// When it was made.
    pub issued_at: Time,
    /// Optional extras.
    pub extensions: Vec<Extension>,
}

/// What a grant's subject may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rights {
    /// Answer requests with licenses.
    pub issue: bool,
    /// Refresh a known device's license without a request.
    pub refresh: bool,
    /// How many grants may follow below; 0 means none.
    pub delegate: u64,
    /// Make enablement tokens.
    pub enable: bool,
    /// Release seats of dead machines.
    pub release_dead: ReleaseDead,
    /// Answer clock challenges.
    pub repair_clock: RepairClock,
}

/// The right to release dead machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseDead {
    /// How many; 0 means none.
    pub quota: u64,
    /// Seconds between two releases, at least.
    pub cooldown: u64,
}

/// The right to repair clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepairClock {
    /// How many backward repairs; 0 means none.
    pub count: u64,
    /// Seconds that one repair may go back, at most.
    pub max_back: u64,
}

/// A credential: an end user's key, derived from a license key or from user and password (design §4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The derived public key.
    pub key: PublicKey,
    /// What it is derived from.
    pub from: CredentialKind,
}

words! {
    /// What a credential is derived from.
    CredentialKind {
        /// A license key, by HKDF.
        LicenseKey = "license-key",
        /// User and password, by Argon2id.
        User = "user",
    }
}

/// Which machines may hold licenses: `"pool"`, or a list of named machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Devices {
    /// Any machine, out of one pool: the verifier cannot see the sum.
    Pool,
    /// These machines, each up to its share: no sum can exceed.
    Named(Vec<Share>),
}

impl Serialize for Devices {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Pool => serializer.serialize_str("pool"),
            Self::Named(shares) => shares.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Devices {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value;
        impl<'de> serde::de::Visitor<'de> for Value {
            type Value = Devices;
            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("\"pool\" or a list of machines")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Devices, E> {
                if text == "pool" {
                    Ok(Devices::Pool)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(text), &self))
                }
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, items: A) -> Result<Devices, A::Error> {
                Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(items)).map(Devices::Named)
            }
        }
        deserializer.deserialize_any(Value)
    }
}

/// A named machine's share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The device key.
    pub device: PublicKey,
    /// Seats that this machine may hold.
    pub allowances: Vec<Allowance>,
}

/// A license id and what may be allocated under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installation {
    /// The license id.
    pub license_id: Id,
    /// Seats under this id.
    pub allowances: Vec<Allowance>,
}

/// Whether offline licensing is approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Approval {
    /// The subject may approve its children's accounts, or may not: `{"right": "may-approve"}`, `{"right": "none"}`.
    Right(ApprovalRight),
    /// This account is approved.
    Approved {
        /// Why the account works without a network.
        reason: String,
        /// Who approved.
        reviewer: String,
        /// When.
        at: Time,
    },
}

words! {
    /// Without an approval of its own: whether the subject may approve children.
    ApprovalRight {
        /// Neither approved nor able to approve.
        None = "none",
        /// May approve the grants below.
        MayApprove = "may-approve",
    }
}

/// What a child license server shows and asks (seed 003).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// The client that runs it; also its account name.
    pub client_name: String,
    /// Where the parent's portal is.
    pub url: String,
    /// An offline server: it never asks its parent.
    pub suppress_pings: bool,
}

document!(Grant, Kind::Grant, check);

fn check_allowances(what: &str, allowances: &[Allowance]) -> Result<(), String> {
    unique(what, allowances.iter().map(|allowance| &allowance.seat_type))?;
    for allowance in allowances {
        if allowance.steps.is_empty() || !allowance.steps.array_windows().all(|[a, b]| a.from < b.from) {
            return Err(format!("the steps of '{}' in {what} are missing or not ascending", allowance.seat_type));
        }
    }
    Ok(())
}

fn check(grant: &Grant) -> Result<(), String> {
    if grant.serial == 0 {
        return Err("serials begin at 1".into());
    }
    if grant.issue_from > grant.issue_until {
        return Err("issue_from is after issue_until".into());
    }
    if let Ceiling::Limited(allowances) = &grant.allowances {
        check_allowances("allowances", allowances)?;
    }
    if let Ceiling::Limited(features) = &grant.features {
        unique("features", features.iter().map(|feature| &feature.name))?;
    }
    if let Ceiling::Limited(counters) = &grant.consumption {
        unique("consumption", counters.iter().map(|counter| &counter.counter))?;
    }
    unique("credentials", grant.credentials.iter().map(|credential| &credential.key))?;
    if let Devices::Named(shares) = &grant.devices {
        unique("devices", shares.iter().map(|share| &share.device))?;
        shares.iter().try_for_each(|share| check_allowances("a machine's share", &share.allowances))?;
    }
    if let Ceiling::Limited(installations) = &grant.installations {
        unique("installations", installations.iter().map(|installation| &installation.license_id))?;
        installations.iter().try_for_each(|one| check_allowances("an installation", &one.allowances))?;
    }
    Ok(())
}
