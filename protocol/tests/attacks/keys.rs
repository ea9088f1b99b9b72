//! Keys that prove nothing: of low order, not canonical, no points; as root, subject, device and credential.

use postern_protocol::documents::{Request, Trust};
use postern_protocol::{Envelope, Explain as _, Limits, PublicKey, TrustState, Unverified};
use postern_testkit::{World, key, public, sign};

use crate::scene::Scene;

/// The identity, two points of order 8 and 4, a second encoding of the identity, no point at all, and a key with a part
/// of small order.
const BAD: [(&str, [u8; 32]); 5] = [
    ("order 1", with(&[0x01], 0)),
    ("order 4", with(&[], 0)),
    (
        "order 8",
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
            0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
    ),
    ("not canonical", with(&[0x01], 0x80)),
    ("no point", with(&[0x02], 0)),
];

const fn with<const N: usize>(first: &[u8; N], last: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    let mut at = 0;
    while at < N {
        bytes[at] = first[at];
        at += 1;
    }
    bytes[31] |= last;
    bytes
}

/// With A of order 1 and R = S·B, S = 0, every message verifies under careless implementations.
fn universal_forgery() -> Vec<u8> {
    let mut signature = vec![0; 64];
    signature[0] = 1;
    signature
}

#[test]
fn as_a_root_key() {
    for (about, bytes) in BAD {
        let mut world = World::new();
        world.trust.keys.push(PublicKey::from_bytes(bytes));
        let error = TrustState::begin(world.trust_envelope(), &Limits::DEFAULT).unwrap_err();
        assert_eq!(error.code(), "key-invalid", "{about}");
    }
}

#[test]
fn as_a_new_root_key() {
    for (about, bytes) in BAD {
        let world = World::new();
        let mut next = Trust { number: 2, ..world.trust.clone() };
        next.keys.push(PublicKey::from_bytes(bytes));
        let error = world.trust_state().advance(&[sign(&next, &[&key(1)])], &Limits::DEFAULT).unwrap_err();
        assert_eq!(error.code(), "key-invalid", "{about}");
    }
}

#[test]
fn as_a_grants_subject() {
    for (about, bytes) in BAD {
        for portal in [true, false] {
            let mut world = World::new();
            let grant = if portal { &mut world.account } else { &mut world.ops };
            grant.subject = PublicKey::from_bytes(bytes);
            world.link();
            let scene = Scene::of(world);
            assert_eq!(scene.code(&scene.lines()), "key-invalid", "{about}");
        }
    }
}

#[test]
fn as_a_device_or_credential() {
    let verify = |request: &Request, line: Vec<u8>| {
        let envelope = Envelope::parse(&line, &Limits::DEFAULT).unwrap();
        assert_eq!(envelope.payload(), postern_protocol::Prepared::new(request).payload());
        let unverified = Unverified::<Request>::new(envelope).unwrap();
        unverified.verify_by_named_signers(&Limits::DEFAULT).map(|_| ()).map_err(|error| error.code())
    };
    let device = key(30);
    let good = World::new().request(public(&device), None);
    assert_eq!(verify(&good, sign(&good, &[&device]).line().to_vec()), Ok(()));
    for (about, bytes) in BAD {
        let weak = PublicKey::from_bytes(bytes);
        let payload = |request: &Request| postern_protocol::Prepared::new(request).payload().to_vec();
        let request =
            Request { device: postern_protocol::documents::DeviceIdentity { key: weak, epoch: 0 }, ..good.clone() };
        let kind = postern_protocol::Kind::Request.payload_type();
        let line = postern_testkit::forge::raw_line(&kind, &payload(&request), &[(weak, universal_forgery())]);
        assert_eq!(verify(&request, line), Err("signature-invalid"), "{about}");
        let request = Request { credential: Some(weak), ..good.clone() };
        let prepared = postern_protocol::Prepared::new(&request);
        let signatures = [(public(&device), device.sign(&prepared.to_sign()).to_vec()), (weak, universal_forgery())];
        let line = postern_testkit::forge::raw_line(&kind, prepared.payload(), &signatures);
        assert_eq!(verify(&request, line), Err("signature-invalid"), "{about}");
    }
}

#[test]
fn a_request_needs_every_signature_that_it_names() {
    let (device, credential) = (key(30), key(40));
    let mut request = World::new().request(public(&device), None);
    request.credential = Some(public(&credential));
    let code = |signers: &[&postern_protocol::SecretKey]| {
        let unverified = Unverified::<Request>::new(sign(&request, signers)).unwrap();
        unverified.verify_by_named_signers(&Limits::DEFAULT).map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(code(&[&device, &credential]), Ok(()));
    assert_eq!(code(&[&credential, &device]), Ok(()));
    for too_few in [&[&device][..], &[&credential], &[], &[&device, &device], &[&device, &key(41)]] {
        assert_eq!(code(too_few), Err("signature-invalid"));
    }
}
