//! Opens sealed keys as Postern does and prints, for each file, the public key in hexadecimal or the refusal's code.
//!
//! `cargo run -p postern-testkit --example open_key -- PASSPHRASE FILE…`

use postern_protocol::{Explain as _, sealed_key};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let passphrase = arguments.next().unwrap();
    for file in arguments {
        let text = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
        match sealed_key::open(&text, passphrase.as_bytes()) {
            Ok(secret) => println!("{}", secret.public_bytes().map(|byte| format!("{byte:02x}")).concat()),
            Err(error) => println!("{}", error.code()),
        }
    }
}
