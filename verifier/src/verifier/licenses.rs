//! The life of a license on this machine: token, request, install, extension, deactivation.

use postern_protocol::documents::{Deactivation, Enablement, License, Request};
use postern_protocol::{ChainError, Digest, File, Id, Kind, Limits, Time};

use super::{Verifier, read, reader};
use crate::outcome::{Deactivated, Enrolled, Installation, Requested};
use crate::rules::deactivate::{self, DeactivateError};
use crate::rules::enroll::{self, EnrollError};
use crate::rules::extend::{self, ExtendError};
use crate::rules::facts::Facts;
use crate::rules::install::{self, Verdict};
use crate::rules::install_error::InstallError;
use crate::rules::request::{self, RequestError};
use crate::rules::{consumption, cycle};
use crate::status::{Entitlement, Status};
use crate::store::{CycleEnd, Event, Work, entropy};

impl Verifier {
    /// Installs an enablement token.
    ///
    /// # Errors
    /// Why the token is refused; then nothing changed.
    pub fn enroll(&self, bytes: &[u8], now: Time) -> Result<Enrolled, EnrollError> {
        let enrolled = self.store.write(|work| {
            let facts = work.facts()?;
            let file = read::<Enablement>(facts, bytes)?;
            let token = file.document.get();
            let enrolling = enroll::enroll(facts, &file.document, now)?;
            if enrolling.unlocks {
                work.end_cycle(CycleEnd::Token, now)?;
            }
            // Nothing was installed for a credential that was tried before.
            work.forget_credential()?;
            if enrolling.opens_activation {
                work.open_activation(&Id::from_entropy(entropy()?), now)?;
            }
            work.save_enablement(&file, bytes, now)?;
            work.record_change(now, Event::Enrolled { token: token.id.clone() })?;
            Ok::<_, EnrollError>(Enrolled {
                account: token.account.clone(),
                license_id: token.license_id.clone(),
                unlocked: enrolling.unlocks,
            })
        })?;
        self.live.changed();
        Ok(enrolled)
    }

    /// Makes the next request; it voids all before it. With `names`, users are named in it.
    ///
    /// # Errors
    /// Why no request is made; then nothing changed.
    pub fn request(&self, names: bool, now: Time) -> Result<Requested, RequestError> {
        let requested = self.store.write(|work| {
            let with = self.ingredients(names)?;
            let request = request::request(work.facts()?, with, now)?;
            let (prepared, file) = self.signed(&request);
            work.save_request(&request.cycle, &prepared, &request.usage, &file, request.trust_number)?;
            let after = work.record_change(now, Event::Requested { request: prepared.digest().into() })?;
            Ok::<_, RequestError>(requested(after, &request, prepared.digest(), file, now))
        })?;
        self.live.changed();
        Ok(requested)
    }

    /// Installs a license; or takes from a bundle, or from a file of revocations alone, what is new about this machine.
    /// What is in force or known already is no error and changes nothing.
    ///
    /// # Errors
    /// Why the file is refused; then nothing changed, except that a proof that this store was rolled back or copied is
    /// kept.
    pub fn install(&self, bytes: &[u8], now: Time) -> Result<Installation, InstallError> {
        let done = self.store.write(|work| self.install_in(work, bytes, now));
        if let Err(InstallError::UsageRolledBack { .. }) = &done {
            self.keep_proof(bytes, now)?;
        }
        self.live.changed();
        done
    }

    /// Says what [`Verifier::install`] would do, and changes nothing.
    ///
    /// # Errors
    /// Why the file would be refused.
    pub fn rehearse_install(&self, bytes: &[u8], now: Time) -> Result<Installation, InstallError> {
        self.store.rehearse(|work| self.install_in(work, bytes, now))
    }

    fn install_in(&self, work: &mut Work<'_>, bytes: &[u8], now: Time) -> Result<Installation, InstallError> {
        let file = File::parse(bytes, &Limits::DEFAULT).map_err(ChainError::from)?;
        if let Some(Kind::Bundle | Kind::Revocations) = file.kind() {
            return self.hear_in(work, file, now);
        }
        let before = work.facts()?;
        let was = Entitlement::of(before, now);
        let file = reader(before).parsed::<License>(file)?;
        let measured = self.store.measure();
        if install::judge(before, &file, &measured, now)? == Verdict::AlreadyInstalled {
            return Ok(Installation { already_installed: true, news: None, before: was.clone(), after: was });
        }
        let before_required = before.required;
        let forgiven = install::forgiven(before, &file.document);
        let counters = consumption::moved_on(before, &file.chain.root_signed().id, &file.document, now);
        forgiven.iter().try_for_each(|checkpoint| work.save_head(checkpoint, true))?;
        work.end_cycle(CycleEnd::Install, now)?;
        let refresh = file.document.request.is_none();
        let required = if refresh { before_required } else { file.document.fingerprint.required };
        work.save_license(&file, bytes, (!refresh).then_some(measured.as_slice()), required, now)?;
        work.restart_meter()?;
        self.store.measure_again();
        counters.into_iter().try_for_each(|counter| work.put_consumed(counter))?;
        let after = work.record_change(now, Event::Installed { license: file.document.digest().into() })?;
        Ok(Installation { already_installed: false, news: None, before: was, after: Entitlement::of(after, now) })
    }

    /// Keeps the license that proves that this store was rolled back or copied, once.
    fn keep_proof(&self, bytes: &[u8], now: Time) -> Result<(), InstallError> {
        self.store.write(|work| {
            let facts = work.facts()?;
            let file = read::<License>(facts, bytes)?;
            let digest = file.document.digest();
            let (known, trust) = (facts.fork, facts.trust.current().number);
            let Some(seen) = install::lost(facts, &file.document).filter(|_| known.is_none()) else { return Ok(()) };
            work.save_proof(digest, &seen, bytes, trust, now)?;
            work.record_change(now, Event::ForkFound { license: digest.into() })?;
            Ok(())
        })
    }

    /// Uses the emergency extension: the license that has ended goes on for a while, once.
    ///
    /// # Errors
    /// Why there is none; then nothing changed.
    pub fn extend(&self, now: Time) -> Result<Status, ExtendError> {
        let status = self.store.write(|work| self.extend_in(work, now))?;
        self.live.changed();
        Ok(status)
    }

    /// Says what [`Verifier::extend`] would do, and changes nothing.
    ///
    /// # Errors
    /// Why there is no extension.
    pub fn rehearse_extend(&self, now: Time) -> Result<Status, ExtendError> {
        self.store.rehearse(|work| self.extend_in(work, now))
    }

    fn extend_in(&self, work: &mut Work<'_>, now: Time) -> Result<Status, ExtendError> {
        let extension = extend::extend(work.facts()?, now)?;
        work.save_extension(&extension)?;
        work.record_change(now, Event::Extended { license: extension.license.into() })?;
        Ok(self.status_in(work, now)?)
    }

    /// Gives the license back: closes its activation for ever, ends every use, and makes the document that says so, all
    /// at once. Called again, it gives out the same document.
    ///
    /// # Errors
    /// No license is installed, and none was given back.
    pub fn deactivate(&self, now: Time) -> Result<Deactivated, DeactivateError> {
        let done = self.store.write(|work| {
            if work.facts()?.installed.is_none()
                && let Some(file) = work.newest_deactivation()?
            {
                return Ok(Deactivated { file, again: true });
            }
            let deactivation: Deactivation = deactivate::deactivate(work.facts()?, now)?;
            let trust = work.facts()?.trust.current().number;
            let (prepared, file) = self.signed(&deactivation);
            work.clear_uses()?;
            work.end_cycle(CycleEnd::Deactivation, now)?;
            work.save_head(&deactivation.usage, false)?;
            work.save_deactivation(&deactivation.activation, &file, trust, now)?;
            work.record_change(now, Event::Deactivated { deactivation: prepared.digest().into() })?;
            Ok::<_, DeactivateError>(Deactivated { file, again: false })
        })?;
        self.live.changed();
        Ok(done)
    }
}

/// What a request says to whoever made it.
pub(super) fn requested(after: &Facts, request: &Request, digest: Digest, file: Vec<u8>, now: Time) -> Requested {
    Requested {
        digest,
        cycle: request.cycle.cycle,
        number: request.cycle.number,
        install_until: cycle::answer_deadline(after).unwrap_or(now),
        locked_after: cycle::cycle_deadline(after).filter(|_| after.locks()),
        fork: after.fork,
        file,
    }
}
