//! A license server on the table: terms for a new or changed one, or how one is to stand; and what the issuing core says
//! to that, live (seed 003).

mod terms;

use postern_issuer::{ChildServer, Decision, children, decide_standing, overview};
use postern_protocol::documents::{Ceiling, InstalledEffect, Standing};
use postern_protocol::{Chain, Id, Time};

pub use terms::Terms;

use super::account::Account;
use super::error::{PortalError, refused};
use super::shown::Explained;

/// What is on the table.
#[derive(Clone, Debug)]
pub enum ServerDraft {
    /// Terms for a license server.
    Terms(Box<Terms>),
    /// How a license server is to stand.
    Stand(Box<Stand>),
}

/// How a license server is to stand.
#[derive(Clone, Debug)]
pub struct Stand {
    /// How it stands now.
    pub known: ChildServer,
    /// How it is to stand.
    pub standing: Standing,
    /// Installed licenses stop as well.
    pub stop: bool,
}

/// The entitlements under which license servers can be made.
pub fn delegating(account: &Account) -> impl Iterator<Item = &Chain> {
    account.chains.iter().filter(|chain| chain.leaf().rights.delegate > 0)
}

/// The license servers of an account, each with the path of the entitlement that it hangs from.
pub fn servers(account: &Account, now: Time) -> Vec<(&Chain, ChildServer)> {
    let of = |chain| children(&account.desk(chain, now)).into_iter().map(move |child| (chain, child));
    delegating(account).flat_map(of).collect()
}

/// The license server with this id.
///
/// # Errors
/// There is none.
pub fn server<'a>(account: &'a Account, id: &str, now: Time) -> Result<(&'a Chain, ChildServer), PortalError> {
    let found = servers(account, now).into_iter().find(|(_, child)| child.delegated.child.id.as_str() == id);
    found.ok_or_else(|| PortalError::NoServer { id: id.into() })
}

impl ServerDraft {
    /// With one field changed.
    pub fn edited(&self, field: &str, typed: &str, ticked: bool, account: &Account, now: Time) -> Self {
        match self {
            Self::Terms(terms) => {
                let mut terms = terms.as_ref().clone();
                terms.edit(field, typed, ticked);
                Self::Terms(Box::new(terms.judged(account, now)))
            }
            Self::Stand(stand) => Self::Stand(Box::new(Stand { stop: ticked, ..stand.as_ref().clone() })),
        }
    }

    /// With what is known now.
    pub fn again(&self, account: &Account, now: Time) -> Self {
        match self {
            Self::Terms(terms) => Self::Terms(Box::new(terms.as_ref().clone().judged(account, now))),
            stand => stand.clone(),
        }
    }

    /// What the issuing core decides.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn decide(&self, account: &Account, now: Time) -> Result<Decision, Vec<Explained>> {
        match self {
            Self::Terms(terms) => {
                terms.decide(account, now).map_err(|problems| problems.into_iter().map(|(_, one)| one).collect())
            }
            Self::Stand(stand) => {
                let child = &stand.known.delegated.child.id;
                let (chain, _) = server(account, child.as_str(), now).map_err(|error| vec![Explained::from(&error)])?;
                decide_standing(&account.desk(chain, now), child, stand.standing, effect(stand.stop))
                    .map_err(|refusals| refusals.iter().map(|one| refused(one, account.bundle())).collect())
            }
        }
    }
}

/// Seats of each type of an entitlement that are free for a license server now.
pub fn free(account: &Account, chain: &Chain, known: Option<&ChildServer>, now: Time) -> Vec<(Id, Ceiling<u64>)> {
    let own = |seat_type: &Id| {
        known.and_then(|known| known.counted.iter().find(|(id, _)| id == seat_type)).map_or(0, |(_, n)| *n)
    };
    let sums = overview(&account.desk(chain, now)).seats.into_iter();
    sums.map(|sum| {
        let free = match sum.free {
            Ceiling::Limited(free) => Ceiling::Limited(free.saturating_add(own(&sum.seat_type))),
            Ceiling::Unlimited => Ceiling::Unlimited,
        };
        (sum.seat_type, free)
    })
    .collect()
}

fn effect(stop: bool) -> InstalledEffect {
    if stop { InstalledEffect::Stop } else { InstalledEffect::Keep }
}
