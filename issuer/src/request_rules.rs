//! Rules about what a machine sends: who it is for, its time and order, the machine, its memory, the token.

use postern_protocol::documents::{Ceiling, Devices, Purpose, Request};
use postern_protocol::time::DAY;
use postern_protocol::{Digest, PublicKey, Verified};

use crate::books::{Books, Device};
use crate::desk::Desk;
use crate::refusal::Refusal;
use crate::rules::{self, CLOCK_TOLERANCE};
use crate::shown::Shown;

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

    fn shown(&self) -> Shown<'a> {
        Shown::from(self.request.get())
    }

    /// A restored or rebuilt machine asks to be accepted as it is now: it need not show what it showed before.
    pub(crate) fn recovering(&self) -> bool {
        self.request.recovers.is_some()
    }

    /// For this, and for this product and account; and the bundle can bring the machine what it lacks.
    pub(crate) fn addressed(&self, due: Purpose, refusals: &mut Vec<Refusal>) {
        let request = self.request;
        if request.purpose != due {
            refusals.push(Refusal::Purpose { due, found: request.purpose });
        }
        self.shown().addressed(self.desk, refusals);
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

    pub(crate) fn in_time(&self, refusals: &mut Vec<Refusal>) {
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
        self.shown().life(self.device, refusals);
        let (request, leaf) = (self.request, self.desk.chain.leaf());
        if let Devices::Named(shares) = &leaf.devices
            && !shares.iter().any(|share| share.device == request.device.key)
        {
            refusals.push(Refusal::MachineNotNamed { device: request.device.key });
        }
    }

    /// Signed by a credential of the grant, where that lists any.
    pub(crate) fn credential(&self, refusals: &mut Vec<Refusal>) {
        let (request, leaf) = (self.request, self.desk.chain.leaf());
        if !leaf.credentials.is_empty() {
            match request.credential {
                None => refusals.push(Refusal::CredentialMissing),
                Some(key) if leaf.credentials.iter().any(|known| known.key == key) => {}
                Some(_) => refusals.push(Refusal::CredentialUnknown),
            }
        }
    }

    /// Fewer other machines hold live licenses than the grant allows.
    pub(crate) fn room(&self, refusals: &mut Vec<Refusal>) {
        room(self.desk, self.books, self.request.device.key, refusals);
    }

    /// The device remembers nothing of our ledger that the ledger does not hold.
    pub(crate) fn memory(&self, refusals: &mut Vec<Refusal>) {
        self.shown().memory(self.desk, self.device, refusals);
    }

    /// Whether the ledger has no answer to this request yet.
    pub(crate) fn unanswered(&self, refusals: &mut Vec<Refusal>) -> bool {
        let answer = self.books.answers.get(&self.request.digest());
        refusals.extend(answer.map(|answer| Refusal::Used { answer: *answer }));
        answer.is_none()
    }

    /// Whether the ledger answered no newer one. Two requests of one number are no order.
    pub(crate) fn is_newest(&self, refusals: &mut Vec<Refusal>) -> bool {
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
    pub(crate) fn not_voided(&self, refusals: &mut Vec<Refusal>) {
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
    pub(crate) fn not_rolled_back(&self, refusals: &mut Vec<Refusal>) {
        let Some(device) = self.device else { return };
        let (installed, usage) = (self.request.installed, self.request.usage);
        // A closed activation is refused as such, not as an older state.
        let replaced = |license: &Digest| {
            device.license(*license).is_some_and(|one| !device.closed.contains(&one.activation))
                && !device.holdings.iter().any(|held| held.license == *license)
        };
        if installed.sequence < device.proved_sequence || installed.license.as_ref().is_some_and(replaced) {
            refusals.push(Refusal::MachineRolledBack { detail: "its license is one that was replaced before".into() });
        }
        let shorter = device.told_last().is_some_and(|(before, _)| {
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
        if rules::node_locked(self.desk.chain.leaf()) {
            return;
        }
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
        if self.request.license_id.as_ref() != Some(&token.license_id) {
            refusals.push(Refusal::TokenOtherLicense { license_id: token.license_id.clone() });
        }
        if let Some(device) = token.device.filter(|device| *device != self.request.device.key) {
            refusals.push(Refusal::TokenOtherMachine { device });
        }
    }

    /// The request is not older than the token that it shows.
    pub(crate) fn token_age(&self, refusals: &mut Vec<Refusal>) {
        let token = self.request.enablement.and_then(|digest| self.books.tokens.get(&digest));
        if let Some(token) = token.filter(|token| self.request.cycle.generated_at.plus(DAY) < token.issued_at) {
            refusals.push(Refusal::TokenNewerThanRequest { issued_at: token.issued_at });
        }
    }
}

/// Fewer machines besides this one hold live licenses than the grant allows.
pub(crate) fn room(desk: &Desk<'_>, books: &Books, device: PublicKey, refusals: &mut Vec<Refusal>) {
    let Ceiling::Limited(limit) = desk.chain.leaf().license_count else { return };
    let live = books.devices_live(desk, Some(device));
    if live.saturating_add(books.devices_given(desk, None)) >= limit {
        refusals.push(Refusal::MachinesTooMany { limit });
    }
}
