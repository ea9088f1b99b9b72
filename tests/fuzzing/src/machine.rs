//! Machines in several states, kept in memory where the system allows it; each can be put back as it was.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use postern_protocol::credential::LicenseKey;
use postern_protocol::documents::{
    Allowance, Ceiling, Credential, CredentialKind, FingerprintPolicy, License, LicenseType, Request, Step,
};
use postern_protocol::time::HOUR;
use postern_protocol::{Digest, File, Kind, Limits, Unverified, Verified};
use postern_testkit::{World, id, now, public, sign};
use postern_verifier::machine::{Machine, Part};
use postern_verifier::{Activation, Requested, Verifier, pin};
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

/// The license key of licenses that are bound to a machine.
const KEY: [u8; 15] = [7; 15];

/// A machine, its requests if it made any, and what puts it back.
pub(crate) struct Prepared {
    pub(crate) world: World,
    /// The open request.
    pub(crate) request: Option<Verified<Request>>,
    /// A request before it, which no longer counts.
    pub(crate) superseded: Option<Digest>,
    open: Option<Open>,
    folder: TempDir,
    before: Dump,
}

/// A machine's state as it is used, and as it is looked into.
struct Open {
    verifier: Verifier,
    database: Connection,
}

/// Every row of every table.
pub(crate) type Dump = Vec<(String, Vec<Vec<Value>>)>;

#[derive(Clone, Copy)]
struct Hardware;

impl Machine for Hardware {
    fn parts(&self) -> Vec<Part> {
        ["machine-id", "disk", "mac"].map(|name| Part { name: id(name), value: format!("the {name}") }).to_vec()
    }
}

impl Prepared {
    /// A machine that pinned the root and did nothing else.
    pub(crate) fn pinned() -> Self {
        Self::new(World::new(), |_, _| vec![])
    }

    /// A machine that waits for the answer to its second request.
    pub(crate) fn waiting() -> Self {
        Self::new(World::new(), |world, verifier| {
            let first = enroll_and_ask(world, verifier);
            vec![first, ask(verifier)]
        })
    }

    /// A machine that has a license and a seat in use, and asked for the next license.
    pub(crate) fn renewing() -> Self {
        Self::new(World::new(), |world, verifier| {
            let request = enroll_and_ask(world, verifier);
            put_in_force(world, verifier, &request);
            verifier.checkout(&id("bot-creator"), "ada@plant.example", now()).unwrap();
            vec![request, ask(verifier)]
        })
    }

    /// A machine that waits for its `license.lic`, asked for twice.
    pub(crate) fn activating() -> Self {
        Self::new(node_locked(), |_, verifier| vec![activate(verifier), activate(verifier)])
    }

    /// A machine whose license was activated, and nothing since.
    pub(crate) fn activated() -> Self {
        Self::new(node_locked(), |world, verifier| {
            let request = activate(verifier);
            put_in_force(world, verifier, &request);
            vec![request]
        })
    }

    /// A machine whose license was activated, and asked for again.
    pub(crate) fn activating_again() -> Self {
        Self::new(node_locked(), |world, verifier| {
            let request = activate(verifier);
            put_in_force(world, verifier, &request);
            vec![request, activate(verifier)]
        })
    }

    fn new(world: World, prepare: impl FnOnce(&World, &Verifier) -> Vec<Verified<Request>>) -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap();
        let trust = File { trust: vec![world.trust_envelope()], ..File::default() };
        let state = folder.path().join("state");
        pin(&state, &trust.to_bytes(), None, now()).unwrap();
        let mut requests = prepare(&world, &open(&state).verifier);
        let request = requests.pop();
        let superseded = requests.pop().map(|request| request.digest());
        copy(&state, &folder.path().join("kept"));
        let open = open(&state);
        let before = dump(&open.database);
        Self { world, request, superseded, open: Some(open), folder, before }
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.open.as_ref().unwrap().verifier
    }

    /// Whether every row of the state is as it was prepared.
    pub(crate) fn is_unchanged(&self) -> bool {
        self.changed().is_empty()
    }

    /// The serial of the newest list of each issuer that the machine knows.
    pub(crate) fn serials(&self) -> BTreeMap<String, i64> {
        let database = &self.open.as_ref().unwrap().database;
        let mut lists = database.prepare_cached("SELECT issuer, serial FROM revocations").unwrap();
        let rows = lists.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(std::result::Result::unwrap).collect()
    }

    /// The tables that are not as they were prepared.
    pub(crate) fn changed(&self) -> Vec<String> {
        let now = dump(&self.open.as_ref().unwrap().database);
        let other = self.before.iter().zip(now).filter(|(before, now)| *before != now);
        other.map(|((name, _), _)| name.clone()).collect()
    }

    /// Puts the state back.
    pub(crate) fn restore(&mut self) {
        self.open = None;
        std::fs::remove_dir_all(self.state()).unwrap();
        copy(&self.folder.path().join("kept"), &self.state());
        self.open = Some(open(&self.state()));
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }
}

fn open(state: &Path) -> Open {
    Open {
        verifier: Verifier::open_on(None, state, Some(Box::new(Hardware))).unwrap(),
        database: Connection::open(state.join("state.db")).unwrap(),
    }
}

fn enroll_and_ask(world: &World, verifier: &Verifier) -> Verified<Request> {
    let token = world.file(sign(&world.token("t-1"), &[&world.portal_key]));
    verifier.enroll(&token.to_bytes(), now()).unwrap();
    ask(verifier)
}

fn ask(verifier: &Verifier) -> Verified<Request> {
    read(&verifier.request(false, now()).unwrap())
}

/// Asks for the license of a license key, also where it is in force.
fn activate(verifier: &Verifier) -> Verified<Request> {
    let secret = LicenseKey::from_entropy(KEY).to_text();
    let with = Activation { user: None, secret: &secret, license_id: None, again: true, names: false };
    read(&verifier.activate(&with, now()).unwrap())
}

fn put_in_force(world: &World, verifier: &Verifier, request: &Verified<Request>) {
    let license = sign(&answer(world, request), &[&world.portal_key]);
    verifier.install(&world.file(license).to_bytes(), now()).unwrap();
}

/// The world with licenses that a license key activates.
fn node_locked() -> World {
    let mut world = World::new();
    let key = LicenseKey::from_entropy(KEY).derive(world.trust.vendor.as_str(), world.trust.product.as_str()).unwrap();
    world.account.license_type = Ceiling::Limited(LicenseType::TimeLimited);
    world.account.credentials = vec![Credential { key: public(&key), from: CredentialKind::LicenseKey }];
    world.link();
    world
}

fn read(made: &Requested) -> Verified<Request> {
    let file = File::parse(&made.file, &Limits::DEFAULT).unwrap();
    let envelope = file.document(Kind::Request).unwrap().clone();
    Unverified::new(envelope).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap()
}

/// What an honest portal answers.
pub(crate) fn answer(world: &World, request: &Verified<Request>) -> License {
    let mut license = world.license(request.device.key, Some(request.digest()));
    license.license_type = world.account.license_type.limit().copied().unwrap_or(LicenseType::OnPremises);
    license.device = request.device;
    license.activation = request.activation.clone();
    license.sequence = request.installed.sequence + 1;
    license.fingerprint = FingerprintPolicy { parts: request.fingerprint.clone(), required: 2 };
    license.allocation =
        vec![Allowance { seat_type: id("bot-creator"), steps: vec![Step { from: now().day_start(), quantity: 5 }] }];
    license.install_before = request.cycle.generated_at.plus(48 * HOUR);
    license.acknowledged = vec![request.usage];
    license.ledger.position = 1 + license.sequence;
    license
}

/// Copies a folder of files, readable to nobody else.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn dump(connection: &Connection) -> Dump {
    let mut names =
        connection.prepare_cached("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(std::result::Result::unwrap).collect();
    let rows = |name: &String| {
        let mut table = connection.prepare_cached(&format!("SELECT * FROM {name} ORDER BY 1, 2")).unwrap();
        let columns = table.column_count();
        let rows = table.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).unwrap();
        rows.map(std::result::Result::unwrap).collect()
    };
    names.iter().map(|name| (name.clone(), rows(name))).collect()
}
