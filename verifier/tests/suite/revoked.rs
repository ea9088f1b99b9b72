//! Suspending, resuming, revoking and cutting what is installed, by a bundle and by a license file, at every depth.

use std::borrow::Cow;

use postern_protocol::bundle_file::contents;
use postern_protocol::documents::{
    Bundle, Entry, Grant, Grantor, InstalledEffect, Parent, Revocations, Rights, Standing, Target, Version,
};
use postern_protocol::time::DAY;
use postern_protocol::{Envelope, File, Kind, Limits, Prepared, SecretKey};
use postern_testkit::{World, id, key, now, ops_grant, public, rotation, sign};
use postern_verifier::Installation;
use postern_verifier::rules::install_error::InstallError;

use crate::plant::{Plant, code, revocations};

use InstalledEffect::{Keep, Stop};
use Standing::{Active, Revoked, Suspended};

const FIVE: &[(&str, u64)] = &[("bot-creator", 5)];

/// Root, operations, a reseller, a region of theirs, and the account's portal: four grants below the root.
struct Deep {
    plant: Plant,
    /// Who signs the grant of each depth; after them the portal.
    keys: Vec<SecretKey>,
    grants: Vec<Grant>,
}

impl Deep {
    fn enrolled() -> Self {
        let mut world = World::new();
        let between = |id: &str, seed: u8, delegate: u64, parent: &Grant| Grant {
            id: postern_testkit::id(id),
            parent: Parent::Grant(Prepared::new(parent).digest()),
            rights: Rights { delegate, ..world.ops.rights },
            ..ops_grant(public(&key(seed)))
        };
        let reseller = between("reseller", 41, 6, &world.ops);
        let region = between("region", 42, 5, &reseller);
        world.account.parent = Parent::Grant(Prepared::new(&region).digest());
        let keys = vec![key(1), key(10), key(41), key(42), key(20)];
        let grants = vec![world.ops.clone(), reseller, region, world.account.clone()];
        let mut deep = Self { plant: Plant::of(world), keys, grants };
        let token = deep.plant.token(|_| {});
        deep.plant.verifier.enroll(&deep.below(&token, &[]), deep.plant.now).unwrap();
        deep
    }

    fn licensed() -> Self {
        let mut deep = Self::enrolled();
        deep.renew(&[]).unwrap();
        deep
    }

    fn envelopes(&self) -> Vec<Envelope> {
        self.grants.iter().zip(&self.keys).map(|(grant, key)| sign(grant, &[key])).collect()
    }

    /// A file of the world's, under these grants, with revocations.
    fn below(&self, file: &[u8], lists: &[Envelope]) -> Vec<u8> {
        let file = File::parse(file, &Limits::DEFAULT).unwrap();
        File { grants: self.envelopes(), revocations: lists.to_vec(), ..file }.to_bytes()
    }

    /// The answer to a new request.
    fn renew(&mut self, lists: &[Envelope]) -> Result<Installation, InstallError> {
        let request = self.plant.request();
        let file = self.plant.answer(&request, FIVE, |_| {});
        self.plant.install(&self.below(&file, lists))
    }

    /// What the issuer at a depth says about the grant that it signed; 0 is the root.
    fn list(&self, depth: usize, serial: u64, entry: Entry) -> Envelope {
        let issuer = match depth {
            0 => Grantor::Root,
            _ => Grantor::Key(public(&self.keys[depth])),
        };
        let list = Revocations {
            issuer,
            entries: vec![entry],
            issued_at: self.plant.now,
            ..revocations(&self.plant.world, serial)
        };
        sign(&list, &[&self.keys[depth]])
    }

    fn says(&self, depth: usize, serial: u64, standing: Standing, effect: InstalledEffect) -> Envelope {
        self.list(depth, serial, Entry { target: self.target(depth), standing, min_serial: 0, effect })
    }

    fn target(&self, depth: usize) -> Target {
        let grantor = match depth {
            0 => Grantor::Root,
            _ => Grantor::Key(public(&self.keys[depth])),
        };
        Target::Grant { grantor, id: self.grants[depth].id.clone() }
    }

    fn bundle(&self, lists: &[Envelope]) -> Vec<u8> {
        self.bundle_of(File { grants: self.envelopes(), revocations: lists.to_vec(), ..File::default() })
    }

    /// A bundle of what stands before it, for the account, signed by the operations key.
    fn bundle_of(&self, mut file: File) -> Vec<u8> {
        let template = self.plant.world.bundle_file();
        let payload = template.documents[0].payload();
        let (count, merkle_root) = contents(&file);
        let signed_under = Parent::Grant(file.grants[0].digest());
        let account = self.grants[3].account.limit().cloned().unwrap_or(id("acme"));
        let bundle = Bundle {
            kind: Kind::Bundle,
            version: Version,
            account,
            count,
            merkle_root,
            signed_under,
            ..serde_json::from_slice(payload).unwrap()
        };
        file.documents.push(sign(&bundle, &[&self.keys[1]]));
        file.to_bytes()
    }

    /// What a feature check comes to: in memory, from the snapshot, and where an anchor is compiled in.
    fn check(&mut self) -> Cow<'static, str> {
        let (feature, now) = ("process-discovery", self.plant.now);
        let said = |result: Result<postern_verifier::Granted, _>| match result {
            Ok(granted) => granted.allowed.word().into(),
            Err(error) => Cow::from(code(&error)),
        };
        let here = said(self.plant.verifier.check(feature, now));
        assert_eq!(said(self.plant.verifier.check_once(feature, now)), here);
        assert_eq!(said(self.plant.anchored().check_once(feature, now)), here);
        self.plant.reopen();
        assert_eq!(said(self.plant.verifier.check(feature, now)), here);
        here
    }

    fn hears(&self, list: Envelope) -> Installation {
        let done = self.plant.install(&self.bundle(&[list])).unwrap();
        assert!(!done.already_installed);
        done
    }
}

#[test]
fn a_suspension_that_stops_reaches_a_machine_by_a_bundle_and_so_does_the_end_of_it() {
    for depth in 0..4 {
        let mut deep = Deep::licensed();
        let done = deep.hears(deep.says(depth, 1, Suspended, Stop));
        assert_eq!(done.news.unwrap().lists[0].serial, 1);
        assert_eq!(done.before.unwrap().revocation, None);
        let told = done.after.unwrap().revocation.unwrap();
        assert_eq!((told.code, told.effect), ("grant-suspended", Stop), "depth {depth}");
        assert_eq!(deep.check(), "license-stopped");
        let checkout = deep.plant.verifier.checkout(&id("bot-creator"), "ada", deep.plant.now);
        assert_eq!(code(&checkout.unwrap_err()), "license-stopped");
        assert_eq!(code(&deep.renew(&[]).unwrap_err()), "grant-suspended");

        deep.hears(deep.says(depth, 2, Active, Stop));
        assert_eq!(deep.check(), "full");
        deep.renew(&[]).unwrap();

        deep.hears(deep.says(depth, 3, Revoked, Stop));
        assert_eq!(deep.check(), "license-stopped");
        assert_eq!(code(&deep.renew(&[]).unwrap_err()), "grant-revoked");
    }
}

#[test]
fn a_suspension_that_keeps_lets_what_is_installed_go_on_and_nothing_new_in() {
    for depth in 0..4 {
        let mut deep = Deep::licensed();
        for (serial, standing, refused) in [(1, Suspended, "grant-suspended"), (2, Revoked, "grant-revoked")] {
            deep.hears(deep.says(depth, serial, standing, Keep));
            assert_eq!(deep.check(), "full");
            assert_eq!(code(&deep.renew(&[]).unwrap_err()), refused, "depth {depth}");
            let status = deep.plant.verifier.status(deep.plant.now).unwrap();
            assert_eq!((status.health, status.license.unwrap().revocation.unwrap().code), ("attention", refused));
            assert!(status.why.unwrap().message.contains("goes on"));
        }
        deep.hears(deep.says(depth, 3, Active, Keep));
        deep.renew(&[]).unwrap();
        assert_eq!(deep.plant.verifier.status(deep.plant.now).unwrap().health, "ok");
    }
}

#[test]
fn a_license_file_brings_the_end_of_a_suspension() {
    for effect in [Keep, Stop] {
        let mut deep = Deep::licensed();
        deep.hears(deep.says(2, 1, Suspended, effect));
        // The list that suspends keeps out what it comes with; what is installed goes on by what was known before.
        let again = [deep.says(2, 2, Suspended, effect)];
        assert_eq!(code(&deep.renew(&again).unwrap_err()), "grant-suspended");
        assert_eq!(deep.check(), if effect == Keep { "full" } else { "license-stopped" });
        let resumed = [deep.says(2, 3, Active, effect)];
        deep.renew(&resumed).unwrap();
        assert_eq!(deep.check(), "full");
        let older = deep.plant.unchanged(|verifier| verifier.install(&deep.bundle(&again), deep.plant.now));
        assert!(older.unwrap().already_installed);
    }
}

#[test]
fn a_license_file_revokes_another_license_of_the_same_machine() {
    let mut deep = Deep::licensed();
    let license = deep.plant.verifier.status(deep.plant.now).unwrap().license.unwrap().digest;
    let revoked = |serial| {
        deep.list(4, serial, Entry { target: Target::License(license), standing: Revoked, min_serial: 0, effect: Stop })
    };
    let (first, second) = (revoked(1), revoked(2));
    deep.renew(&[first]).unwrap();
    assert_eq!(deep.check(), "full", "the license that was revoked is no longer installed");
    // The portal's own list is about what the portal issued, also where a bundle brings it.
    let mut deep = deep;
    deep.hears(second);
    assert_eq!(deep.check(), "full");
}

#[test]
fn a_cut_lets_a_license_of_the_older_serial_go_on_or_stops_it() {
    for (effect, expected) in [(Keep, "full"), (Stop, "license-stopped")] {
        for depth in 0..4 {
            let mut deep = Deep::licensed();
            let cut = Entry { target: deep.target(depth), standing: Active, min_serial: 2, effect };
            let told = deep.hears(deep.list(depth, 1, cut.clone())).after.unwrap().revocation.unwrap();
            assert_eq!((told.code, told.effect), ("grant-replaced", effect));
            assert_eq!(deep.check(), expected, "depth {depth}");
            assert_eq!(code(&deep.renew(&[]).unwrap_err()), "grant-replaced");
            // The grant of the newer serial, and all below it.
            deep.grants[depth].serial = 2;
            for below in depth + 1..4 {
                deep.grants[below].parent = Parent::Grant(Prepared::new(&deep.grants[below - 1]).digest());
            }
            deep.plant.world.account = deep.grants[3].clone();
            let again = [deep.list(depth, 2, cut)];
            deep.renew(&again).unwrap();
            assert_eq!(deep.check(), "full");
        }
    }
}

#[test]
fn a_license_file_brings_a_cut_of_what_it_replaces() {
    let mut deep = Deep::licensed();
    deep.grants[3].serial = 2;
    deep.plant.world.account = deep.grants[3].clone();
    let cut = Entry { target: deep.target(3), standing: Active, min_serial: 2, effect: Stop };
    let lists = [deep.list(3, 1, cut)];
    deep.renew(&lists).unwrap();
    assert_eq!(deep.check(), "full");
    deep.grants[3].serial = 1;
    deep.plant.world.account = deep.grants[3].clone();
    assert_eq!(code(&deep.renew(&[]).unwrap_err()), "grant-replaced");
}

#[test]
fn what_is_known_is_no_news_and_a_rehearsal_changes_nothing() {
    let deep = Deep::licensed();
    let plain = deep.bundle(&[]);
    let quiet = deep.plant.unchanged(|verifier| verifier.install(&plain, deep.plant.now)).unwrap();
    assert!(quiet.already_installed && quiet.news.unwrap().lists.is_empty());

    let bundle = deep.bundle(&[deep.says(1, 5, Suspended, Stop), deep.says(2, 7, Suspended, Keep)]);
    let shown = deep.plant.unchanged(|verifier| verifier.rehearse_install(&bundle, deep.plant.now)).unwrap();
    assert!(shown.before.as_ref().unwrap().revocation.is_none() && shown.after.as_ref().unwrap().revocation.is_some());
    assert_eq!(deep.plant.install(&bundle).unwrap(), shown);
    let serials = |news: Option<postern_verifier::News>| -> Vec<u64> {
        news.unwrap().lists.iter().map(|list| list.serial).collect()
    };
    assert_eq!(serials(shown.news), [5, 7]);
    let again = deep.plant.unchanged(|verifier| verifier.install(&bundle, deep.plant.now)).unwrap();
    assert!(again.already_installed);
    // Only one of the two issuers says something newer; the other's older list changes nothing.
    let mixed = deep.bundle(&[deep.says(1, 4, Active, Stop), deep.says(2, 8, Active, Keep)]);
    assert_eq!(serials(deep.plant.install(&mixed).unwrap().news), [8]);
    assert!(deep.plant.verifier.check("process-discovery", deep.plant.now).is_err(), "the first goes on");
}

#[test]
fn a_file_of_revocations_alone_does_the_same() {
    let mut deep = Deep::licensed();
    let file = |lists: Vec<Envelope>| File { grants: deep.envelopes(), revocations: lists, ..File::default() };
    let suspended = file(vec![deep.says(3, 1, Suspended, Stop)]);
    // Whoever signs nothing on the way to the issuer cannot be checked.
    let without = File { grants: suspended.grants[..1].to_vec(), ..suspended.clone() };
    assert_eq!(code(&deep.plant.refused(&without.to_bytes())), "revocations-foreign");
    assert!(!deep.plant.install(&suspended.to_bytes()).unwrap().already_installed);
    assert_eq!(deep.check(), "license-stopped");
}

#[test]
fn only_those_above_a_license_are_heard() {
    let mut deep = Deep::licensed();
    // A neighbour's grant below the same reseller, and their list: nobody here has to listen to them.
    let neighbour = Grant { id: id("neighbour"), subject: public(&key(60)), ..deep.grants[2].clone() };
    let mut grants = deep.envelopes();
    grants.insert(2, sign(&neighbour, &[&deep.keys[2]]));
    let by_neighbour = Revocations {
        issuer: Grantor::Key(public(&key(60))),
        entries: vec![Entry { target: deep.target(3), standing: Revoked, min_serial: 0, effect: Stop }],
        ..revocations(&deep.plant.world, 9)
    };
    let lists = vec![sign(&by_neighbour, &[&key(60)])];
    let bundle = deep.bundle_of(File { grants: grants.clone(), revocations: lists, ..File::default() });
    let done = deep.plant.unchanged(|verifier| verifier.install(&bundle, deep.plant.now)).unwrap();
    assert!(done.already_installed);

    // The reseller's list about somebody else says nothing about this machine, but is the newest of theirs.
    let about = Target::Grant { grantor: Grantor::Key(public(&deep.keys[2])), id: id("neighbour") };
    let list = deep.list(2, 3, Entry { target: about, standing: Revoked, min_serial: 0, effect: Stop });
    let bundle = deep.bundle_of(File { grants, revocations: vec![list], ..File::default() });
    let done = deep.plant.install(&bundle).unwrap();
    assert_eq!((done.already_installed, done.after.unwrap().revocation), (false, None));
    assert_eq!(deep.check(), "full");

    // A list by somebody who signed none of the bundle's grants is no bundle's.
    let stranger = Revocations { issuer: Grantor::Key(public(&key(77))), ..by_neighbour };
    let bundle = deep.bundle(&[sign(&stranger, &[&key(77)])]);
    assert_eq!(code(&deep.plant.refused(&bundle)), "revocations-foreign");
}

#[test]
fn bundles_that_do_not_hold_are_refused() {
    let deep = Deep::licensed();
    let list = deep.says(2, 1, Suspended, Stop);
    let bundle = File::parse(&deep.bundle(std::slice::from_ref(&list)), &Limits::DEFAULT).unwrap();
    let with = |change: &dyn Fn(&mut File)| {
        let mut file = bundle.clone();
        change(&mut file);
        code(&deep.plant.refused(&file.to_bytes()))
    };
    assert_eq!(with(&|file| file.revocations.clear()), "bundle-contents");
    let forged = Revocations { issuer: Grantor::Key(public(&deep.keys[2])), ..revocations(&deep.plant.world, 1) };
    assert_eq!(with(&|file| file.revocations = vec![sign(&forged, &[&key(78)])]), "signature-invalid");

    let mut other = World::new();
    other.roots = vec![key(2)];
    other.trust.keys = vec![public(&key(2))];
    assert_eq!(code(&deep.plant.refused(&other.bundle_file().to_bytes())), "trust-fork");
    let unknown_root = File { trust: vec![], ..other.bundle_file() };
    assert_eq!(code(&deep.plant.refused(&unknown_root.to_bytes())), "chain-other-root");

    let mut foreign = Revocations { product: id("another"), ..forged };
    foreign.entries.clear();
    let foreign = deep.bundle(&[sign(&foreign, &[&deep.keys[2]])]);
    assert_eq!(code(&deep.plant.refused(&foreign)), "product-other");
}

#[test]
fn a_list_from_the_future_or_on_a_clock_that_is_behind_moves_nothing() {
    let mut deep = Deep::licensed();
    deep.plant.pass(2 * DAY);
    let later = deep.bundle(&[deep.says(2, 1, Suspended, Stop)]);
    deep.plant.now = now().plus(DAY - 1);
    assert_eq!(code(&deep.plant.refused(&later)), "clock-future");
    deep.plant.now = now().minus(DAY);
    assert_eq!(code(&deep.plant.refused(&deep.bundle(&[deep.says(2, 1, Suspended, Stop)]))), "clock-behind");
}

#[test]
fn a_machine_without_a_license_hears_those_above_its_token() {
    let mut deep = Deep::enrolled();
    deep.hears(deep.says(3, 1, Suspended, Keep));
    assert_eq!(code(&deep.renew(&[]).unwrap_err()), "grant-suspended");
    let mut locked = Deep::enrolled();
    locked.plant.request();
    locked.plant.pass(30 * DAY);
    locked.hears(locked.says(3, 1, Suspended, Stop));
    assert_eq!(code(&locked.plant.request_refused()), "machine-locked");
}

#[test]
fn a_bundle_brings_newer_trust_and_what_its_root_says() {
    let mut deep = Deep::licensed();
    let (_, second) = rotation::rotated(&deep.plant.world.trust, &[1], &[2], 1);
    deep.keys[0] = key(2);
    let grants = deep.envelopes();
    let quiet = deep.bundle_of(File { trust: vec![second.clone()], grants: grants.clone(), ..File::default() });
    let shown = deep.plant.unchanged(|verifier| verifier.rehearse_install(&quiet, deep.plant.now)).unwrap();
    assert_eq!(shown.news.unwrap().trust, Some(2));

    let lists = vec![deep.says(0, 1, Suspended, Stop), deep.says(3, 1, Suspended, Keep)];
    let bundle = deep.bundle_of(File { trust: vec![second], grants, revocations: lists, ..File::default() });
    deep.plant.install(&bundle).unwrap();
    // The license was installed under the first root, the lists under the second: both stay readable.
    assert_eq!(deep.plant.verifier.status(deep.plant.now).unwrap().trust.number, 2);
    assert_eq!(deep.check(), "license-stopped");
    deep.plant.verifier.audit().unwrap();
    deep.hears(deep.says(0, 2, Active, Stop));
    assert_eq!(deep.check(), "full");
}
