//! What is only read: how everything stands, the usage records, proofs.

use std::path::Path;

use postern_protocol::Time;

use super::Verifier;
use crate::rules::request;
use crate::status::Status;
use crate::store::{StateError, UsageRecord, Work};

impl Verifier {
    /// How everything stands.
    ///
    /// # Errors
    /// The state cannot be used.
    pub fn status(&self, now: Time) -> Result<Status, StateError> {
        self.store.read(|work| self.status_in(work, now))
    }

    /// How everything stands, with users under the pseudonyms that requests give them.
    ///
    /// # Errors
    /// The state cannot be used.
    pub fn status_under_pseudonyms(&self, now: Time) -> Result<Status, StateError> {
        self.store.read(|work| {
            let mut facts = work.facts()?.clone();
            let seats = facts.seats.iter_mut().map(|seat| &mut seat.user);
            let users = seats.chain(facts.sessions.iter_mut().map(|session| &mut session.user));
            users.for_each(|user| *user = self.pseudonym(user));
            Ok(Status::of(&facts, &self.store.measured(), now))
        })
    }

    /// The pseudonym that requests of this machine give to a user.
    pub fn pseudonym(&self, user: &str) -> String {
        request::pseudonym(&self.store.secrets().hiding, user)
    }

    pub(super) fn status_in(&self, work: &mut Work<'_>, now: Time) -> Result<Status, StateError> {
        let measured = self.store.measured();
        Ok(Status::of(work.facts()?, &measured, now))
    }

    /// Opens every usage record from the first on, and checks the state against the newest; says how many there are.
    ///
    /// # Errors
    /// The first record that is missing or does not open, or the state does not fit the newest.
    pub fn audit(&self) -> Result<u64, StateError> {
        self.store.walk(|_| {})
    }

    /// Hands over every usage record, oldest first; says how many there are.
    ///
    /// # Errors
    /// As [`Verifier::audit`]; what was handed over before holds.
    pub fn usage(&self, each: impl FnMut(UsageRecord)) -> Result<u64, StateError> {
        self.store.walk(each)
    }

    /// The license files that prove that this store was rolled back or copied: to be shown to the vendor.
    ///
    /// # Errors
    /// The state cannot be used.
    pub fn proofs(&self) -> Result<Vec<Vec<u8>>, StateError> {
        self.store.read(|work| work.proofs())
    }

    /// The state directory.
    pub fn directory(&self) -> &Path {
        self.store.directory()
    }
}
