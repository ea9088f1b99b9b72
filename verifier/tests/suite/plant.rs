//! A machine in a temporary directory, and an issuer that answers its requests as a test wishes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use postern_protocol::documents::{
    Allowance, Ceiling, Consumption, ConsumptionBase, Enablement, FingerprintPolicy, License, Request, Revocations,
    Step, Version,
};
use postern_protocol::time::HOUR;
use postern_protocol::{Digest, Explain, File, Id, Kind, Limits, Prepared, Time, TrustAnchor, Unverified, Verified};
use postern_testkit::{World, id, now, public, sign};
use postern_verifier::machine::{Machine, Part};
use postern_verifier::rules::enroll::EnrollError;
use postern_verifier::rules::install_error::InstallError;
use postern_verifier::rules::request::RequestError;
use postern_verifier::{Enrolled, Installation, Requested, StateError, Verifier, pin};
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

/// Hardware that tests can change.
#[derive(Clone, Default)]
pub(crate) struct Hardware(Arc<Mutex<Board>>);

#[derive(Default)]
struct Board {
    parts: Vec<(&'static str, String)>,
    boots: u32,
    uptime: u64,
}

impl Hardware {
    pub(crate) fn new() -> Self {
        let parts = ["machine-id", "disk", "mac"].map(|name| (name, format!("{name} of this machine")));
        Self(Arc::new(Mutex::new(Board { parts: parts.to_vec(), boots: 1, uptime: 100 })))
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.lock().unwrap()
    }

    pub(crate) fn replace(&self, name: &str) {
        for part in self.board().parts.iter_mut().filter(|part| part.0 == name) {
            part.1 += ", replaced";
        }
    }

    /// Lets the machine run, whatever its clock says.
    pub(crate) fn run(&self, seconds: u64) {
        self.board().uptime += seconds;
    }

    pub(crate) fn restart(&self) {
        let mut board = self.board();
        (board.boots, board.uptime) = (board.boots + 1, 0);
    }
}

impl Machine for Hardware {
    fn parts(&self) -> Vec<Part> {
        self.board().parts.iter().map(|(name, value)| Part { name: id(name), value: value.clone() }).collect()
    }

    fn boot(&self) -> Option<Id> {
        Some(id(&format!("boot-{}", self.board().boots)))
    }

    fn uptime(&self) -> Option<u64> {
        Some(self.board().uptime)
    }
}

/// A machine, and the world that licenses it.
pub(crate) struct Plant {
    pub(crate) world: World,
    pub(crate) directory: TempDir,
    pub(crate) hardware: Hardware,
    pub(crate) verifier: Verifier,
    pub(crate) now: Time,
    tokens: u64,
    position: u64,
}

impl Plant {
    /// A machine that has pinned the world's root.
    pub(crate) fn new() -> Self {
        Self::of(World::new())
    }

    pub(crate) fn of(world: World) -> Self {
        let directory = TempDir::new().unwrap();
        let state = directory.path().join("state");
        pin(&state, &trust_file(&world), None, now()).unwrap();
        let hardware = Hardware::new();
        let verifier = Verifier::open_on(None, &state, Some(Box::new(hardware.clone()))).unwrap();
        Self { world, directory, hardware, verifier, now: now(), tokens: 0, position: 0 }
    }

    /// A machine that has installed a token.
    pub(crate) fn enrolled() -> Self {
        let mut plant = Self::new();
        plant.enroll();
        plant
    }

    /// A machine with 5 bot creators installed.
    pub(crate) fn licensed() -> Self {
        let mut plant = Self::enrolled();
        plant.renew(&[("bot-creator", 5)]);
        plant
    }

    /// A machine whose license has features and a counter without a limit.
    pub(crate) fn counting() -> Self {
        let mut world = World::new();
        let free = Consumption {
            counter: id("pages"),
            feature: None,
            limit: Ceiling::Unlimited,
            overage: Ceiling::Unlimited,
            reset_period: Ceiling::Unlimited,
        };
        world.account.consumption = Ceiling::Limited(vec![free]);
        let mut plant = Self::of(world);
        plant.enroll();
        let request = plant.request();
        let file = plant.answer(&request, &[("bot-creator", 5)], |_| {});
        plant.install(&file).unwrap();
        plant
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    pub(crate) fn reopen(&mut self) {
        self.verifier = self.another();
    }

    /// Another handle on the same state, as another process has one.
    pub(crate) fn another(&self) -> Verifier {
        self.try_open().unwrap()
    }

    /// A handle of an application that compiled its vendor's anchor in.
    pub(crate) fn anchored(&self) -> Verifier {
        let hardware = Some(Box::new(self.hardware.clone()) as Box<dyn Machine>);
        Verifier::open_on(Some(&anchor(&self.world)), &self.state(), hardware).unwrap()
    }

    pub(crate) fn try_open(&self) -> Result<Verifier, StateError> {
        Verifier::open_on(None, &self.state(), Some(Box::new(self.hardware.clone())))
    }

    pub(crate) fn pass(&mut self, seconds: u64) {
        self.now = self.now.plus(seconds);
    }

    pub(crate) fn hours(&mut self, hours: u64) {
        self.pass(hours * HOUR);
    }

    /// A token made now, after a change to it.
    pub(crate) fn token(&mut self, change: impl FnOnce(&mut Enablement)) -> Vec<u8> {
        self.tokens += 1;
        let mut token = self.world.token(&format!("t-{}", self.tokens));
        token.issued_at = self.now;
        token.ledger.position = self.next_position();
        change(&mut token);
        self.world.file(sign(&token, &[&self.world.portal_key])).to_bytes()
    }

    pub(crate) fn enroll(&mut self) -> Enrolled {
        let token = self.token(|_| {});
        self.verifier.enroll(&token, self.now).unwrap()
    }

    pub(crate) fn request(&self) -> Requested {
        self.verifier.request(false, self.now).unwrap()
    }

    /// The answer to a request, with these seats, after a change to it.
    pub(crate) fn answer(
        &mut self,
        request: &Requested,
        seats: &[(&str, u64)],
        change: impl FnOnce(&mut License),
    ) -> Vec<u8> {
        let position = self.next_position();
        let mut license = answer(&self.world, &request.file, seats, self.now);
        license.ledger.position = position;
        change(&mut license);
        self.world.file(sign(&license, &[&self.world.portal_key])).to_bytes()
    }

    pub(crate) fn next_position(&mut self) -> u64 {
        self.position += 1;
        self.position
    }

    pub(crate) fn install(&self, file: &[u8]) -> Result<Installation, InstallError> {
        self.verifier.install(file, self.now)
    }

    /// A whole cycle.
    pub(crate) fn renew(&mut self, seats: &[(&str, u64)]) {
        let request = self.request();
        let file = self.answer(&request, seats, |_| {});
        self.install(&file).unwrap();
    }

    /// The code with which an install is refused; nothing may have changed.
    pub(crate) fn refused(&self, file: &[u8]) -> InstallError {
        self.unchanged(|verifier| verifier.install(file, self.now).unwrap_err())
    }

    /// The refusal of a license that proves a rollback: only the proof is kept.
    pub(crate) fn rolled_back(&self, file: &[u8]) -> InstallError {
        let before = dump(&self.state());
        let error = self.verifier.install(file, self.now).unwrap_err();
        assert_eq!(code(&error), "usage-rolled-back");
        let after = dump(&self.state());
        assert_eq!(changed(&before, &after), ["files", "proofs", "snapshot", "usage"]);
        error
    }

    pub(crate) fn enroll_refused(&self, file: &[u8]) -> EnrollError {
        self.unchanged(|verifier| verifier.enroll(file, self.now).unwrap_err())
    }

    pub(crate) fn request_refused(&self) -> RequestError {
        self.unchanged(|verifier| verifier.request(false, self.now).unwrap_err())
    }

    /// Does something that may not change a byte of the state.
    pub(crate) fn unchanged<T>(&self, operation: impl FnOnce(&Verifier) -> T) -> T {
        let before = dump(&self.state());
        let done = operation(&self.verifier);
        assert_eq!(changed(&before, &dump(&self.state())), [""; 0], "the state has changed");
        done
    }
}

/// A license that answers a request as an honest portal would.
pub(crate) fn answer(world: &World, request: &[u8], seats: &[(&str, u64)], now: Time) -> License {
    let request = read_request(request);
    License {
        activation: request.activation.clone(),
        sequence: request.installed.sequence + 1,
        device: request.device,
        fingerprint: FingerprintPolicy { parts: request.fingerprint.clone(), required: 2 },
        allocation: seats
            .iter()
            .map(|(seat_type, quantity)| Allowance {
                seat_type: id(seat_type),
                steps: vec![Step { from: now.day_start(), quantity: *quantity }],
            })
            .collect(),
        starts_at: now.day_start(),
        issued_at: now,
        install_before: request
            .cycle
            .generated_at
            .plus(48 * HOUR)
            .min(request.cycle.first_generated_at.plus(7 * 24 * HOUR)),
        acknowledged: vec![request.usage],
        features: world.account.features.limit().cloned().unwrap_or_default(),
        consumption: world.account.consumption.limit().cloned().unwrap_or_default(),
        consumption_base: bases(world, now),
        ..world.license(request.device.key, Some(request.digest()))
    }
}

/// Counters that begin to count at an instant.
fn bases(world: &World, since: Time) -> Vec<ConsumptionBase> {
    let counters = world.account.consumption.limit().into_iter().flatten();
    counters.map(|one| ConsumptionBase { counter: one.counter.clone(), total: 0, since }).collect()
}

pub(crate) fn read_request(bytes: &[u8]) -> Verified<Request> {
    let file = File::parse(bytes, &Limits::DEFAULT).unwrap();
    let envelope = file.document(Kind::Request).unwrap().clone();
    Unverified::new(envelope).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap()
}

pub(crate) fn trust_file(world: &World) -> Vec<u8> {
    File { trust: vec![world.trust_envelope()], ..File::default() }.to_bytes()
}

pub(crate) fn anchor(world: &World) -> TrustAnchor {
    TrustAnchor { product: id("automation"), root: Prepared::new(&world.trust).digest() }
}

/// An empty list of the operations key: a template to change.
pub(crate) fn revocations(world: &World, serial: u64) -> Revocations {
    Revocations {
        kind: Kind::Revocations,
        version: Version,
        product: id("automation"),
        issuer: postern_protocol::documents::Grantor::Key(public(&world.ops_key)),
        serial,
        issued_at: now(),
        entries: vec![],
        extensions: vec![],
    }
}

/// The tables that differ.
pub(crate) fn changed<'a>(before: &'a Dump, after: &Dump) -> Vec<&'a str> {
    assert_eq!(before.len(), after.len());
    before.iter().zip(after).filter(|(before, after)| before != after).map(|((name, _), _)| name.as_str()).collect()
}

/// The rows of each table, by its name.
pub(crate) type Dump = Vec<(String, Vec<Vec<Value>>)>;

/// Every row of every table.
pub(crate) fn dump(state: &Path) -> Dump {
    let connection = database(state);
    let mut names = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    names
        .into_iter()
        .map(|name| {
            let mut table = connection.prepare(&format!("SELECT * FROM {name} ORDER BY 1, 2")).unwrap();
            let columns = table.column_count();
            let rows = table.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).unwrap();
            let rows = rows.map(Result::unwrap).collect();
            (name, rows)
        })
        .collect()
}

pub(crate) fn database(state: &Path) -> Connection {
    Connection::open(state.join("state.db")).unwrap()
}

pub(crate) fn code(error: &impl Explain) -> &'static str {
    assert!(!error.to_string().is_empty() && !error.advice().is_empty(), "{} comes without its pair", error.code());
    error.code()
}

pub(crate) fn seat(text: &str) -> Id {
    id(text)
}

pub(crate) fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}
