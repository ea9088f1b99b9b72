//! A portal and machines for the tests: each step as it happens in life, time and ids given.

use postern_issuer::*;
use postern_protocol::bundle_file::{self, VerifiedBundle};
use postern_protocol::documents::*;
use postern_protocol::{
    Chain, Digest, Explain, File, Limits, PublicKey, Reader, SecretKey, Time, Unverified, Verified,
};
use postern_testkit::*;

/// Seconds in an hour and in a day.
pub(crate) const HOUR: u64 = 3600;
pub(crate) const DAY: u64 = 24 * HOUR;

/// A portal at work.
pub(crate) struct Portal {
    pub(crate) world: World,
    pub(crate) bundle: VerifiedBundle,
    pub(crate) chain: Chain,
    pub(crate) ledger: Option<Ledger>,
    pub(crate) revocations: Vec<Verified<Revocations>>,
    pub(crate) by: String,
    pub(crate) now: Time,
}

impl Portal {
    /// The default account, its ledger begun.
    pub(crate) fn new() -> Self {
        Self::of(World::new())
    }

    /// The account of this world, its ledger begun.
    pub(crate) fn of(world: World) -> Self {
        let mut portal = Self::without_ledger(world);
        let begun = begin_ledger(&portal.desk()).unwrap();
        portal.carry_out(begun);
        portal
    }

    /// The account of this world.
    pub(crate) fn without_ledger(mut world: World) -> Self {
        world.link();
        let bundle = world.bundle();
        let chain = chains_of(&bundle, public(&world.portal_key)).remove(0);
        let by = "A. Administrator".into();
        Self { world, bundle, chain, ledger: None, revocations: vec![], by, now: now() }
    }

    /// Loads a bundle with other contents.
    pub(crate) fn load(&mut self, change: impl FnOnce(&mut File, &mut Bundle)) {
        self.bundle = bundle_of(&self.world, change);
        self.chain = chains_of(&self.bundle, public(&self.world.portal_key)).remove(0);
    }

    /// The account's grant is renewed with changes, and the new bundle loaded.
    pub(crate) fn renew(&mut self, change: impl FnOnce(&mut Grant)) {
        self.world.account.serial += 1;
        change(&mut self.world.account);
        self.world.link();
        self.load(|_, bundle| bundle.serial += 1);
    }

    pub(crate) fn desk(&self) -> Desk<'_> {
        Desk {
            bundle: &self.bundle,
            chain: &self.chain,
            ledger: self.ledger.as_ref(),
            revocations: &self.revocations,
            by: &self.by,
            now: self.now,
        }
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        self.ledger.as_ref().unwrap()
    }

    /// The ledger read anew from its lines.
    pub(crate) fn restored(&self) -> Ledger {
        let lines: Vec<_> = self.ledger().entries().iter().map(|entry| entry.envelope().line().to_vec()).collect();
        Ledger::restore(&self.bundle, &self.chain, &lines, &Limits::DEFAULT).unwrap()
    }

    /// What the ledger carries from entry to entry is what its entries say when each is read again.
    pub(crate) fn carries_what_it_says(&self, request: &Verified<Request>) {
        let restored = self.restored();
        let anew = Desk { ledger: Some(&restored), ..self.desk() };
        assert_eq!(format!("{:?}", examine(&self.desk(), request)), format!("{:?}", examine(&anew, request)));
    }

    /// Signs a decision and goes on with its ledger.
    pub(crate) fn carry_out(&mut self, decision: Decision) -> Outcome {
        let outcome = finish(decision, &self.world.portal_key).unwrap();
        self.ledger = Some(outcome.ledger.clone());
        outcome
    }

    /// Makes a token; returns its digest.
    pub(crate) fn token(&mut self, token: &str) -> Digest {
        let decision = decide_token(&self.desk(), &id("cr-1"), id(token)).unwrap();
        self.carry_out(decision).document.unwrap()
    }

    /// Decides without going on.
    pub(crate) fn decide(&self, request: &Verified<Request>, seats: &[(&str, u64)]) -> Result<Decision, Vec<Refusal>> {
        decide_license(&self.desk(), request, &self.until("2027-06-30T23:59:59Z", seats))
    }

    /// The codes of every refusal, sorted; empty where the decision holds.
    pub(crate) fn codes(&self, request: &Verified<Request>, seats: &[(&str, u64)]) -> Vec<&'static str> {
        codes(self.decide(request, seats))
    }

    /// Answers a request for seats until the end of the entitlement.
    pub(crate) fn answer(&mut self, request: &Verified<Request>, seats: &[(&str, u64)]) -> Answer {
        let choice = self.until("2027-06-30T23:59:59Z", seats);
        self.answer_with(request, &choice)
    }

    pub(crate) fn answer_with(&mut self, request: &Verified<Request>, choice: &Choice) -> Answer {
        let decision = decide_license(&self.desk(), request, choice).unwrap();
        let outcome = self.carry_out(decision);
        let trust = self.world.trust_state();
        let reader = Reader { trust: &trust, revocations: &[], limits: Limits::DEFAULT };
        let read = reader.file::<License>(&outcome.file.as_ref().unwrap().to_bytes()).unwrap();
        Answer { digest: read.document.digest(), license: read.document.get().clone() }
    }

    /// A choice from today to an end.
    pub(crate) fn until(&self, end: &str, seats: &[(&str, u64)]) -> Choice {
        Choice {
            start: self.now.day_start(),
            end: Ceiling::Limited(time(end)),
            seats: seats.iter().map(|(seat_type, quantity)| (id(seat_type), *quantity)).collect(),
            accept_fork: false,
        }
    }

    /// What is free for a request, of one type.
    pub(crate) fn free(&self, request: &Verified<Request>, seat_type: &str) -> u64 {
        let rows = examine(&self.desk(), request).seats;
        *rows.iter().find(|row| row.seat_type == id(seat_type)).unwrap().free.limit().unwrap()
    }

    /// A machine with a token of its own.
    pub(crate) fn machine(&mut self, seed: u8) -> Station {
        let token = self.token(&format!("token-{seed}"));
        Station::new(seed, token)
    }
}

/// A license as a machine received it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) digest: Digest,
    pub(crate) license: License,
}

/// A machine: what it asks is what it has.
pub(crate) struct Station {
    pub(crate) key: SecretKey,
    pub(crate) request: Request,
}

impl Station {
    pub(crate) fn new(seed: u8, token: Digest) -> Self {
        let key = key(seed);
        let mut request = World::new().request(public(&key), Some(token));
        request.cycle.number = 0;
        request.activation = id(&format!("activation-{seed}"));
        Self { key, request }
    }

    pub(crate) fn public(&self) -> PublicKey {
        public(&self.key)
    }

    /// Makes a request, which voids the ones before.
    pub(crate) fn ask(&mut self, now: Time) -> Verified<Request> {
        let cycle = &mut self.request.cycle;
        cycle.number += 1;
        cycle.generated_at = now;
        if cycle.number == 1 {
            cycle.first_generated_at = now;
        }
        self.request.usage.count += 1;
        self.request.usage.head = Digest::of(&self.request.usage.count.to_be_bytes());
        self.sign()
    }

    /// Makes a request with something wrong in it.
    pub(crate) fn ask_with(&mut self, now: Time, change: impl FnOnce(&mut Request)) -> Verified<Request> {
        self.ask(now);
        let before = self.request.clone();
        change(&mut self.request);
        let request = self.sign();
        self.request = before;
        request
    }

    pub(crate) fn sign(&self) -> Verified<Request> {
        let credential = self.request.credential.map(|_| credential());
        let keys: Vec<&SecretKey> = std::iter::once(&self.key).chain(&credential).collect();
        verified(&self.request, &keys)
    }

    /// Installs an answer, which ends the cycle.
    pub(crate) fn install(&mut self, answer: &Answer) {
        self.request.installed = Installed { license: Some(answer.digest), sequence: answer.license.sequence };
        let reference = answer.license.ledger;
        self.request.ledgers.retain(|known| known.ledger != reference.ledger);
        self.request.ledgers.push(reference);
        self.end_cycle();
    }

    /// The next request begins a cycle.
    pub(crate) fn end_cycle(&mut self) {
        self.request.cycle.cycle += 1;
        self.request.cycle.number = 0;
    }
}

/// The key that the tests' license key or password stands for.
pub(crate) fn credential() -> SecretKey {
    key(90)
}

pub(crate) fn finish(decision: Decision, key: &SecretKey) -> Result<Outcome, FinishError> {
    let preparation = decision.prepare();
    let signatures: Vec<_> = preparation.messages().iter().map(|message| key.sign(message)).collect();
    preparation.finish(&signatures)
}

pub(crate) fn verified(request: &Request, keys: &[&SecretKey]) -> Verified<Request> {
    Unverified::new(sign(request, keys)).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap()
}

pub(crate) fn codes<T>(result: Result<T, Vec<Refusal>>) -> Vec<&'static str> {
    let mut codes: Vec<_> = result.err().unwrap_or_default().iter().map(Refusal::code).collect();
    codes.sort_unstable();
    codes
}

/// The world's bundle with other contents, signed again.
pub(crate) fn bundle_of(world: &World, change: impl FnOnce(&mut File, &mut Bundle)) -> VerifiedBundle {
    let mut bundle = world.bundle().bundle.get().clone();
    let mut file = world.bundle_file();
    file.documents.clear();
    change(&mut file, &mut bundle);
    let (count, merkle_root) = bundle_file::contents(&file);
    (bundle.count, bundle.merkle_root) = (count, merkle_root);
    file.documents.push(sign(&bundle, &[&world.ops_key]));
    bundle_file::verify_bundle(&file.to_bytes(), &world.trust_state(), &Limits::DEFAULT).unwrap()
}

/// Seats over time.
pub(crate) fn stages(seat_type: &str, steps: &[(&str, u64)]) -> Allowance {
    let steps = steps.iter().map(|(from, quantity)| Step { from: time(from), quantity: *quantity }).collect();
    Allowance { seat_type: id(seat_type), steps }
}

/// Lets the grant, and its one installation, allow these seats.
pub(crate) fn allow(grant: &mut Grant, allowances: &[Allowance]) {
    grant.allowances = Ceiling::Limited(allowances.to_vec());
    let installation = Installation { license_id: id("cr-1"), allowances: allowances.to_vec() };
    grant.installations = Ceiling::Limited(vec![installation]);
}
