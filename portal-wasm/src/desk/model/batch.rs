//! Several files at once: what each is, and what becomes of it.

use std::collections::HashSet;

use postern_issuer::Decision;
use postern_protocol::documents::{Deactivation, Purpose, Request};
use postern_protocol::{Digest, Kind, PublicKey, Time, Verified};

use super::account::Account;
use super::dropped::Dropped;
use super::error::{PortalError, refused};
use super::form::{Asked, Verdict};
use super::matter::{Matter, What};
use super::shared::Shared;
use super::shown::Explained;
use super::words;
use crate::t;

/// Files at once, at most: so many rows can still be read, and so many answers made while one waits.
pub const MOST: usize = 1000;

/// Several files.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Each file, in the order in which they came.
    pub items: Vec<Item>,
    /// The answers, once they were given.
    pub pack: Option<Pack>,
}

/// One of several files.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// What it asks for, if it is a request.
    pub purpose: Option<Purpose>,
    /// Its content; none if it is no Postern file: then its fate says why.
    pub dropped: Option<Shared<Dropped>>,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was not decided yet.
    Waits,
    /// A bundle that was loaded, or a ledger that was imported.
    Taken,
    /// It is answered, or recorded.
    Answered(Answer),
    /// Somebody has to choose seats first.
    Choice,
    /// There is nothing to answer.
    Shown,
    /// It is refused, for all these reasons.
    Refused(Vec<Explained>),
}

/// An answer in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The machine.
    pub device: PublicKey,
    /// What it gets.
    pub text: String,
    /// The name of its file among the answers; none before there is one.
    pub file: Option<String>,
    /// Where the ledger records it; none before it does.
    pub position: Option<u64>,
}

/// All answers in one file.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Item {
    /// A file that came.
    pub fn new(name: String, read: Result<Dropped, Vec<Explained>>) -> Self {
        match read {
            Ok(dropped) => {
                let request = (dropped.kind == Kind::Request).then(|| dropped.request().ok()).flatten();
                let purpose = request.map(|request| request.purpose);
                Self { name, purpose, dropped: Some(dropped.into()), fate: Fate::Waits }
            }
            Err(refused) => Self { name, purpose: None, dropped: None, fate: Fate::Refused(refused) },
        }
    }

    /// What it is.
    pub fn kind(&self) -> Option<Kind> {
        self.dropped.as_ref().map(|dropped| dropped.kind)
    }
}

impl Batch {
    /// Indices in the order of deciding: what machines give back first, so that it is free for those that ask.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        order.sort_by_key(|index| self.items.get(*index).and_then(Item::kind) != Some(Kind::Deactivation));
        order
    }

    /// How many files are answered or recorded.
    pub fn answered(&self) -> usize {
        self.items.iter().filter(|item| matches!(item.fate, Fate::Answered(_))).count()
    }

    /// How many files are refused.
    pub fn refused(&self) -> usize {
        self.items.iter().filter(|item| matches!(item.fate, Fate::Refused(_))).count()
    }
}

/// What is decided for one file, with what is proposed for it when it is opened alone.
///
/// # Errors
/// Why there is no decision, as the file's fate.
pub fn decide(dropped: &Dropped, account: &Account, now: Time) -> Result<(PublicKey, Decision), Fate> {
    let (name, explain) = (dropped.name.clone(), |error| Fate::Refused(vec![Explained::from(&error)]));
    let none = |error: PortalError| Fate::Refused(vec![Explained::from(&error)]);
    let what = match dropped.kind {
        Kind::Deactivation => {
            let given_back: Verified<Deactivation> = dropped.deactivation().map_err(explain)?;
            What::GivenBack(given_back)
        }
        Kind::Request => {
            let request: Verified<Request> = dropped.request().map_err(explain)?;
            match What::asked(request) {
                Ok(what) => what,
                Err(request) => {
                    let device = request.device.key;
                    let asked = Asked::new(name, request, account, now).map_err(none)?;
                    let decision = asked.decide(account, now).map_err(|verdict| unchosen(*verdict))?;
                    return Ok((device, decision));
                }
            }
        }
        _ => return Err(Fate::Shown),
    };
    let matter = Matter::new(name, what, account, now).map_err(none)?;
    let words = |refusals: Vec<_>| Fate::Refused(refusals.iter().map(|one| refused(one, account.bundle())).collect());
    Ok((matter.what.device(), matter.verdict.map_err(words)?))
}

fn unchosen(verdict: Verdict) -> Fate {
    match (verdict.nothing, verdict.all()) {
        (true, refused) if refused.is_empty() => Fate::Choice,
        (_, refused) => Fate::Refused(refused),
    }
}

/// What a decision gives, in words.
pub fn in_words(account: &Account, decision: &Decision) -> String {
    let Some(license) = decision.license() else {
        return if decision.receipt().is_some() {
            t!("batch-receipt")
        } else if decision.ticket().is_some() {
            t!("batch-ticket")
        } else {
            t!("batch-recorded")
        }
        .to_string();
    };
    let name = |id| words::label(account.bundle(), id).to_string();
    let seats: Vec<_> =
        license.allocation.iter().map(|one| (name(&one.seat_type), one.at(license.starts_at))).collect();
    let end = words::end(license.ends_at);
    match words::seats(&seats) {
        seats if seats.is_empty() => t!("batch-license", end = end),
        seats => t!("batch-license-seats", seats = seats, end = end),
    }
    .to_string()
}

/// Takes away the offer of a file that is not there: it was decided a moment ago, and nobody has it.
pub fn without_offers(fate: Fate, made: &HashSet<Digest>) -> Fate {
    let offered = |error: &Explained| error.earlier.as_ref().and_then(|digest| digest.parse().ok());
    match fate {
        Fate::Refused(mut errors) => {
            for error in &mut errors {
                if offered(error).is_some_and(|digest| made.contains(&digest)) {
                    error.earlier = None;
                }
            }
            Fate::Refused(errors)
        }
        other => other,
    }
}
