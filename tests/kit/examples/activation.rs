//! Plays a machine that is activated by a license key or by user and password, for the browser tests.
//!
//! `cargo run -p postern-testkit --example activation -- SEED OUT key KEY [LICENSE]`, or `… user USER PASSWORD [LICENSE]`:
//! an activation request of the machine SEED. With LICENSE it has that one installed, and shows it.
//! `… back LICENSE`: the deactivation of that license.
//! `… license-key`: no request, but the license key with the number SEED, and below it the key that it stands for.

use std::time::{SystemTime, UNIX_EPOCH};

use postern_protocol::credential::{Argon2Parameters, LicenseKey, derive_from_password};
use postern_protocol::documents::*;
use postern_protocol::{Digest, File, Kind, Limits, SecretKey, Time};
use postern_testkit::{full, id, key, many, sign};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [seed, out, what, more @ ..] = arguments.as_slice() else { panic!("arguments are missing") };
    let now = Time::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs());
    let device = key(seed.parse().unwrap());
    if what == "license-key" {
        let number = seed.parse().unwrap();
        let credential = postern_testkit::public(&many::credential(number));
        std::fs::write(out, format!("{}\n{credential}\n", *many::license_key(number).to_text())).unwrap();
        return;
    }
    let world = many::world(now);
    let file = match (what.as_str(), more) {
        ("key", [typed, installed @ ..]) => {
            let credential = LicenseKey::parse(typed).unwrap().derive("northwind", "automation").unwrap();
            activation(&world, &device, &credential, now, installed.first())
        }
        ("user", [user, password, installed @ ..]) => {
            let parameters = Argon2Parameters::try_from(&world.trust.key_derivation).unwrap();
            let credential = derive_from_password("northwind", "automation", user, password, &parameters).unwrap();
            activation(&world, &device, &credential, now, installed.first())
        }
        ("back", [license]) => {
            let (license, digest) = read(license);
            let given_back = Deactivation {
                product: license.product.clone(),
                account: license.account.clone(),
                license_id: license.license_id.clone(),
                license: digest,
                activation: license.activation.clone(),
                sequence: license.sequence,
                device: license.device,
                ledgers: vec![license.ledger],
                deactivated_at: now,
                usage: many::usage(2),
                consumption: vec![],
                variables: vec![],
                extensions: vec![],
                ..full::deactivation()
            };
            File { documents: vec![sign(&given_back, &[&device])], ..File::default() }
        }
        other => panic!("what is {other:?}?"),
    };
    std::fs::write(out, file.to_bytes()).unwrap();
}

fn activation(
    world: &postern_testkit::World,
    device: &SecretKey,
    credential: &SecretKey,
    now: Time,
    installed: Option<&String>,
) -> File {
    many::request(world, device, credential, now, |request| {
        request.nonce = id(&Digest::of(now.to_string().as_bytes()).to_string()[7..39]);
        request.usage = many::usage(1);
        if let Some(path) = installed {
            let (license, digest) = read(path);
            request.license_id = Some(license.license_id);
            request.account = Some(license.account);
            request.activation = license.activation;
            request.installed = Installed { license: Some(digest), sequence: license.sequence };
            request.ledgers = vec![license.ledger];
            request.cycle = Cycle { cycle: 2, ..request.cycle };
            request.usage = many::usage(2);
        }
    })
}

/// The license in a file, and its digest.
fn read(path: &str) -> (License, Digest) {
    let file = File::parse(&std::fs::read(path).unwrap(), &Limits::DEFAULT).unwrap();
    let envelope = file.document(Kind::License).unwrap();
    (serde_json::from_slice(envelope.payload()).unwrap(), envelope.digest())
}
