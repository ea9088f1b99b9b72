//! A bundle of many node-locked licenses, each an entitlement of its own with its own license key.

use postern_protocol::credential::LicenseKey;
use postern_protocol::documents::*;
use postern_protocol::{Digest, File, Id, Kind, Limits, SecretKey, Time, bundle_file, sealed_key};

use crate::{World, id, public, seats, sign};

/// Who issues the licenses of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// One administrator, whose key is sealed in the bundle.
    Administrator,
    /// Each end user, by the key of the license key.
    EndUser,
}

/// The passphrase of the administrator's key.
pub const PASSPHRASE: &str = "four calm words here";

/// The account that the licenses are for.
const ACCOUNT: &str = "acme";

/// The license key of the license with this number.
pub fn license_key(number: usize) -> LicenseKey {
    let digest = Digest::of(format!("license {number}").as_bytes());
    let mut entropy = [0; 15];
    entropy.copy_from_slice(&digest.as_bytes()[..15]);
    LicenseKey::from_entropy(entropy)
}

/// The license id of the license with this number.
pub fn license_id(number: usize) -> Id {
    id(&format!("license-{number}"))
}

/// The key that a license key stands for, for the kit's vendor and product.
pub fn credential(number: usize) -> SecretKey {
    license_key(number).derive("northwind", "automation").unwrap()
}

/// The terms of one license. Its parent is to be set.
fn grant(world: &World, number: usize, issuer: Issuer, now: Time) -> Grant {
    let credential = public(&credential(number));
    let none = Rights {
        issue: true,
        refresh: false,
        delegate: 0,
        enable: false,
        release_dead: ReleaseDead { quota: 0, cooldown: 0 },
        repair_clock: RepairClock { count: 0, max_back: 0 },
    };
    let subject = match issuer {
        Issuer::Administrator => public(&world.portal_key),
        Issuer::EndUser => credential,
    };
    let one = vec![seats("editor", 1)];
    Grant {
        id: id(&format!("grant-{number}")),
        subject,
        rights: none,
        account: Ceiling::Limited(id(ACCOUNT)),
        license_type: Ceiling::Limited(LicenseType::Perpetual),
        allowances: Ceiling::Limited(one.clone()),
        features: Ceiling::Limited(vec![]),
        consumption: Ceiling::Limited(vec![]),
        credentials: vec![Credential { key: credential, from: CredentialKind::LicenseKey }],
        installations: Ceiling::Limited(vec![Installation { license_id: license_id(number), allowances: one }]),
        issue_from: now.minus(30 * 86_400),
        issue_until: now.plus(300 * 86_400),
        run_until: Ceiling::Unlimited,
        longest_duration: Ceiling::Unlimited,
        license_count: Ceiling::Limited(1),
        issued_at: now.minus(30 * 86_400),
        approval: Approval::Right(ApprovalRight::None),
        ..world.account.clone()
    }
}

/// The world of such a bundle, as of an instant: its daily key may issue from 40 days before to 400 days after it.
pub fn world(now: Time) -> World {
    let mut world = World::new();
    world.trust.issued_at = now.minus(40 * 86_400);
    // The cheapest that is allowed: tests derive with it many times.
    world.trust.key_derivation = KeyDerivation { argon2id_memory_kib: 19_456, argon2id_passes: 2, argon2id_lanes: 1 };
    world.ops.issue_from = now.minus(40 * 86_400);
    world.ops.issue_until = now.plus(400 * 86_400);
    world.ops.issued_at = now.minus(40 * 86_400);
    world.link();
    world
}

/// A bundle file of so many licenses, as of an instant. `change` is told each grant's number.
pub fn bundle(
    world: &World,
    count: usize,
    issuer: Issuer,
    now: Time,
    mut change: impl FnMut(usize, &mut Grant),
) -> File {
    let mut file = File { trust: vec![world.trust_envelope()], grants: vec![world.ops_envelope()], ..File::default() };
    let parent = Parent::Grant(file.grants[0].digest());
    for number in 0..count {
        let mut grant = Grant { parent, ..grant(world, number, issuer, now) };
        change(number, &mut grant);
        file.grants.push(sign(&grant, &[&world.ops_key]));
    }
    let (count, merkle_root) = bundle_file::contents(&file);
    let pem = sealed_key::seal(&world.portal_key, PASSPHRASE.as_bytes(), [7; 16], [9; 16]).unwrap();
    let bundle = Bundle {
        kind: Kind::Bundle,
        version: Version,
        product: id("automation"),
        account: id(ACCOUNT),
        signed_under: parent,
        serial: 1,
        issued_at: now.minus(86_400),
        expires_at: now.plus(300 * 86_400),
        count,
        merkle_root,
        ledger_base: None,
        revocations: vec![],
        sealed_key: (issuer == Issuer::Administrator).then(|| pem.lines().map(str::to_owned).collect()),
        labels: vec![],
        contact: "Northwind licensing, licensing@northwind.example".into(),
        extensions: vec![],
    };
    file.documents.push(sign(&bundle, &[&world.ops_key]));
    file
}

/// An activation request of a machine that has nothing installed, signed by its key and by the credential.
pub fn request(
    world: &World,
    device: &SecretKey,
    credential: &SecretKey,
    now: Time,
    change: impl FnOnce(&mut Request),
) -> File {
    let mut request = Request {
        purpose: Purpose::Activation,
        account: None,
        license_id: None,
        credential: Some(public(credential)),
        cycle: Cycle { cycle: 1, number: 1, first_generated_at: now, generated_at: now },
        ..world.request(public(device), None)
    };
    change(&mut request);
    File { documents: vec![sign(&request, &[device, credential])], ..File::default() }
}

/// The verified bundle.
pub fn verified(file: &File, world: &World) -> bundle_file::VerifiedBundle {
    bundle_file::verify_bundle(&file.to_bytes(), &world.trust_state(), &Limits::DEFAULT).unwrap()
}

/// How far a machine's usage chain has come, with so many records.
pub fn usage(count: u64) -> Checkpoint {
    Checkpoint { genesis: Digest::of(b"genesis"), count, head: Digest::of(&count.to_be_bytes()) }
}
