//! A matter on the table: whatever is decided without dates and seats to choose. A clock challenge, a report, a license
//! that is given back, a refresh, a dead machine.

use postern_issuer::{
    ClockExamination, Decision, Refusal, decide_clock, decide_refresh, decide_release, decide_settlement, decide_sync,
    examine_clock,
};
use postern_protocol::documents::{Deactivation, Purpose, Request};
use postern_protocol::{Chain, Id, PublicKey, Time, Verified};

use super::account::Account;
use super::command::Edit;
use super::error::{PortalError, refused};
use super::shown::Explained;

/// What is to be decided.
#[derive(Clone, Debug)]
pub enum What {
    /// A machine asks for the time.
    Clock(Verified<Request>),
    /// A machine reports what was used.
    Report(Verified<Request>),
    /// A machine gives its license back.
    GivenBack(Verified<Deactivation>),
    /// A machine is sent the current entitlements.
    Refresh {
        /// The machine.
        device: PublicKey,
        /// What it holds its license under.
        license_id: Id,
        /// Whether its consumption counters begin anew.
        move_base: bool,
    },
    /// A machine is dead.
    Release {
        /// The machine.
        device: PublicKey,
        /// What it holds its license under.
        license_id: Id,
        /// Why, as it is typed.
        reason: String,
    },
}

/// A matter and what the issuing core says to it.
#[derive(Clone, Debug)]
pub struct Matter {
    /// The name of the file that it came in; empty without one.
    pub name: String,
    /// What is to be decided.
    pub what: What,
    /// What it is decided under.
    pub chain: Chain,
    /// What a clock challenge comes to.
    pub clock: Option<ClockExamination>,
    /// What the issuing core says.
    pub verdict: Result<Decision, Vec<Refusal>>,
}

impl What {
    /// What a request without a choice asks for; none for one that asks for a license.
    pub fn asked(request: Verified<Request>) -> Result<Self, Verified<Request>> {
        match request.purpose {
            Purpose::Clock => Ok(Self::Clock(request)),
            Purpose::Sync => Ok(Self::Report(request)),
            Purpose::Lfr | Purpose::Activation => Err(request),
        }
    }

    /// The machine that it is about.
    pub fn device(&self) -> PublicKey {
        match self {
            Self::Clock(request) | Self::Report(request) => request.device.key,
            Self::GivenBack(given_back) => given_back.device.key,
            Self::Refresh { device, .. } | Self::Release { device, .. } => *device,
        }
    }

    fn chain(&self, account: &Account) -> Result<Chain, PortalError> {
        match self {
            Self::Clock(request) | Self::Report(request) => account.chain_of(request),
            // What an entitlement no longer lists can still be taken back.
            Self::GivenBack(given_back) => {
                account.chain(&given_back.license_id).or_else(|error| account.any_chain().cloned().ok_or(error))
            }
            Self::Refresh { license_id, .. } | Self::Release { license_id, .. } => account.chain(license_id),
        }
    }
}

impl Matter {
    /// Puts a matter on the table.
    ///
    /// # Errors
    /// No entitlement of this portal is for it.
    pub fn new(name: String, what: What, account: &Account, now: Time) -> Result<Self, PortalError> {
        let chain = what.chain(account)?;
        Ok(Self { name, what, chain, clock: None, verdict: Err(Vec::new()) }.judged(account, now))
    }

    /// The same matter, with what is known now.
    pub fn again(&self, account: &Account, now: Time) -> Self {
        // Where a newer bundle has no entitlement for it, the old one stands, and refuses.
        let chain = self.what.chain(account).unwrap_or_else(|_| self.chain.clone());
        Self { chain, ..self.clone() }.judged(account, now)
    }

    /// With one field changed.
    pub fn edited(&self, edit: &Edit, account: &Account, now: Time) -> Self {
        let mut matter = self.clone();
        match (edit, &mut matter.what) {
            (Edit::MoveBase(yes), What::Refresh { move_base, .. }) => *move_base = *yes,
            (Edit::Reason(typed), What::Release { reason, .. }) => reason.clone_from(typed),
            _ => {}
        }
        matter.judged(account, now)
    }

    /// What the issuing core decides.
    ///
    /// # Errors
    /// Every refusal.
    pub fn decide(&self, account: &Account, now: Time) -> Result<Decision, Vec<Explained>> {
        self.ask(account, now).map_err(|refusals| refusals.iter().map(|one| refused(one, account.bundle())).collect())
    }

    /// Why it can't be done, whatever is typed.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        self.verdict.as_ref().err().into_iter().flatten().filter(|refusal| **refusal != Refusal::Reason)
    }

    fn judged(mut self, account: &Account, now: Time) -> Self {
        if let What::Clock(request) = &self.what {
            self.clock = Some(examine_clock(&account.desk(&self.chain, now), request));
        }
        self.verdict = self.ask(account, now);
        self
    }

    fn ask(&self, account: &Account, now: Time) -> Result<Decision, Vec<Refusal>> {
        let desk = account.desk(&self.chain, now);
        match &self.what {
            What::Clock(request) => decide_clock(&desk, request),
            What::Report(request) => decide_sync(&desk, request),
            What::GivenBack(given_back) => decide_settlement(&desk, given_back),
            What::Refresh { device, move_base, .. } => decide_refresh(&desk, device, *move_base),
            What::Release { device, reason, .. } => decide_release(&desk, device, reason),
        }
    }
}
