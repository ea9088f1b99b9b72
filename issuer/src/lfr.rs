//! Deciding an LFR: every rule of the request cycle, the token, the device and its memory; then the license.

use postern_protocol::documents::{Ceiling, Devices, LedgerReference, Purpose, Request};
use postern_protocol::time::DAY;
use postern_protocol::{Digest, Verified};

use crate::books::{Books, Device};
use crate::choice::Choice;
use crate::decision::Decision;
use crate::desk::{Desk, counts_here};
use crate::examine::examine;
use crate::license;
use crate::refusal::Refusal;
use crate::rules::{self, CLOCK_TOLERANCE, Right};
use crate::spent;

/// Decides an LFR with a choice of dates and quantities.
///
/// # Errors
/// Every reason against it, at once.
pub fn decide_lfr(desk: &Desk<'_>, request: &Verified<Request>, choice: &Choice) -> Result<Decision, Vec<Refusal>> {
    let examination = examine(desk, request);
    let mut refusals = examination.refusals.clone();
    refusals.extend(examination.judge(choice));
    match desk.ledger {
        Some(ledger) if refusals.is_empty() => Ok(license::decide(desk, ledger, request, choice, &examination)),
        _ => Err(refusals),
    }
}

/// Every reason against answering a request that does not depend on the choice.
pub(crate) fn refusals(desk: &Desk<'_>, books: &Books, request: &Verified<Request>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    rules::desk(desk, Some(request.device.key), &mut refusals);
    rules::issuing(desk, Right::Issue, &request.license_id, &mut refusals);
    let rules = Rules::new(desk, books, request);
    rules.addressed(Purpose::Lfr, &mut refusals);
    rules.in_time(&mut refusals);
    rules.device(&mut refusals);
    rules.room(&mut refusals);
    rules.memory(&mut refusals);
    if !rules.unanswered(&mut refusals) {
        // Nothing more is to be said of its order or its price.
    } else if rules.recovering() {
        rules.not_voided(&mut refusals);
        spent::release(desk, books, &mut refusals);
    } else if rules.is_newest(&mut refusals) {
        rules.not_rolled_back(&mut refusals);
    }
    rules.token(&mut refusals);
    rules.token_age(&mut refusals);
    refusals
}

/// Rules about a request. A clock challenge is held to some of them.
pub(crate) struct Rules<'a> {
    desk: &'a Desk<'a>,
    books: &'a Books,
    request: &'a Verified<Request>,
    device: Option<&'a Device>,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(desk: &'a Desk<'a>, books: &'a Books, request: &'a Verified<Request>) -> Self {
        Self { desk, books, request, device: books.devices.get(&request.device.key) }
    }

    /// A restored or rebuilt machine asks to be accepted as it is now: it need not show what it showed before.
    fn recovering(&self) -> bool {
        self.request.recovers.is_some()
    }

    /// For this, and for this product and account; and the bundle can bring the machine what it lacks.
    pub(crate) fn addressed(&self, due: Purpose, refusals: &mut Vec<Refusal>) {
        let (request, bundle) = (self.request, &self.desk.bundle.bundle);
        if request.purpose != due {
            refusals.push(Refusal::Purpose { due, found: request.purpose });
        }
        if request.product != bundle.product {
            let (expected, found) = (bundle.product.clone(), request.product.clone());
            refusals.push(Refusal::OtherProduct { expected, found });
        }
        if let Some(found) = request.account.as_ref().filter(|account| **account != bundle.account) {
            let (expected, found) = (bundle.account.clone(), found.clone());
            refusals.push(Refusal::OtherAccount { expected, found });
        }
        let trust = self.desk.chain.trust();
        if request.trust_number > trust.current().number {
            refusals.push(Refusal::BundleBehindMachine { what: "root" });
        }
        if request.trust_number + 1 < trust.first().number {
            refusals.push(Refusal::TrustGap { machine: request.trust_number, first: trust.first().number });
        }
        let lists = rules::revocations(self.desk);
        let behind = |serial: u64, issuer| lists.iter().any(|list| list.issuer == issuer && list.serial < serial);
        if request.revocations.iter().any(|known| behind(known.serial, known.issuer)) {
            refusals.push(Refusal::BundleBehindMachine { what: "revocation list" });
        }
    }

    fn in_time(&self, refusals: &mut Vec<Refusal>) {
        let (cycle, policy, now) = (self.request.cycle, self.desk.chain.leaf().cycle, self.desk.now);
        if cycle.generated_at > now.plus(CLOCK_TOLERANCE) {
            refusals.push(Refusal::RequestFuture { generated_at: cycle.generated_at, now });
        }
        let request_ends = cycle.generated_at.plus(policy.request_window);
        if now > request_ends {
            refusals.push(Refusal::RequestExpired { since: request_ends });
        }
        let cycle_ends = cycle.first_generated_at.plus(policy.cycle_window);
        if now > cycle_ends {
            refusals.push(Refusal::CycleExpired { since: cycle_ends });
        }
    }

    /// The machine is one that gets files, in the life that the ledger knows.
    pub(crate) fn device(&self, refusals: &mut Vec<Refusal>) {
        let (request, leaf) = (self.request, self.desk.chain.leaf());
        if let Some(tombstone) = self.device.and_then(|device| device.tombstone.as_ref()) {
            refusals.push(Refusal::MachineReleased { at: tombstone.at });
        }
        let known = self.device.map_or(0, |device| device.epoch);
        // A machine that asks to be accepted may come from an earlier life, never from a later one.
        if request.device.epoch > known || (request.device.epoch < known && !self.recovering()) {
            refusals.push(Refusal::MachineEpoch { known, found: request.device });
        }
        if let Devices::Named(shares) = &leaf.devices
            && !shares.iter().any(|share| share.device == request.device.key)
        {
            refusals.push(Refusal::MachineNotNamed { device: request.device.key });
        }
        if self.device.is_some_and(|device| device.closed.contains(&request.activation)) {
            refusals.push(Refusal::ActivationClosed { activation: request.activation.clone() });
        }
        if !leaf.credentials.is_empty() {
            match request.credential {
                None => refusals.push(Refusal::CredentialMissing),
                Some(key) if leaf.credentials.iter().any(|known| known.key == key) => {}
                Some(_) => refusals.push(Refusal::CredentialUnknown),
            }
        }
    }

    /// Fewer other machines hold live licenses than the grant allows.
    fn room(&self, refusals: &mut Vec<Refusal>) {
        let Ceiling::Limited(limit) = self.desk.chain.leaf().license_count else { return };
        let live = |device: &Device| {
            let counted = |license_id| counts_here(self.desk, license_id);
            device.holdings.iter().any(|one| one.usable_until.allows(self.desk.now) && counted(&one.license_id))
        };
        let others = self.books.devices.iter().filter(|(key, _)| **key != self.request.device.key);
        if others.filter(|(_, device)| live(device)).count() as u64 >= limit {
            refusals.push(Refusal::MachinesTooMany { limit });
        }
    }

    /// The device remembers nothing of our ledger that the ledger does not hold.
    pub(crate) fn memory(&self, refusals: &mut Vec<Refusal>) {
        let Some(ledger) = self.desk.ledger else { return };
        let known = ledger.id();
        for LedgerReference { ledger: id, position, previous } in &self.request.ledgers {
            if id.key != known.key || id.epoch < known.epoch {
                continue;
            }
            if id.epoch > known.epoch {
                refusals.push(Refusal::LedgerEpoch { known: known.epoch, found: id.epoch });
            } else if *position >= ledger.next().position {
                let held = ledger.next().position - 1;
                refusals.push(Refusal::LedgerStale { detail: format!("entry {position}; here are {held}") });
            } else if ledger.place(*position).is_some_and(|place| place.previous != *previous) {
                refusals.push(Refusal::LedgerForked { position: *position });
            }
        }
        if self.recovering() {
            return;
        }
        let installed = self.request.installed;
        let issued = |license: Digest| self.device.is_some_and(|device| device.license(license).is_some());
        if let Some(license) = installed.license.filter(|license| !issued(*license)) {
            let detail = format!("license {}, which the ledger does not know", license.short());
            refusals.push(Refusal::LedgerStale { detail });
        } else if installed.sequence > self.device.map_or(0, |device| device.sequence) {
            let detail = format!("license number {}, which the ledger does not know", installed.sequence);
            refusals.push(Refusal::LedgerStale { detail });
        }
    }

    /// Whether the ledger has no answer to this request yet.
    pub(crate) fn unanswered(&self, refusals: &mut Vec<Refusal>) -> bool {
        let answer = self.books.answers.get(&self.request.digest());
        refusals.extend(answer.map(|answer| Refusal::Used { answer: *answer }));
        answer.is_none()
    }

    /// Whether the ledger answered no newer one. Two requests of one number are no order.
    fn is_newest(&self, refusals: &mut Vec<Refusal>) -> bool {
        let Some(newest) = self.device.and_then(|device| device.newest) else { return true };
        if newest.newer_than(&self.request.cycle) {
            refusals.push(Refusal::Superseded { cycle: newest.cycle, number: newest.number });
            return false;
        }
        if !self.request.cycle.newer_than(&newest) {
            let detail = format!("two requests with number {} of cycle {}", newest.number, newest.cycle);
            refusals.push(Refusal::MachineRolledBack { detail });
        }
        true
    }

    /// A restored machine's cycles and numbers begin again where its copy was made, so they order nothing; but within
    /// the cycle in which it was accepted, an older request is one that the accepted one voided.
    fn not_voided(&self, refusals: &mut Vec<Refusal>) {
        let Some(newest) = self.device.filter(|device| device.accepted).and_then(|device| device.newest) else {
            return;
        };
        let cycle = self.request.cycle;
        let same = (newest.cycle, newest.first_generated_at) == (cycle.cycle, cycle.first_generated_at);
        if same && newest.newer_than(&cycle) {
            refusals.push(Refusal::Superseded { cycle: newest.cycle, number: newest.number });
        }
    }

    /// The newest request of a device shows at least what earlier ones showed.
    fn not_rolled_back(&self, refusals: &mut Vec<Refusal>) {
        let Some(device) = self.device else { return };
        let (installed, usage) = (self.request.installed, self.request.usage);
        let replaced = |license: &Digest| {
            device.license(*license).is_some() && !device.holdings.iter().any(|held| held.license == *license)
        };
        if installed.sequence < device.proved_sequence || installed.license.as_ref().is_some_and(replaced) {
            refusals.push(Refusal::MachineRolledBack { detail: "its license is one that was replaced before".into() });
        }
        let newest = device.told.iter().rev().find_map(|told| told.usage);
        let shorter = newest.is_some_and(|before| {
            usage.genesis != before.genesis
                || usage.count < before.count
                || (usage.count == before.count && usage.head != before.head)
        });
        if shorter {
            refusals.push(Refusal::MachineRolledBack { detail: "its usage record is not the one it had".into() });
        }
    }

    /// Enabled with a token of this ledger, for this license id, that no other device showed first.
    ///
    /// How old the token was when it was installed is the verifier's to judge: it alone sees that moment. A machine may
    /// be enabled on Monday and make its first request on Friday, so no time in a request tells.
    pub(crate) fn token(&self, refusals: &mut Vec<Refusal>) {
        let in_base = self.device.is_some_and(|device| device.in_base);
        let Some(digest) = self.request.enablement else {
            if !in_base {
                refusals.push(Refusal::TokenMissing);
            }
            return;
        };
        let Some(token) = self.books.tokens.get(&digest) else {
            if !in_base {
                refusals.push(Refusal::TokenUnknown { token: digest });
            }
            return;
        };
        if token.license_id != self.request.license_id {
            refusals.push(Refusal::TokenOtherLicense { license_id: token.license_id.clone() });
        }
        if let Some(device) = token.device.filter(|device| *device != self.request.device.key) {
            refusals.push(Refusal::TokenOtherMachine { device });
        }
    }

    /// The request is not older than the token that it shows.
    fn token_age(&self, refusals: &mut Vec<Refusal>) {
        let token = self.request.enablement.and_then(|digest| self.books.tokens.get(&digest));
        if let Some(token) = token.filter(|token| self.request.cycle.generated_at.plus(DAY) < token.issued_at) {
            refusals.push(Refusal::TokenNewerThanRequest { issued_at: token.issued_at });
        }
    }
}
