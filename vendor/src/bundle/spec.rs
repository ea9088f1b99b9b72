//! The account file: what an account bought, in TOML that people write and review. `vendor/examples/account.toml`
//! explains every field.

use postern_protocol::Id;
use postern_protocol::documents::{AfterEnd, Ceiling, CredentialKind, LicenseType, LockEffect};
use serde::Deserialize;

use super::terms::{License, Policy};
use super::values::{ById, EndDay, Key, Limit, Seats, Setting, StartDay, Text};
use crate::moment::Span;

/// An account file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    pub(crate) account: Id,
    pub(crate) name: Text,
    pub(crate) product: Id,
    pub(crate) contact: Text,
    pub(crate) portal_key: PortalKey,
    pub(crate) usable_until: Option<EndDay>,
    #[serde(default)]
    pub(crate) labels: ById<Text>,
    #[serde(default)]
    pub(crate) entitlement: Vec<Entitlement>,
    #[serde(default)]
    pub(crate) policy: Vec<Policy>,
    #[serde(default)]
    pub(crate) license: Vec<License>,
}

/// Where the account's issuing key comes from.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PortalKey {
    /// Made here and sealed into the bundle.
    Sealed,
    /// Made in the customer's browser.
    LicenseCode(Key),
    /// There is none: every license is issued by its end user.
    None,
}

/// One entitlement: a grant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entitlement {
    pub(crate) id: Id,
    pub(crate) license_type: LicenseType,
    pub(crate) issue_from: Option<StartDay>,
    pub(crate) issue_until: EndDay,
    pub(crate) run_until: Limit<EndDay>,
    pub(crate) longest_duration: Limit<Span>,
    pub(crate) longest_session: Limit<Span>,
    pub(crate) license_count: Limit<u64>,
    pub(crate) allow_offline_activation: bool,
    pub(crate) seats: Seats,
    #[serde(default)]
    pub(crate) features: ById<Setting>,
    #[serde(default)]
    pub(crate) consumption: ById<Counter>,
    #[serde(default)]
    pub(crate) installation: Vec<Installation>,
    /// Whether it is passed on to clients, each an account of its own, and issues nothing itself.
    #[serde(default)]
    pub(crate) reseller: bool,
    pub(crate) machines: Machines,
    #[serde(default)]
    pub(crate) credentials: Vec<Credential>,
    pub(crate) approval: Option<Approval>,
    #[serde(default)]
    pub(crate) rights: Rights,
    #[serde(default)]
    pub(crate) cycle: Cycle,
    pub(crate) expiry: Expiry,
    #[serde(default = "any_age")]
    pub(crate) revocation_max_age: Limit<Span>,
    pub(crate) policy: Option<Id>,
    pub(crate) server: Option<Server>,
}

/// A consumption counter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counter {
    pub(crate) limit: Limit<u64>,
    pub(crate) overage: Limit<u64>,
    pub(crate) every: Limit<Span>,
    pub(crate) feature: Option<Id>,
}

/// A license id and what may be allocated under it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Installation {
    pub(crate) license_id: Id,
    pub(crate) name: Option<Text>,
    /// Absent: up to everything that was bought.
    pub(crate) seats: Option<Seats>,
}

/// Which machines may hold licenses.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Machines {
    /// Any, out of one pool.
    Pool,
    /// Named machines, each with its share.
    Named(Vec<Machine>),
}

/// A named machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Machine {
    pub(crate) key: Key,
    pub(crate) seats: Seats,
}

/// A credential that must sign requests.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credential {
    pub(crate) key: Key,
    pub(crate) from: CredentialKind,
}

/// The approval of offline licensing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approval {
    pub(crate) reason: Text,
    pub(crate) reviewer: Text,
    pub(crate) date: StartDay,
}

/// What the portal may do.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rights {
    pub(crate) issue: bool,
    pub(crate) refresh: bool,
    pub(crate) enable: bool,
    pub(crate) delegate: u64,
    pub(crate) release_dead: Option<ReleaseDead>,
    pub(crate) repair_clock: Option<RepairClock>,
}

impl Default for Rights {
    fn default() -> Self {
        Self { issue: true, refresh: true, enable: true, delegate: 0, release_dead: None, repair_clock: None }
    }
}

/// Releasing dead machines.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseDead {
    pub(crate) quota: u64,
    pub(crate) cooldown: Span,
}

/// Repairing clocks.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepairClock {
    pub(crate) count: u64,
    pub(crate) max_back: Span,
}

/// The request cycle's windows; the defaults are those of seeds 001 and 002.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Cycle {
    pub(crate) request_window: Span,
    pub(crate) cycle_window: Span,
    pub(crate) lock_effect: LockEffect,
}

impl Default for Cycle {
    fn default() -> Self {
        let usual = postern_protocol::documents::CyclePolicy::default();
        Self {
            request_window: Span(usual.request_window),
            cycle_window: Span(usual.cycle_window),
            lock_effect: usual.lock_effect,
        }
    }
}

/// What follows the end of a license.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expiry {
    pub(crate) grace: Limit<Span>,
    pub(crate) after_end: AfterEnd,
    pub(crate) extension: Limit<Span>,
}

/// A child license server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Server {
    pub(crate) client_name: Text,
    pub(crate) url: Text,
    pub(crate) suppress_pings: bool,
}

fn any_age() -> Limit<Span> {
    Limit(Ceiling::Unlimited)
}
