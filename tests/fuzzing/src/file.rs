//! Files and envelopes as received: what is read is kept byte for byte and means the same when it is written again.

use postern_protocol::{Digest, Envelope, File, Kind, Limits};
use postern_testkit::forge::raw_line;
use postern_testkit::{World, full, key, public, sign, spec};

use crate::legible::{described, or_explained};

/// Reading keeps every byte, keeps to the limits, and describes itself legibly.
pub(crate) fn file(bytes: &[u8]) {
    let limits = Limits::DEFAULT;
    let Some(file) = or_explained(File::parse(bytes, &limits)) else { return };
    let written = file.to_bytes();
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    assert_eq!(written, [body, b"\n"].concat(), "the bytes were kept");
    assert_eq!(File::parse(&written, &limits).as_ref(), Ok(&file), "what was written reads the same");
    let kind = file.kind().expect("a file that reads holds something");
    for one in Kind::ALL {
        assert_eq!(
            file.document(*one).is_ok(),
            !file.documents.is_empty() && *one == kind && file.documents.len() == 1
        );
    }
    assert!(file.trust.len() <= limits.trust_documents && file.revocations.len() <= limits.revocations);
    described(&file);
}

/// An envelope means what another with the same payload, type and signatures means.
pub(crate) fn envelope(line: &[u8]) {
    let limits = Limits::DEFAULT;
    let Some(envelope) = or_explained(Envelope::parse(line, &limits)) else { return };
    assert_eq!(envelope.line(), line, "the bytes were kept");
    assert_eq!(envelope.digest(), Digest::of(envelope.payload()));
    assert!(envelope.signatures().len() <= limits.signatures && line.len() <= limits.document_bytes);
    let signatures: Vec<_> =
        envelope.signatures().iter().map(|one| (public(&key(1)), one.signature.to_vec())).collect();
    let again = raw_line(&envelope.kind().payload_type(), envelope.payload(), &signatures);
    let again = Envelope::parse(&again, &limits).expect("its parts make an envelope");
    assert_eq!((again.kind(), again.payload()), (envelope.kind(), envelope.payload()));
    assert_eq!(again.signed_bytes(), envelope.signed_bytes());
    assert!(again.signatures().iter().zip(envelope.signatures()).all(|(a, b)| a.signature == b.signature));
}

pub(crate) fn envelope_seeds() -> Vec<Vec<u8>> {
    let world = full::world();
    let mut seeds = vec![
        world.trust_envelope().line().to_vec(),
        sign(&full::enablement(), &[&world.portal_key]).line().to_vec(),
        raw_line("application/vnd.postern.grant.v2+json", b"{}", &[]),
        br#"{"payload":"e30_","payloadType":"application\/vnd.postern.trust.v1+json","signatures":[],"more":[1e9,null]}"#
            .to_vec(),
    ];
    let signature = (public(&key(1)), vec![7; 64]);
    seeds.push(raw_line("application/vnd.postern.receipt.v1+json", b"[]", &vec![signature; 17]));
    seeds
}

pub(crate) fn file_seeds() -> Vec<Vec<u8>> {
    let world = World::new();
    let entries = full::ledger_entries();
    let ledger = File {
        documents: entries.iter().map(|entry| sign(entry, &[&world.portal_key])).collect(),
        ..world.file(world.account_envelope())
    };
    let revocations = sign(&full::revocations(postern_protocol::documents::Grantor::Root), &[&key(1)]);
    let [begun, handed] = spec::handed_over(&world).map(|entry| sign(&entry, &[&world.portal_key]));
    let mut handover = world.bundle_file();
    handover.documents.extend([begun, handed, sign(&spec::handover(&world), &[&world.portal_key])]);
    let files = [
        world.bundle_file(),
        File { documents: vec![], revocations: vec![revocations], ..world.bundle_file() },
        File { documents: vec![sign(&full::request(), &[&key(30), &key(40)])], ..File::default() },
        world.file(sign(&full::license(&full::world()), &[&world.portal_key])),
        File { grants: ledger.grants, documents: ledger.documents, ..File::default() },
        handover,
    ];
    files.iter().map(File::to_bytes).collect()
}
