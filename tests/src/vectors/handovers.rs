//! Handover files: a bundle, a ledger and a sealed key that belong together.

use postern_protocol::documents::*;
use postern_protocol::{Digest, Envelope, File, Kind};
use postern_testkit::{World, forge, id, key, public, sign, spec};

use super::Vector;
use super::scene::{STRANGER, vector};
use super::siblings::Family;

pub(super) fn all() -> Vec<Vector> {
    let world = World::new();
    let portal = [&world.portal_key];
    let (bundle, document) = (world.bundle_file(), spec::handover(&world));
    let [begun, handed] = spec::handed_over(&world).map(|entry| sign(&entry, &portal));
    let with = |documents: Vec<Envelope>| {
        let documents = [bundle.documents.clone(), documents].concat();
        File { documents, ..bundle.clone() }.to_bytes()
    };
    let around = |line: Vec<u8>| [with(vec![begun.clone(), handed.clone()]), line, b"\n".to_vec()].concat();
    let family = Family {
        document: &document,
        signers: vec![&world.portal_key],
        around: &around,
        unsigned: "signature-invalid",
    };
    let case = |name, expect, what, file| vector(Kind::Handover, name, expect, what, file);
    let last = |document: &Handover| sign(document, &portal);
    let whole = |document: &Handover| with(vec![begun.clone(), handed.clone(), last(document)]);
    let [first, _] = spec::handed_over(&world);
    let other =
        LedgerEntry { event: Event::HandedOver { to: "C. Third".into() }, ..spec::handed_over(&world)[1].clone() };
    let foreign = LedgerReference { ledger: LedgerId { key: public(&key(STRANGER)), epoch: 0 }, ..document.ledger };
    let short = Handover {
        ledger: LedgerReference { position: 2, previous: begun.digest(), ..first.place },
        ..document.clone()
    };
    let mut vectors = family.siblings();
    vectors.extend([
        case(
            "bundle",
            "file-extra",
            "a handover file without its last line",
            with(vec![begun.clone(), handed.clone()]),
        ),
        case("no-ledger", "file-extra", "a handover file without a ledger", with(vec![last(&document)])),
        case("alone", "file-order", "a handover document alone", forge::file(&[last(&document).line().to_vec()])),
        case(
            "entry-missing",
            "handover-parts",
            "a handover file without the ledger's last entry",
            with(vec![begun.clone(), last(&document)]),
        ),
        case(
            "other-entry",
            "handover-parts",
            "a handover file whose ledger was handed over to somebody else",
            with(vec![begun.clone(), sign(&other, &portal), last(&document)]),
        ),
        case(
            "not-handed-over",
            "handover-parts",
            "a handover of a ledger that does not say that it was handed over",
            with(vec![begun.clone(), last(&short)]),
        ),
        case(
            "other-bundle",
            "handover-parts",
            "a handover that names another bundle",
            whole(&Handover { bundle: Digest::of(b"other"), ..document.clone() }),
        ),
        case(
            "other-ledger",
            "handover-parts",
            "a handover of another key's ledger",
            whole(&Handover { ledger: foreign, ..document.clone() }),
        ),
        case(
            "other-grant",
            "grant-other",
            "a handover under a grant that the bundle does not bring",
            whole(&Handover { grant: Digest::of(b"other"), ..document.clone() }),
        ),
        case(
            "other-account",
            "account-other",
            "a handover for another account",
            whole(&Handover { account: id("other"), ..document.clone() }),
        ),
        case(
            "no-key",
            "payload-malformed",
            "a handover without a key",
            whole(&Handover { sealed_key: vec![], ..document.clone() }),
        ),
    ]);
    vectors
}
