//! A clock challenge on the table: what the right time comes to on its machine, and what the issuing core says to it.

use postern_issuer::{ClockExamination, Decision, decide_clock, examine_clock};
use postern_protocol::documents::Request;
use postern_protocol::{Chain, Time, Verified};

use super::account::Account;
use super::error::{PortalError, refused};
use crate::screen::Explained;

/// A clock challenge.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// The name of its file.
    pub name: String,
    /// The request.
    pub request: Verified<Request>,
    /// What it is answered under.
    pub chain: Chain,
    /// What it comes to.
    pub examination: ClockExamination,
}

impl Challenge {
    /// Puts a challenge on the table.
    ///
    /// # Errors
    /// No entitlement of this portal is for its license id.
    pub fn new(name: String, request: Verified<Request>, account: &Account, now: Time) -> Result<Self, PortalError> {
        let chain = account.chain_of(&request)?;
        let examination = examine_clock(&account.desk(&chain, now), &request);
        Ok(Self { name, request, chain, examination })
    }

    /// The same challenge, with what is known now.
    pub fn again(&self, account: &Account, now: Time) -> Self {
        // As a request: where a newer bundle has no entitlement for it, the old one stands, and refuses.
        let chain = account.chain_of(&self.request).unwrap_or_else(|_| self.chain.clone());
        let examination = examine_clock(&account.desk(&chain, now), &self.request);
        Self { chain, examination, ..self.clone() }
    }

    /// What the issuing core decides.
    ///
    /// # Errors
    /// Every refusal.
    pub fn decide(&self, account: &Account, now: Time) -> Result<Decision, Vec<Explained>> {
        decide_clock(&account.desk(&self.chain, now), &self.request)
            .map_err(|refusals| refusals.iter().map(|refusal| refused(refusal, account.bundle())).collect())
    }
}
