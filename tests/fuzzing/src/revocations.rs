//! Bundles and files of revocations for prepared machines, several one after the other, changed and signed again.

use std::cell::RefCell;

use arbitrary::{Result, Unstructured};
use postern_protocol::documents::{Entry, Grantor, InstalledEffect, Revocations, Standing, Target};
use postern_protocol::time::DAY;
use postern_protocol::{Digest, Kind, SecretKey, Time};
use postern_testkit::{World, forge, full, key, now, public};

use crate::bundle;
use crate::chain::path;
use crate::edit::{edited, json_of, lines, payload};
use crate::install::whole;
use crate::legible::{explained, legible};
use crate::machine::Prepared;

thread_local! {
    static MACHINES: RefCell<[Prepared; 4]> = RefCell::new([
        Prepared::renewing(), Prepared::activated(), Prepared::waiting(), Prepared::pinned(),
    ]);
}

/// What the tables may change in: the lists, trust, and what is recorded of them.
const TOUCHED: [&str; 5] = ["files", "revocations", "snapshot", "trust", "usage"];

/// A refused file changes nothing; an accepted one leaves the license as it is, sets no issuer's serial back, is known
/// afterwards, and leaves a state that is whole; and a rehearsal says the same and changes nothing.
pub(crate) fn revocations(data: &[u8]) {
    MACHINES.with_borrow_mut(|machines| {
        // Too few instructions read as zeros; there is nothing else that can go wrong with them.
        let _ = heard(&mut Unstructured::new(data), machines);
    });
}

fn heard(input: &mut Unstructured<'_>, machines: &mut [Prepared; 4]) -> Result<()> {
    let machine = &mut machines[*input.choose(&[0, 0, 0, 1, 1, 2, 3])?];
    let at = now().plus(*input.choose(&[0, 0, 0, 1, DAY, 400 * DAY])?).minus(*input.choose(&[0, 0, 0, 1, DAY])?);
    for _ in 0..=input.int_in_range(0..=2)? {
        let bytes = file(input, machine)?;
        hear(machine, &bytes, at);
    }
    if !machine.is_unchanged() {
        machine.restore();
    }
    Ok(())
}

fn hear(machine: &Prepared, bytes: &[u8], at: Time) {
    let verifier = machine.verifier();
    let license = || verifier.status(at).expect("the state reads").license.map(|license| license.digest);
    let (before, serials, changed) = (license(), machine.serials(), machine.changed());
    let rehearsed = verifier.rehearse_install(bytes, at);
    assert_eq!(machine.changed(), changed, "a rehearsal changed the state");
    let result = verifier.install(bytes, at);
    assert_eq!(
        rehearsed.as_ref().map_err(|error| error.to_string()),
        result.as_ref().map_err(|error| error.to_string()),
        "the rehearsal said otherwise"
    );
    let Ok(done) = result.inspect_err(explained) else {
        assert_eq!((machine.serials(), machine.changed()), (serials, changed), "a refused file changed the state");
        return;
    };
    legible(&serde_json::to_string(&done.news).unwrap());
    let news = done.news.expect("it is no license");
    assert_eq!(done.already_installed, news.lists.is_empty() && news.trust.is_none());
    let now_known = machine.serials();
    for list in &news.lists {
        assert_eq!(now_known.get(&list.issuer.to_string()).map(|serial| serial.cast_unsigned()), Some(list.serial));
    }
    assert!(serials.iter().all(|(issuer, serial)| now_known[issuer] >= *serial), "a serial went back");
    assert!(machine.changed().iter().all(|table| TOUCHED.contains(&table.as_str())), "{:?}", machine.changed());
    assert_eq!(license(), before, "the license is another");
    whole(machine, at);
    let again = verifier.install(bytes, at).expect("the same file again is no error");
    assert!(again.already_installed, "it was news twice");
}

/// A bundle, or a file that ends with its revocations.
pub(crate) fn file(input: &mut Unstructured<'_>, machine: &Prepared) -> Result<Vec<u8>> {
    let world = &machine.world;
    let alone = input.arbitrary::<u8>()? & 1 == 1;
    let mut file = vec![world.trust_envelope().line().to_vec()];
    file.extend(path(input, world)?.lines);
    for _ in 0..=input.int_in_range(0..=2)? {
        file.push(list(input, machine)?);
    }
    if !alone {
        let bundle = bundle::over(input, world, json_of(world.bundle().bundle.get()), &file)?;
        file.push(bundle);
    }
    lines(input, &mut file)?;
    Ok(forge::file(&file))
}

/// A list about something of this machine, by somebody above it, or by somebody else.
fn list(input: &mut Unstructured<'_>, machine: &Prepared) -> Result<Vec<u8>> {
    let world = &machine.world;
    let signer = input.choose(&[10_u8, 1, 20, 101, 77])?;
    let signer: SecretKey = key(*signer);
    let issuer = if public(&signer) == public(&world.roots[0]) { Grantor::Root } else { Grantor::Key(public(&signer)) };
    let entry = Entry {
        target: target(input, machine, issuer)?,
        standing: *input.choose(&[Standing::Suspended, Standing::Active, Standing::Revoked])?,
        min_serial: 0,
        effect: *input.choose(&[InstalledEffect::Stop, InstalledEffect::Keep])?,
    };
    let serial = 1 + u64::from(input.arbitrary::<u8>()? & 7);
    let list = Revocations { serial, entries: vec![entry], issued_at: now(), ..full::revocations(issuer) };
    let mut list = json_of(&list);
    edited(input, &mut list)?;
    Ok(forge::line(Kind::Revocations, &payload(input, &list)?, &[&signer]))
}

fn target(input: &mut Unstructured<'_>, machine: &Prepared, issuer: Grantor) -> Result<Target> {
    let World { account, ops, .. } = &machine.world;
    let status = machine.verifier().status(now()).expect("the state reads");
    let license = status.license.map_or(Digest::of(b"none"), |license| license.digest);
    let targets = [
        Target::Grant { grantor: issuer, id: account.id.clone() },
        Target::Grant { grantor: Grantor::Root, id: ops.id.clone() },
        Target::Subject(account.subject),
        Target::Device(status.machine.key),
        Target::License(license),
    ];
    Ok(input.choose(&targets)?.clone())
}
