//! Node-locked licenses between the real issuing core and the real machine: activation, refresh, deactivation, reports.

use postern_issuer::{
    Choice, Decision, Desk, Ledger, Refusal, begin_ledger, decide_license, decide_refresh, decide_release,
    decide_settlement, decide_sync, examine, find_chain, overview,
};
use postern_protocol::bundle_file::VerifiedBundle;
use postern_protocol::credential::{LicenseKey, derive};
use postern_protocol::documents::{self, *};
use postern_protocol::time::{DAY, HOUR};
use postern_protocol::{Chain, Explain, File, Kind, Limits, PublicKey, Time, Unverified, Verified};
use postern_testkit::{World, id, now, public, seats, sign, time};
use postern_verifier::rules::activate::ActivateError;
use postern_verifier::rules::install_error::InstallError;
use postern_verifier::{Activation, Installation, Requested, Verifier, pin};
use tempfile::TempDir;

use crate::plant::{Hardware, trust_file};

const PASSWORD: &str = "correct-horse-battery-staple";
const USER: &str = "ada@plant.example";

fn license_key() -> String {
    LicenseKey::from_entropy([7; 15]).to_text().to_string()
}

/// An administrator's portal with one license, which a key or a user activates on two machines.
pub(crate) struct Office {
    pub(crate) world: World,
    bundle: VerifiedBundle,
    chain: Chain,
    ledger: Ledger,
    pub(crate) now: Time,
}

impl Office {
    pub(crate) fn new(change: impl FnOnce(&mut Grant)) -> Self {
        let mut world = World::new();
        // Cheap, and still as much as the protocol accepts.
        world.trust.key_derivation =
            KeyDerivation { argon2id_memory_kib: 19_456, argon2id_passes: 2, argon2id_lanes: 1 };
        let key = |user: Option<&str>, secret: &str| {
            PublicKey::from_bytes(derive(&world.trust, user, secret).unwrap().public_bytes())
        };
        let credentials = vec![
            Credential { key: key(None, &license_key()), from: CredentialKind::LicenseKey },
            Credential { key: key(Some(USER), PASSWORD), from: CredentialKind::User },
        ];
        let grant = &mut world.account;
        grant.license_type = Ceiling::Limited(LicenseType::TimeLimited);
        grant.credentials = credentials;
        grant.license_count = Ceiling::Limited(2);
        grant.allowances = Ceiling::Limited(vec![seats("bot-creator", 4)]);
        grant.installations = Ceiling::Limited(vec![documents::Installation {
            license_id: id("cad-7"),
            allowances: vec![seats("bot-creator", 4)],
        }]);
        change(grant);
        world.link();
        let (bundle, chain) = Self::load(&world);
        let desk = Desk { bundle: &bundle, chain: &chain, ledger: None, revocations: &[], by: "A", now: now() };
        let ledger = carried_out(&world, begin_ledger(&desk).unwrap()).1;
        Self { bundle, chain, ledger, world, now: now() }
    }

    fn load(world: &World) -> (VerifiedBundle, Chain) {
        let bundle = world.bundle();
        let chain = bundle.tree.chains_of(public(&world.portal_key)).remove(0);
        (bundle, chain)
    }

    /// The vendor renews the entitlement.
    pub(crate) fn renew(&mut self, change: impl FnOnce(&mut Grant)) {
        self.world.account.serial += 1;
        change(&mut self.world.account);
        self.world.link();
        (self.bundle, self.chain) = Self::load(&self.world);
    }

    fn desk(&self) -> Desk<'_> {
        let Self { bundle, chain, ledger, now, .. } = self;
        Desk { bundle, chain, ledger: Some(ledger), revocations: &[], by: "A. Administrator", now: *now }
    }

    fn carry_out(&mut self, decision: Result<Decision, Vec<Refusal>>) -> Result<Vec<u8>, Vec<&'static str>> {
        let decision = decision.map_err(|refusals| refusals.iter().map(Explain::code).collect::<Vec<_>>())?;
        let (file, ledger) = carried_out(&self.world, decision);
        self.ledger = ledger;
        Ok(file.map(|file| file.to_bytes()).unwrap_or_default())
    }

    /// Answers an activation with what is offered by default.
    pub(crate) fn answer(&mut self, file: &[u8]) -> Result<Vec<u8>, Vec<&'static str>> {
        let request = request(file);
        let subject = public(&self.world.portal_key);
        self.chain = find_chain(&self.bundle, subject, &request).ok_or(vec!["credential-unknown"])?;
        let decision = decide_license(&self.desk(), &request, &examine(&self.desk(), &request).default_choice());
        self.carry_out(decision)
    }

    /// Accepts a restored machine as it is.
    fn accept(&mut self, file: &[u8]) -> Result<Vec<u8>, Vec<&'static str>> {
        let request = request(file);
        let choice = Choice { accept_fork: true, ..examine(&self.desk(), &request).default_choice() };
        let decision = decide_license(&self.desk(), &request, &choice);
        self.carry_out(decision)
    }

    pub(crate) fn settle(&mut self, file: &[u8]) -> Result<Vec<u8>, Vec<&'static str>> {
        let envelope = File::parse(file, &Limits::DEFAULT).unwrap().document(Kind::Deactivation).unwrap().clone();
        let given_back =
            Unverified::<Deactivation>::new(envelope).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap();
        let decision = decide_settlement(&self.desk(), &given_back);
        self.carry_out(decision)
    }

    pub(crate) fn record(&mut self, file: &[u8]) -> Result<Vec<u8>, Vec<&'static str>> {
        let decision = decide_sync(&self.desk(), &request(file));
        self.carry_out(decision)
    }

    pub(crate) fn refresh(&mut self, device: PublicKey, move_base: bool) -> Result<Vec<u8>, Vec<&'static str>> {
        let decision = decide_refresh(&self.desk(), &device, move_base);
        self.carry_out(decision)
    }

    pub(crate) fn release(&mut self, device: PublicKey) -> Result<Vec<u8>, Vec<&'static str>> {
        let decision = decide_release(&self.desk(), &device, "burnt");
        self.carry_out(decision)
    }

    /// Machines that hold a license, by what the ledger counts, with their seats.
    pub(crate) fn counted(&self) -> Vec<(PublicKey, u64)> {
        let machines = overview(&self.desk()).machines;
        machines.iter().map(|one| (one.device, one.seats.iter().map(|(_, n)| n).sum())).collect()
    }

    pub(crate) fn consumption(&self) -> u64 {
        overview(&self.desk()).consumption.iter().map(|one| one.total).sum()
    }
}

fn carried_out(world: &World, decision: Decision) -> (Option<File>, Ledger) {
    let preparation = decision.prepare();
    let signatures: Vec<_> = preparation.messages().iter().map(|message| world.portal_key.sign(message)).collect();
    let outcome = preparation.finish(&signatures).unwrap();
    (outcome.file, outcome.ledger)
}

pub(crate) fn request(file: &[u8]) -> Verified<Request> {
    let envelope = File::parse(file, &Limits::DEFAULT).unwrap().document(Kind::Request).unwrap().clone();
    Unverified::<Request>::new(envelope).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap()
}

/// A machine that has pinned the vendor's root and nothing else.
pub(crate) struct Station {
    pub(crate) verifier: Verifier,
    pub(crate) hardware: Hardware,
    pub(crate) directory: TempDir,
}

impl Station {
    pub(crate) fn new(office: &Office) -> Self {
        let directory = TempDir::new().unwrap();
        pin(&directory.path().join("state"), &trust_file(&office.world), None, now()).unwrap();
        let hardware = Hardware::new();
        let verifier =
            Verifier::open_on(None, &directory.path().join("state"), Some(Box::new(hardware.clone()))).unwrap();
        Self { verifier, hardware, directory }
    }

    pub(crate) fn ask(&self, again: bool, now: Time) -> Result<Requested, ActivateError> {
        let key = license_key();
        let with = Activation { user: None, secret: &key, license_id: None, again, names: false };
        self.verifier.activate(&with, now)
    }

    fn ask_as(&self, user: &str, password: &str, now: Time) -> Result<Requested, ActivateError> {
        let with = Activation { user: Some(user), secret: password, license_id: None, again: false, names: false };
        self.verifier.activate(&with, now)
    }

    pub(crate) fn install(&self, file: &[u8], now: Time) -> Result<Installation, InstallError> {
        self.verifier.install(file, now)
    }

    pub(crate) fn device(&self, now: Time) -> PublicKey {
        self.verifier.status(now).unwrap().machine.key
    }

    fn code(&self, file: &[u8], now: Time) -> &'static str {
        self.install(file, now).unwrap_err().code()
    }
}

/// A machine on which the license is activated.
fn activated(office: &mut Office) -> Station {
    let station = Station::new(office);
    let asked = station.ask(false, office.now).unwrap();
    let license = office.answer(&asked.file).unwrap();
    station.install(&license, office.now).unwrap();
    station
}

#[test]
fn a_license_key_activates_a_machine_that_knows_nothing_else() {
    let mut office = Office::new(|_| {});
    let station = Station::new(&office);
    let asked = station.ask(false, now()).unwrap();
    assert_eq!(asked.locked_after, None, "nothing locks");
    let told = request(&asked.file);
    assert_eq!((&told.license_id, &told.account, told.enablement), (&None, &None, None));
    let license = office.answer(&asked.file).unwrap();
    let done = station.install(&license, now()).unwrap();
    assert!(done.before.is_none() && done.after.is_some());
    assert!(station.install(&license, now()).unwrap().already_installed);
    let status = station.verifier.status(now()).unwrap();
    assert_eq!((status.health, status.license.unwrap().license_type), ("ok", LicenseType::TimeLimited));
    assert!(station.verifier.check("process-discovery", now()).is_ok());
    assert_eq!(station.verifier.request(false, now()).unwrap_err().code(), "request-activated");
}

#[test]
fn a_user_activates_with_a_password_and_nobody_with_another() {
    let mut office = Office::new(|_| {});
    let station = Station::new(&office);
    let wrong = station.ask_as(USER, "correct-horse-battery-stapler", now()).unwrap();
    assert_eq!(office.answer(&wrong.file).unwrap_err(), ["credential-unknown"]);
    let asked = station.ask_as(USER, PASSWORD, now()).unwrap();
    assert_eq!(request(&asked.file).activation, request(&wrong.file).activation);
    let license = office.answer(&asked.file).unwrap();
    station.install(&license, now()).unwrap();
    assert_eq!(station.ask_as(USER, "", now()).unwrap_err().code(), "credential-password");
}

#[test]
fn no_file_that_leaves_holds_the_secret_and_neither_does_the_state() {
    let mut office = Office::new(|_| {});
    let station = activated(&mut office);
    let asked = station.ask(true, now()).unwrap();
    drop(station.verifier);
    let key = license_key();
    let secrets: Vec<Vec<u8>> = vec![
        key.clone().into_bytes(),
        key.replace('-', "").into_bytes(),
        vec![7; 15],
        derive(&office.world.trust, None, &key).unwrap().expose().to_vec(),
    ];
    let mut places = vec![asked.file];
    for file in std::fs::read_dir(station.directory.path().join("state")).unwrap() {
        places.push(std::fs::read(file.unwrap().path()).unwrap());
    }
    for secret in secrets {
        assert!(!places.iter().any(|bytes| bytes.windows(secret.len()).any(|window| window == secret)));
    }
}

#[test]
fn activating_again_does_nothing_unless_it_is_meant() {
    let mut office = Office::new(|_| {});
    let station = activated(&mut office);
    let already = station.ask(false, now()).unwrap_err();
    assert_eq!(already, ActivateError::Already { license_id: id("cad-7") });
    let again = station.ask(true, now()).unwrap();
    let license = office.answer(&again.file).unwrap();
    station.install(&license, now()).unwrap();
    assert_eq!(office.counted().len(), 1);
    assert_eq!(station.ask_as(USER, PASSWORD, now()).unwrap_err().code(), "activated-other");
}

#[test]
fn a_cycle_that_ran_out_locks_nothing() {
    let mut office = Office::new(|_| {});
    let station = Station::new(&office);
    let first = station.ask(false, now()).unwrap();
    let late = office.answer(&first.file).unwrap();
    office.now = now().plus(8 * DAY);
    assert_eq!(station.code(&late, office.now), "window-request");
    assert_eq!(station.verifier.status(office.now).unwrap().cycle.state, "open");
    let second = station.ask(false, office.now).unwrap();
    assert_eq!((second.cycle, second.number), (2, 1));
    let license = office.answer(&second.file).unwrap();
    station.install(&license, office.now).unwrap();
}

#[test]
fn an_installation_s_license_and_an_activation_s_do_not_answer_each_other() {
    let mut office = Office::new(|_| {});
    let station = Station::new(&office);
    let asked = request(&station.ask(false, now()).unwrap().file);
    let forged = License {
        license_id: id("cad-7"),
        activation: asked.activation.clone(),
        allocation: vec![seats("bot-creator", 4)],
        ..office.world.license(asked.device.key, Some(asked.digest()))
    };
    office.renew(|grant| grant.license_type = Ceiling::Limited(LicenseType::OnPremises));
    let license = License { grant: office.world.account_digest(), ..forged };
    let file = office.world.file(sign(&license, &[&office.world.portal_key])).to_bytes();
    assert_eq!(station.code(&file, now()), "license-type-other");
}

#[test]
fn a_refresh_needs_something_to_refresh() {
    let office = Office::new(|_| {});
    let station = Station::new(&office);
    let asked = request(&station.ask(false, now()).unwrap().file);
    let refresh = License {
        license_id: id("cad-7"),
        license_type: LicenseType::TimeLimited,
        activation: asked.activation.clone(),
        allocation: vec![],
        ..office.world.license(asked.device.key, None)
    };
    let file = office.world.file(sign(&refresh, &[&office.world.portal_key])).to_bytes();
    assert_eq!(station.code(&file, now()), "refresh-nothing");
}

#[test]
fn a_refresh_raises_and_cuts_and_keeps_to_the_hardware() {
    let mut office = Office::new(|_| {});
    let station = activated(&mut office);
    let device = station.device(now());
    office.now = now().plus(HOUR);
    office.renew(|grant| {
        grant.features = Ceiling::Limited(vec![Feature { name: id("api-tasks"), value: FeatureValue::Number(90) }]);
        grant.run_until = Ceiling::Limited(time("2027-03-31T23:59:59Z"));
    });
    let refresh = office.refresh(device, false).unwrap();
    let other = activated(&mut office);
    assert_eq!(other.code(&refresh, office.now), "machine-other");
    assert_eq!(Station::new(&office).code(&refresh, office.now), "not-enrolled");

    station.hardware.replace("disk");
    station.hardware.replace("mac");
    assert_eq!(station.code(&refresh, office.now), "fingerprint-changed");
    let same = Hardware::new();
    let path = station.directory.path().join("state");
    drop(station.verifier);
    let verifier = Verifier::open_on(None, &path, Some(Box::new(same.clone()))).unwrap();
    verifier.install(&refresh, office.now).unwrap();
    assert!(verifier.check("process-discovery", office.now).is_err(), "cut");
    assert!(verifier.check("api-tasks", office.now).is_ok());
    // What the refreshed license is bound to is still what the machine was when it was activated.
    let status = verifier.status(office.now).unwrap();
    assert_eq!((status.fingerprint.state, status.fingerprint.required), ("same", 2));
    drop(verifier);
    same.replace("disk");
    same.replace("mac");
    let moved = Verifier::open_on(None, &path, Some(Box::new(same))).unwrap();
    assert_eq!(moved.check("api-tasks", office.now).unwrap_err().code(), "machine-changed");
}

#[test]
fn a_deactivation_moves_the_license_to_another_machine_and_closes_what_waits() {
    let mut office = Office::new(|grant| grant.license_count = Ceiling::Limited(1));
    let station = activated(&mut office);
    let waiting = office.refresh(station.device(now()), false).unwrap();
    station.verifier.set_variable(&id("line"), "7", now()).unwrap();
    station.verifier.consume(&id("pages"), 12, now()).unwrap();
    let open = station.ask(true, now()).unwrap();
    let given_back = station.verifier.deactivate(now()).unwrap();
    assert_eq!(station.verifier.deactivate(now()).unwrap().file, given_back.file);
    assert_eq!(office.answer(&open.file).map(|_| ()), Ok(()), "the portal has not heard yet");

    let receipt = office.settle(&given_back.file).unwrap();
    assert!(!receipt.is_empty());
    assert_eq!(office.settle(&given_back.file).unwrap_err(), ["deactivation-settled"]);
    assert_eq!((office.counted(), office.consumption()), (vec![], 12));
    assert_eq!(station.code(&waiting, now()), "activation-closed");

    let second = activated(&mut office);
    assert_eq!(office.counted().len(), 1);
    let first_again = station.ask(false, now()).unwrap();
    assert_ne!(request(&first_again.file).activation, request(&open.file).activation);
    assert_eq!(office.answer(&first_again.file).unwrap_err(), ["machines-too-many"]);
    let gone = second.verifier.deactivate(now()).unwrap();
    office.settle(&gone.file).unwrap();
    let third = station.ask(false, now()).unwrap();
    let license = office.answer(&third.file).unwrap();
    station.install(&license, now()).unwrap();
    station.verifier.consume(&id("pages"), 1, now()).unwrap();
}

#[test]
fn a_report_is_settled_in_place_and_the_next_license_acknowledges_it() {
    let mut office = Office::new(|_| {});
    let station = activated(&mut office);
    assert_eq!(Station::new(&office).verifier.report(false, now()).unwrap_err().code(), "not-enrolled");
    station.verifier.consume(&id("pages"), 30, now()).unwrap();
    let report = station.verifier.report(false, now()).unwrap();
    assert_eq!(office.record(&report.file), Ok(vec![]));
    assert_eq!(office.record(&report.file).unwrap_err(), ["report-recorded"]);
    assert_eq!(office.consumption(), 30);
    office.now = now().plus(HOUR);
    let refresh = office.refresh(station.device(now()), true).unwrap();
    station.install(&refresh, office.now).unwrap();
    let again = station.ask(true, office.now).unwrap();
    let license = office.answer(&again.file).unwrap();
    station.install(&license, office.now).unwrap();
}

#[test]
fn a_released_machine_gets_no_more_files() {
    let mut office = Office::new(|_| {});
    let station = activated(&mut office);
    office.release(station.device(now())).unwrap();
    let again = station.ask(true, now()).unwrap();
    assert_eq!(office.answer(&again.file).unwrap_err(), ["machine-released", "activation-closed"]);
    assert!(station.verifier.check("process-discovery", now()).is_ok(), "it may run on until its end");
}

#[test]
fn a_restored_machine_is_accepted_once_more_within_the_quota() {
    let mut office = Office::new(|grant| {
        grant.rights.release_dead = ReleaseDead { quota: 1, cooldown: DAY };
    });
    let station = activated(&mut office);
    let (state, backup) = (station.directory.path().join("state"), station.directory.path().join("backup"));
    let hardware = station.hardware.clone();
    let open = |verifier: Verifier| {
        drop(verifier);
        Verifier::open_on(None, &state, Some(Box::new(hardware.clone()))).unwrap()
    };
    let Station { verifier, .. } = station;
    drop(verifier);
    copied(&state, &backup);
    let verifier = Verifier::open_on(None, &state, Some(Box::new(hardware.clone()))).unwrap();
    verifier.consume(&id("pages"), 12, now()).unwrap();
    office.record(&verifier.report(false, now()).unwrap().file).unwrap();
    drop(verifier);
    std::fs::remove_dir_all(&state).unwrap();
    copied(&backup, &state);
    let restored = Verifier::open_on(None, &state, Some(Box::new(hardware.clone()))).unwrap();

    let device = restored.status(now()).unwrap().machine.key;
    let refresh = office.refresh(device, false).unwrap();
    assert_eq!(restored.install(&refresh, now()).unwrap_err().code(), "usage-rolled-back");
    let key = license_key();
    let with = Activation { user: None, secret: &key, license_id: None, again: true, names: false };
    let asked = restored.activate(&with, now()).unwrap();
    assert!(asked.fork.is_some() && request(&asked.file).recovers.is_some());
    assert_eq!(office.answer(&asked.file).unwrap_err(), ["request-recovers"]);
    let accepted = office.accept(&asked.file).unwrap();
    restored.install(&accepted, now()).unwrap();
    let restored = open(restored);
    assert_eq!(restored.status(now()).unwrap().machine.epoch, 1);
    assert!(restored.check("process-discovery", now()).is_ok());
    assert_eq!(office.release(device).unwrap_err(), ["releases-spent"]);
}

/// Copies a state directory, with everything that SQLite keeps beside the database.
fn copied(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
    for file in std::fs::read_dir(from).unwrap().map(Result::unwrap).filter(|file| file.path().is_file()) {
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[test]
fn variables_are_few_and_short_and_travel() {
    let mut office = Office::new(|_| {});
    let station = activated(&mut office);
    let set = |name: &str, value: &str| station.verifier.set_variable(&id(name), value, now()).map_err(|e| e.code());
    set("line", "7").unwrap();
    set("line", "8").unwrap();
    assert_eq!(set("line", &"x".repeat(257)), Err("variable-value"));
    assert_eq!(set("line", "a\nb"), Err("variable-value"));
    for index in 0..63 {
        set(&format!("v{index}"), "x").unwrap();
    }
    assert_eq!(set("one-more", "x"), Err("variable-too-many"));
    for index in 0..63 {
        station.verifier.remove_variable(&id(&format!("v{index}")), now()).unwrap();
    }
    assert_eq!(station.verifier.remove_variable(&id("v1"), now()).unwrap_err().code(), "variable-unknown");
    let told = request(&station.ask(true, now()).unwrap().file).variables.clone();
    assert_eq!(told, [Variable { name: id("line"), value: "8".into() }]);
    assert_eq!(station.verifier.audit().unwrap(), station.verifier.status(now()).unwrap().usage.records);
}

#[test]
fn a_token_and_a_key_do_not_mix() {
    let office = Office::new(|_| {});
    let station = Station::new(&office);
    let mut plant = crate::plant::Plant::licensed();
    let key = license_key();
    let with = Activation { user: None, secret: &key, license_id: None, again: false, names: false };
    assert_eq!(plant.verifier.activate(&with, plant.now).unwrap_err().code(), "activated-enrolled");
    plant.now = plant.now.plus(1);
    // Before anything is installed a machine may still be enrolled instead.
    station.ask(false, now()).unwrap();
    let fresh = crate::plant::Plant::new();
    fresh.verifier.activate(&with, now()).unwrap();
    let token = fresh.world.file(sign(&fresh.world.token("t-9"), &[&fresh.world.portal_key])).to_bytes();
    fresh.verifier.enroll(&token, now()).unwrap();
    assert_eq!(request(&fresh.verifier.request(false, now()).unwrap().file).purpose, Purpose::Lfr);
}
