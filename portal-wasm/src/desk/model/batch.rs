//! Several files at once: what each is, and what becomes of it.

use postern_issuer::{Decision, Refusal};
use postern_protocol::documents::{Deactivation, Purpose, Request};
use postern_protocol::{Digest, Kind, PublicKey, Time, Verified};

use super::account::Account;
use super::dropped::Dropped;
use super::effect::in_words;
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
    /// The machine that sent it, if one did.
    pub device: Option<PublicKey>,
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
    /// It was answered before: what was issued then is handed out again, and nothing is signed for it.
    Again(Again),
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
    /// What it gets.
    pub text: String,
    /// The name of its file among the answers; none before there is one.
    pub file: Option<String>,
    /// Where the ledger records it; none before it does.
    pub position: Option<u64>,
}

/// An answer that was given before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Again {
    /// What it was, in words.
    pub text: String,
    /// Its document; none where there is only an entry in the ledger.
    pub document: Option<Digest>,
    /// The name of its file among the answers; none before there is one.
    pub file: Option<String>,
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
        let mut item = Self { name, purpose: None, device: None, dropped: None, fate: Fate::Waits };
        match read {
            Ok(dropped) => {
                if let Some(request) = (dropped.kind == Kind::Request).then(|| dropped.request().ok()).flatten() {
                    (item.purpose, item.device) = (Some(request.purpose), Some(request.device.key));
                } else if dropped.kind == Kind::Deactivation {
                    item.device = dropped.deactivation().ok().map(|given_back| given_back.device.key);
                }
                item.dropped = Some(dropped.into());
            }
            Err(refused) => item.fate = Fate::Refused(refused),
        }
        item
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

    /// How many files were answered before.
    pub fn answered_before(&self) -> usize {
        self.items.iter().filter(|item| matches!(item.fate, Fate::Again(_))).count()
    }

    /// How many answers that were given before are handed out again.
    pub fn handed_out_again(&self) -> usize {
        let given = |item: &&Item| matches!(&item.fate, Fate::Again(again) if again.document.is_some());
        self.items.iter().filter(given).count()
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
pub fn decide(dropped: &Dropped, account: &Account, now: Time) -> Result<(String, Decision), Fate> {
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
                    let asked = Asked::new(name, request, account, now).map_err(none)?;
                    let decision = asked.decide(account, now).map_err(|verdict| unchosen(*verdict))?;
                    let text = in_words(account.bundle(), Some(&asked.request), &decision);
                    return Ok((text, decision));
                }
            }
        }
        _ => return Err(Fate::Shown),
    };
    let matter = Matter::new(name, what, account, now).map_err(none)?;
    let decision = matter.verdict.map_err(|refusals| undecided(&refusals, account))?;
    Ok((in_words(account.bundle(), None, &decision), decision))
}

fn undecided(refusals: &[Refusal], account: &Account) -> Fate {
    match refusals {
        [Refusal::Recorded { at }] => Fate::Again(Again {
            text: t!("batch-before-report", at = words::instant(*at)).to_string(),
            document: None,
            file: None,
        }),
        refusals => Fate::Refused(refusals.iter().map(|one| refused(one, account.bundle())).collect()),
    }
}

fn unchosen(verdict: Verdict) -> Fate {
    match (verdict.nothing, verdict.all()) {
        (true, refused) if refused.is_empty() => Fate::Choice,
        (_, refused) => Fate::Refused(refused),
    }
}

/// The document that answered a refused file before.
pub fn earlier(fate: &Fate) -> Option<Digest> {
    let Fate::Refused(errors) = fate else { return None };
    errors.iter().find_map(|error| error.earlier.as_ref()?.parse().ok())
}

/// Takes away the offer of a file that is not there: it was decided a moment ago, and nobody has it.
pub fn without_offers(mut fate: Fate) -> Fate {
    if let Fate::Refused(errors) = &mut fate {
        errors.iter_mut().for_each(|error| error.earlier = None);
    }
    fate
}

/// What is handed out again.
pub fn handed_out_again(document: Digest) -> Fate {
    Fate::Again(Again { text: t!("batch-before-file").to_string(), document: Some(document), file: None })
}
