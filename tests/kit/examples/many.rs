//! Makes a bundle of many node-locked licenses for the browser tests, each with its own license key.
//!
//! `cargo run -p postern-testkit --example many -- COUNT administrator|end-user FOLDER [USER PASSWORD]` writes
//! `trust.trust`, `many.bundle` and `keys.txt`, a license key a line. With a user, the first license is theirs.

use std::time::{SystemTime, UNIX_EPOCH};

use postern_protocol::credential::{Argon2Parameters, derive_from_password};
use postern_protocol::documents::{Credential, CredentialKind};
use postern_protocol::{File, Time};
use postern_testkit::{many, public};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, issuer, folder, more @ ..] = arguments.as_slice() else { panic!("arguments are missing") };
    let now = Time::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs());
    let issuer = match issuer.as_str() {
        "administrator" => many::Issuer::Administrator,
        "end-user" => many::Issuer::EndUser,
        other => panic!("who is {other}?"),
    };
    let count = count.parse().unwrap();
    let world = many::world(now);
    let parameters = Argon2Parameters::try_from(&world.trust.key_derivation).unwrap();
    let user = match more {
        [user, password] => {
            Some(public(&derive_from_password("northwind", "automation", user, password, &parameters).unwrap()))
        }
        _ => None,
    };
    let bundle = many::bundle(&world, count, issuer, now, |number, grant| {
        if let (0, Some(key)) = (number, user) {
            grant.credentials = vec![Credential { key, from: CredentialKind::User }];
            if issuer == many::Issuer::EndUser {
                grant.subject = key;
            }
        }
    });
    let write = |name: &str, bytes: &[u8]| std::fs::write(format!("{folder}/{name}"), bytes).unwrap();
    write("trust.trust", &File { trust: vec![world.trust_envelope()], ..File::default() }.to_bytes());
    write("many.bundle", &bundle.to_bytes());
    let keys: String = (0..count).map(|number| many::license_key(number).to_text().to_string() + "\n").collect();
    write("keys.txt", keys.as_bytes());
}
