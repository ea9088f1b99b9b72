//! Measures what guessing passwords costs, for `docs/threat-model.md`: guesses a second at the recommended Argon2id
//! parameters on all cores, and how long that is for 80 and for 100 bits.
//!
//! `cargo run --release -p postern --example guess`

use std::time::{Duration, Instant};

use postern_protocol::credential::{Argon2Parameters, CredentialError, derive_from_password};

/// How long is measured.
const LENGTH: Duration = Duration::from_secs(10);

fn main() -> Result<(), CredentialError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let begun = Instant::now();
    let guess = |core: usize| {
        let mut count = 0_u32;
        while begun.elapsed() < LENGTH {
            let password = format!("guess {core} {count}");
            let _ = derive_from_password("northwind", "automation", "ada", &password, &Argon2Parameters::RECOMMENDED)?;
            count += 1;
        }
        Ok::<u32, CredentialError>(count)
    };
    let counts = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|core| scope.spawn(move || guess(core))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(Err(CredentialError::Derivation))).collect::<Vec<_>>()
    });
    let total = counts.into_iter().sum::<Result<u32, _>>()?;
    let rate = f64::from(total) / begun.elapsed().as_secs_f64();
    println!("{cores} cores: {rate:.1} guesses a second");
    for bits in [80, 100] {
        let years = 2_f64.powi(bits - 1) / rate / 31_557_600.0;
        println!(
            "{bits} bits, half of them tried: {years:.1e} years; with a million such computers {:.1e}",
            years / 1e6
        );
    }
    Ok(())
}
