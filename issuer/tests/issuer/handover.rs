//! Handing the ledger and its key over in one file, and taking them over.

use postern_issuer::*;
use postern_protocol::bundle_file::{HandoverFile, verify_handover};
use postern_protocol::documents::*;
use postern_protocol::{ChainError, Digest, DocumentError, Explain, File, Limits, sealed_key};
use postern_testkit::*;

use crate::portal::*;

/// The passphrase of every handover here.
const PASSPHRASE: &[u8] = b"sundial orchard";

fn sealed(portal: &Portal) -> Sealed {
    let pem = sealed_key::seal(&portal.world.portal_key, PASSPHRASE, [1; 16], [2; 16]).unwrap();
    pem.lines().map(str::to_owned).collect()
}

/// Hands over, and goes on with the ledger that says so.
fn hand_over(portal: &mut Portal) -> File {
    let decision = decide_handover(&portal.desk(), "B. Deputy").unwrap();
    portal.carry_out(decision);
    make(portal)
}

/// The file of a ledger that was handed over.
fn make(portal: &Portal) -> File {
    let preparation = prepare_handover(&portal.desk(), portal.world.bundle_file(), sealed(portal)).unwrap();
    let signature = portal.world.portal_key.sign(&preparation.message());
    preparation.finish(&portal.bundle, &signature).unwrap()
}

fn read(portal: &Portal, file: &File) -> Result<Handed, HandoverError> {
    let file = File::parse(&file.to_bytes(), &Limits::DEFAULT)?;
    Handed::read(&HandoverFile::take(file)?, &portal.bundle, &Limits::DEFAULT)
}

/// A portal elsewhere that took this file over.
fn successor(portal: &Portal, file: &File) -> Portal {
    let handed = read(portal, file).unwrap();
    let mut successor = Portal::without_ledger(World::new());
    successor.by = "B. Deputy".into();
    handed.after(successor.ledger.as_ref()).unwrap();
    successor.ledger = Some(handed.ledger);
    let decision = decide_take_over(&successor.desk(), Some(&handed.document)).unwrap();
    successor.carry_out(decision);
    successor
}

fn code(result: Result<impl std::fmt::Debug, HandoverError>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn one_file_brings_bundle_ledger_and_key() {
    let mut old = Portal::new();
    let mut machine = old.machine(30);
    let request = machine.ask(old.now);
    let answer = old.answer(&request, &[("bot-creator", 4)]);
    machine.install(&answer);
    let file = hand_over(&mut old);
    let bytes = file.to_bytes();

    let whole = verify_handover(&bytes, &old.world.trust_state(), &Limits::DEFAULT).unwrap();
    assert!(whole.entries.iter().eq(old.ledger().entries().iter()));
    let parts = HandoverFile::take(File::parse(&bytes, &Limits::DEFAULT).unwrap()).unwrap();
    assert_eq!(parts.bundle.to_bytes(), old.world.bundle_file().to_bytes(), "the bundle is the same, byte for byte");
    let key = sealed_key::open(&whole.document.sealed_key.join("\n"), PASSPHRASE).unwrap();
    assert_eq!(public(&key), public(&old.world.portal_key));
    assert_eq!(parts.into_file().to_bytes(), bytes);

    let mut new = successor(&old, &file);
    let next = machine.ask(new.now);
    assert_eq!(new.answer(&next, &[("bot-creator", 6)]).license.sequence, 2);
    assert_eq!(new.free(&machine.ask(new.now), "bot-creator"), 10);
}

#[test]
fn what_was_handed_over_issues_no_more() {
    let mut old = Portal::new();
    let mut machine = old.machine(30);
    let request = machine.ask(old.now);
    let file = hand_over(&mut old);
    const REFUSED: [&str; 1] = ["ledger-handed-over"];
    assert_eq!(old.codes(&request, &[("bot-creator", 4)]), REFUSED);
    assert_eq!(codes(decide_token(&old.desk(), &id("cr-1"), id("t-2"))), REFUSED);
    assert_eq!(codes(decide_take_over(&old.desk(), None)), REFUSED);
    assert_eq!(codes(decide_handover(&old.desk(), "C. Third")), REFUSED);

    // The ledger that comes back goes on, and so does the ledger of a file that nobody else opened.
    let new = successor(&old, &file);
    let back = new.ledger().to_file(&new.bundle, &new.chain).to_bytes();
    let imported = Ledger::import(&old.bundle, &old.chain, &back, &Limits::DEFAULT).unwrap();
    assert_eq!(old.ledger().compare(&imported), Comparison::Older);
    let handed = read(&old, &file).unwrap();
    handed.after(old.ledger.as_ref()).unwrap();
    let mut taken_back = Portal { ledger: old.ledger.clone(), ..Portal::new() };
    let decision = decide_take_over(&taken_back.desk(), Some(&handed.document)).unwrap();
    taken_back.carry_out(decision);
    assert!(taken_back.codes(&request, &[("bot-creator", 4)]).is_empty());
    old.ledger = Some(imported);
    assert!(old.codes(&request, &[("bot-creator", 4)]).is_empty());
}

#[test]
fn a_handover_is_taken_over_once() {
    let mut old = Portal::new();
    let file = hand_over(&mut old);
    let new = successor(&old, &file);
    let handed = read(&old, &file).unwrap();
    assert_eq!(code(handed.after(new.ledger.as_ref())), "handover-used");

    // The vendor began the ledger anew meanwhile.
    let mut later = Portal::without_ledger(World::new());
    later.load(|_, bundle| {
        let ledger = LedgerId { key: public(&key(20)), epoch: 1 };
        let next = LedgerReference { ledger, position: 1, previous: Digest::of(b"") };
        bundle.ledger_base = Some(LedgerBase::empty(next));
    });
    let begun = begin_ledger(&later.desk()).unwrap();
    later.carry_out(begun);
    assert_eq!(code(handed.after(later.ledger.as_ref())), "handover-stale");

    // Somebody else wrote the same ledger.
    let mut other = Portal::new();
    other.by = "C. Third".into();
    let forked = decide_handover(&other.desk(), "D. Fourth").unwrap();
    other.carry_out(forked);
    assert_eq!(code(handed.after(other.ledger.as_ref())), "handover-forked");
    assert_eq!(
        codes(decide_take_over(&Desk { ledger: other.ledger.as_ref(), ..old.desk() }, Some(&handed.document))),
        ["ledger-handed-over"]
    );
}

#[test]
fn the_same_handover_can_be_made_again_with_another_passphrase() {
    let mut old = Portal::new();
    let first = hand_over(&mut old);
    let entries = old.ledger().entries().len();
    old.now = old.now.plus(60);
    let again = make(&old);
    assert_eq!(old.ledger().entries().len(), entries);
    assert_ne!(first.to_bytes(), again.to_bytes());
    let new = successor(&old, &again);
    assert_eq!(code(read(&old, &first).unwrap().after(new.ledger.as_ref())), "handover-used");
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let mut old = Portal::new();
    let file = hand_over(&mut old);
    let refused = |file: File| code(read(&old, &file));
    let without = |at: usize| {
        let mut file = file.clone();
        file.documents.remove(at);
        file
    };
    // An entry is missing, or the last one, or all of them, or the document, or the bundle.
    assert_eq!(refused(without(1)), "ledger-no-beginning");
    assert_eq!(refused(without(2)), "handover-parts");
    assert_eq!(
        refused(File { documents: vec![file.documents[0].clone(), file.documents[3].clone()], ..file.clone() }),
        "file-extra"
    );
    assert_eq!(refused(without(3)), "file-extra");
    assert_eq!(refused(without(0)), "file-extra");
    assert_eq!(refused(old.world.bundle_file()), "kind-wrong");
    assert_eq!(refused(File::default()), "file-empty");
    // Signed by somebody else, or about another key.
    let mut document = read(&old, &file).unwrap().document.get().clone();
    let signed = |document: &Handover, by: u8| {
        let mut file = file.clone();
        file.documents[3] = sign(document, &[&key(by)]);
        file
    };
    assert_eq!(refused(signed(&document, 21)), "signature-invalid");
    document.bundle = Digest::of(b"another");
    assert_eq!(refused(signed(&document, 20)), "handover-parts");
    document.ledger.ledger.key = public(&key(21));
    assert_eq!(refused(signed(&document, 20)), "grant-other");
    document.sealed_key.clear();
    assert_eq!(refused(signed(&document, 20)), "payload-malformed");
}

#[test]
fn what_cannot_be_read_is_not_handed_out() {
    let mut old = Portal::new();
    assert_eq!(codes(decide_handover(&old.desk(), "  ")), ["name-unusable"]);
    assert_eq!(codes(decide_handover(&Desk { ledger: None, ..old.desk() }, "B")), ["ledger-missing"]);
    assert_eq!(old.ledger().handed_over(), None);
    let none = prepare_handover(&old.desk(), old.world.bundle_file(), sealed(&old));
    assert_eq!(codes(none), ["ledger-not-handed-over"]);
    let decision = decide_handover(&old.desk(), "B. Deputy").unwrap();
    old.carry_out(decision);
    assert_eq!(old.ledger().handed_over(), Some(HandedOver { to: "B. Deputy", at: old.now }));
    let prepare = |bundle: File| prepare_handover(&old.desk(), bundle, sealed(&old)).unwrap();
    let stranger = prepare(old.world.bundle_file());
    let signature = key(21).sign(&stranger.message());
    assert_eq!(stranger.finish(&old.bundle, &signature).unwrap_err().code(), "finish-other-key");
    let mut other = old.world.bundle_file();
    let mut bundle = old.world.bundle().bundle.get().clone();
    bundle.serial += 1;
    other.documents = vec![sign(&bundle, &[&old.world.ops_key])];
    let other = prepare(other);
    let signature = old.world.portal_key.sign(&other.message());
    assert_eq!(other.finish(&old.bundle, &signature).unwrap_err(), FinishError::Differs);
}

#[test]
fn every_handover_error_has_its_pair_and_code() {
    let errors = [
        HandoverError::Chain(ChainError::HandoverParts),
        HandoverError::Chain(DocumentError::Empty.into()),
        HandoverError::Ledger(LedgerError::NoBeginning),
        HandoverError::Used { at: now(), by: "B. Deputy".into() },
        HandoverError::Stale,
        HandoverError::Forked { position: 2 },
    ];
    let told = crate::wording::assert_told(&errors);
    let written = crate::wording::codes_in(include_str!("../../src/handover.rs"));
    assert_eq!(written.difference(&told).collect::<Vec<_>>(), [&""; 0], "codes without a sample here");
}
