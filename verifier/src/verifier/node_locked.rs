//! Licenses that are bound to one machine: activation, reports, device variables.

use postern_protocol::documents::Variable;
use postern_protocol::{Id, PublicKey, Time, credential};

use super::Verifier;
use super::licenses::requested;
use crate::outcome::{Activation, Reported, Requested};
use crate::rules::activate::{self, ActivateError};
use crate::rules::facts::CredentialFacts;
use crate::rules::request::{self, RequestError};
use crate::rules::variable::{self, VariableError};
use crate::store::{CycleEnd, Event, StateError, entropy};

impl Verifier {
    /// Asks for the license that a credential stands for; a password's user is named, a license key has none. The
    /// request voids all before it. With `again` a license that is in force is asked for once more.
    ///
    /// The secret is turned into a key before anything is written, which for a password takes a moment; neither is kept.
    ///
    /// # Errors
    /// Why no request is made; then nothing changed.
    pub fn activate(&self, activation: &Activation<'_>, now: Time) -> Result<Requested, ActivateError> {
        let Activation { user, secret, license_id, again, names } = *activation;
        let trust = self.store.read(|work| Ok::<_, StateError>(work.facts()?.trust.current().get().clone()))?;
        let key = credential::derive(&trust, user, secret)?;
        let public = PublicKey::from_bytes(key.public_bytes());
        let requested = self.store.write(|work| {
            let activating = activate::activate(work.facts()?, public, again, now)?;
            if activating.ends_cycle {
                work.end_cycle(CycleEnd::Late, now)?;
            }
            let asked = CredentialFacts { key: public, license_id: license_id.cloned() };
            let (begun, open) = activate::begun(work.facts()?, &asked, Id::from_entropy(entropy()?), now);
            if activating.opens_activation {
                work.open_activation(&open, now)?;
            }
            work.save_credential(&open, &asked)?;
            let request = request::activation(&begun, self.ingredients(names)?, now)?;
            let (prepared, file) = self.signed_with(&request, Some(&key));
            work.save_request(&request.cycle, &prepared, &request.usage, &file, request.trust_number)?;
            let after = work.record_change(now, Event::Activating { request: prepared.digest().into() })?;
            Ok::<_, ActivateError>(requested(after, &request, prepared.digest(), file, now))
        })?;
        self.live.changed();
        Ok(requested)
    }

    /// Makes a report of what was used, which settles it without giving anything back.
    ///
    /// # Errors
    /// No license is installed, or the state cannot be used.
    pub fn report(&self, names: bool, now: Time) -> Result<Reported, RequestError> {
        self.store.write(|work| {
            let request = request::report(work.facts()?, self.ingredients(names)?, now)?;
            let (prepared, file) = self.signed(&request);
            work.save_head(&request.usage, false)?;
            work.record_change(now, Event::Reported { request: prepared.digest().into() })?;
            Ok(Reported { file, digest: prepared.digest(), consumption: request.consumption })
        })
    }

    /// Sets a device variable. It travels in requests and deactivations.
    ///
    /// # Errors
    /// Why it is not set.
    pub fn set_variable(&self, name: &Id, value: &str, now: Time) -> Result<(), VariableError> {
        self.store.write(|work| {
            variable::set(work.facts()?, name, value)?;
            work.save_variable(name, Some(value))?;
            work.record_change(now, Event::VariableChanged { name: name.clone() })?;
            Ok(())
        })
    }

    /// Removes a device variable.
    ///
    /// # Errors
    /// There is none of this name, or the state cannot be used.
    pub fn remove_variable(&self, name: &Id, now: Time) -> Result<(), VariableError> {
        self.store.write(|work| {
            variable::named(work.facts()?, name)?;
            work.save_variable(name, None)?;
            work.record_change(now, Event::VariableChanged { name: name.clone() })?;
            Ok(())
        })
    }

    /// The device variable of this name.
    ///
    /// # Errors
    /// There is none, or the state cannot be used.
    pub fn variable(&self, name: &Id) -> Result<Variable, VariableError> {
        self.store.read(|work| variable::named(work.facts()?, name).cloned())
    }

    /// The device variables, by name.
    ///
    /// # Errors
    /// The state cannot be used.
    pub fn variables(&self) -> Result<Vec<Variable>, StateError> {
        self.store.read(|work| Ok(work.facts()?.variables.clone()))
    }
}
