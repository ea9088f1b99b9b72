//! A state directory of the world's product, and an issuer that answers its requests by the system's clock.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use postern_protocol::documents::{
    Allowance, Ceiling, Consumption, Feature, FeatureValue, FingerprintPolicy, License, Request, Step, TimeTicket,
    Version,
};
use postern_protocol::time::DAY;
use postern_protocol::{File, Kind, Limits, Time, Unverified, Verified};
use postern_testkit::{World, id, sign};
use tempfile::TempDir;

pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) directory: TempDir,
}

pub(crate) fn now() -> Time {
    Time::from_unix(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs())
}

/// The world, licensing around today. Its trust document stays, and with it the root that the examples compile in.
pub(crate) fn world_of_today() -> World {
    let mut world = World::new();
    let (from, until) = (Time::from_unix(now().unix() - 300 * DAY), now().plus(300 * DAY));
    for grant in [&mut world.ops, &mut world.account] {
        (grant.issued_at, grant.issue_from, grant.issue_until) = (from, from, until);
    }
    world.account.run_until = Ceiling::Limited(until);
    world.link();
    world
}

impl Desk {
    /// A trust file and a token, ready to be used.
    pub(crate) fn new() -> Self {
        let desk = Self { world: world_of_today(), directory: TempDir::new().unwrap() };
        let trust = File { trust: vec![desk.world.trust_envelope()], ..File::default() };
        desk.write("root.trust", &trust.to_bytes());
        let mut token = desk.world.token("t-1");
        token.issued_at = now();
        desk.write("cr-1.token", &desk.world.file(sign(&token, &[&desk.world.portal_key])).to_bytes());
        desk
    }

    /// A machine with a license in force.
    pub(crate) fn licensed(app: &Path) -> Self {
        let desk = Self::new();
        desk.license(app);
        desk
    }

    /// Puts a license in force, by the C example.
    pub(crate) fn license(&self, app: &Path) {
        self.ok(app, &["pin", "root.trust"]);
        self.ok(app, &["enroll", "cr-1.token"]);
        self.ok(app, &["request", "request.lfr"]);
        self.answer("license.olf", |_| {});
        self.ok(app, &["install", "license.olf"]);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// Answers `request.lfr` as a portal would, after a change to the answer.
    pub(crate) fn answer(&self, name: &str, change: impl FnOnce(&mut License)) {
        let request = self.request("request.lfr");
        let seats = |seat_type| Allowance {
            seat_type: id(seat_type),
            steps: vec![Step { from: now().day_start(), quantity: 2 }],
        };
        let mut license = License {
            activation: request.activation.clone(),
            sequence: request.installed.sequence + 1,
            fingerprint: FingerprintPolicy { parts: request.fingerprint.clone(), required: 0 },
            allocation: vec![seats("bot-creator"), seats("bot-runner")],
            features: vec![
                Feature { name: id("api-tasks"), value: FeatureValue::Number(50) },
                Feature { name: id("process-discovery"), value: FeatureValue::On },
            ],
            consumption: vec![Consumption {
                counter: id("pages"),
                feature: None,
                limit: Ceiling::Limited(1_000),
                overage: Ceiling::Limited(100),
                reset_period: Ceiling::Limited(30 * DAY),
            }],
            starts_at: now().day_start(),
            ends_at: Ceiling::Limited(now().plus(200 * DAY)),
            issued_at: now(),
            install_before: now().plus(DAY),
            acknowledged: vec![request.usage],
            ..self.world.license(request.device.key, Some(request.digest()))
        };
        change(&mut license);
        self.write(name, &self.world.file(sign(&license, &[&self.world.portal_key])).to_bytes());
    }

    /// Makes the time ticket that answers a challenge.
    pub(crate) fn ticket(&self, challenge: &str, name: &str) {
        let challenge = self.request(challenge);
        let ticket = TimeTicket {
            kind: Kind::TimeTicket,
            version: Version,
            product: id("automation"),
            grant: self.world.account_digest(),
            device: challenge.device,
            nonce: challenge.nonce.clone(),
            time: now(),
            ledger: self.world.license(challenge.device.key, None).ledger,
            extensions: vec![],
        };
        self.write(name, &self.world.file(sign(&ticket, &[&self.world.portal_key])).to_bytes());
    }

    pub(crate) fn request(&self, name: &str) -> Verified<Request> {
        let file = File::parse(&std::fs::read(self.path(name)).unwrap(), &Limits::DEFAULT).unwrap();
        let envelope = file.document(Kind::Request).unwrap().clone();
        Unverified::new(envelope).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap()
    }

    /// Runs a program on the state, in the desk's directory.
    pub(crate) fn run(&self, program: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.arg("state").args(arguments).current_dir(self.directory.path()).output().unwrap()
    }

    /// What a program says that succeeds.
    pub(crate) fn ok(&self, program: &Path, arguments: &[&str]) -> String {
        let output = self.run(program, arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && stderr.is_empty(), "{arguments:?}: {}\n{stderr}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// The exit code and the words of a program that is refused something.
    pub(crate) fn refused(&self, program: &Path, arguments: &[&str]) -> (i32, String) {
        let output = self.run(program, arguments);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}
