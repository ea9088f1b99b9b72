//! What the verifier's operations give back.

use postern_protocol::documents::{Counted, Grantor, Revocations};
use postern_protocol::{Digest, Id, Time};
use serde::Serialize;

use crate::rules::facts::Fork;
use crate::status::Entitlement;

/// What a token enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The account.
    pub account: Id,
    /// The license id that the machine will ask under.
    pub license_id: Id,
    /// Whether the machine was locked until now.
    pub unlocked: bool,
}

/// A request that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    /// The file to carry to the portal.
    pub file: Vec<u8>,
    /// The request's digest.
    pub digest: Digest,
    /// The cycle.
    pub cycle: u64,
    /// The request's number in it.
    pub number: u64,
    /// The last instant at which its answer can be installed.
    pub install_until: Time,
    /// The machine locks after this instant unless an answer was installed; none for one that activates its license.
    pub locked_after: Option<Time>,
    /// The proof that this store was rolled back or copied: then the request asks to accept the machine again.
    pub fork: Option<Fork>,
}

/// What to activate with.
#[derive(Clone, Copy)]
pub struct Activation<'a> {
    /// The user, for a license that is activated by user and password.
    pub user: Option<&'a str>,
    /// The password, or the license key.
    pub secret: &'a str,
    /// The license id, where the vendor has given one out.
    pub license_id: Option<&'a Id>,
    /// Whether a license that is in force is asked for once more.
    pub again: bool,
    /// Whether the request names the users who hold seats.
    pub names: bool,
}

/// A report of what was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The file to carry to the portal.
    pub file: Vec<u8>,
    /// The report's digest.
    pub digest: Digest,
    /// What it tells of each counter.
    pub consumption: Vec<Counted>,
}

/// What an install changed, or would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// This very license was in force already; or the file of revocations brings nothing that is not known.
    pub already_installed: bool,
    /// What a bundle or another file of revocations brings; none for a license.
    pub news: Option<News>,
    /// What was in force before.
    pub before: Option<Entitlement>,
    /// What is in force after.
    pub after: Option<Entitlement>,
}

/// What a file of revocations brings a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct News {
    /// Its newer revocation lists.
    pub lists: Vec<ListStatus>,
    /// The version of newer trust.
    pub trust: Option<u64>,
}

/// A revocation list that was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListStatus {
    /// Whose it is.
    pub issuer: Grantor,
    /// Its serial.
    pub serial: u64,
    /// When it was made.
    pub issued_at: Time,
}

impl From<&Revocations> for ListStatus {
    fn from(list: &Revocations) -> Self {
        Self { issuer: list.issuer, serial: list.serial, issued_at: list.issued_at }
    }
}

/// A clock challenge that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenged {
    /// The file to carry to the portal.
    pub file: Vec<u8>,
    /// The challenge's digest.
    pub digest: Digest,
    /// The newest time that the machine is sure of.
    pub floor: Time,
}

/// A clock that was repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The time of the ticket: the machine is sure of this now.
    pub time: Time,
    /// Seconds that its floor went back; 0 where it did not.
    pub back: u64,
    /// Whether a request was open: it is void now.
    pub voided_request: bool,
}

/// A license that was given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deactivated {
    /// The file to carry to the portal.
    pub file: Vec<u8>,
    /// Whether it was given back before: then this is the same file.
    pub again: bool,
}
