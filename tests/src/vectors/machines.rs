//! What machines sign: requests and deactivations.

use postern_protocol::documents::{ClockReading, Deactivation, Purpose, Request, SeatUse, Understands};
use postern_protocol::{Kind, PublicKey};
use postern_testkit::{World, forge, id, key, now, public, spec};

use super::Vector;
use super::scene::{STRANGER, license, line, vector};
use super::siblings::Family;

pub(super) fn all() -> Vec<Vector> {
    let world = World::new();
    let device = key(30);
    let request = world.request(public(&device), None);
    let deactivation = spec::deactivation(&world, &license(&world));
    let around = |line: Vec<u8>| forge::file(&[line]);
    let requests =
        Family { document: &request, signers: vec![&device], around: &around, unsigned: "signature-invalid" };
    let deactivations =
        Family { document: &deactivation, signers: vec![&device], around: &around, unsigned: "signature-invalid" };
    let given_back = vector(
        Kind::Deactivation,
        "other-device",
        "signature-invalid",
        "a deactivation that names another machine's key",
        around(line(
            &Deactivation {
                device: postern_protocol::documents::DeviceIdentity { key: public(&key(31)), epoch: 0 },
                ..deactivation.clone()
            },
            &[&device],
        )),
    );
    [requests.siblings(), deactivations.siblings(), vec![given_back], wrong_requests(&world, &request)].concat()
}

fn wrong_requests(world: &World, good: &Request) -> Vec<Vector> {
    type Change = fn(&mut Request);
    #[rustfmt::skip] // a table
    let cases: [(&str, &str, &str, Change); 10] = [
        ("other-device", "signature-invalid", "that names another machine's key", |request| request.device.key = public(&key(STRANGER))),
        ("credential-unsigned", "signature-invalid", "whose credential did not sign", |request| request.credential = Some(public(&key(40)))),
        ("cycle-0", "payload-malformed", "of cycle 0", |request| request.cycle.cycle = 0),
        ("before-its-cycle", "payload-malformed", "made before its cycle began", |request| request.cycle.generated_at = request.cycle.first_generated_at.minus(1)),
        ("clock-in-an-lfr", "payload-malformed", "that is an LFR and tells a clock", |request| request.clock = Some(ClockReading { now: now(), floor: now() })),
        ("clock-without-clock", "payload-malformed", "that asks for the time and tells no clock", |request| request.purpose = Purpose::Clock),
        ("reads-nothing", "payload-malformed", "of a verifier that does not read version 1", |request| request.understands = Understands { versions: vec![2], extensions: vec![] }),
        ("lfr-without-license-id", "payload-malformed", "that is an LFR and names no license id", |request| request.license_id = None),
        ("activation-without-anything", "payload-malformed", "that is an activation with neither license id nor credential", |request| {
            (request.purpose, request.license_id) = (Purpose::Activation, None);
        }),
        ("seat-type-twice", "payload-malformed", "that lists a seat type twice", |request| {
            request.seats = vec![SeatUse { seat_type: id("bot-creator"), in_use: 1, holders: vec![] }; 2];
        }),
    ];
    let made = |request: &Request, keys: &[&postern_protocol::SecretKey]| forge::file(&[line(request, keys)]);
    let case = |(name, expect, what, change): (&str, &str, &str, Change)| {
        let mut request = good.clone();
        change(&mut request);
        vector(Kind::Request, name, expect, &format!("a request {what}"), made(&request, &[&key(30)]))
    };
    let mut vectors: Vec<Vector> = cases.map(case).into();
    let credential = Request { credential: Some(public(&key(40))), ..good.clone() };
    vectors.push(vector(Kind::Request, "credential", "ok", "a request that its credential signs as well", {
        made(&credential, &[&key(30), &key(40)])
    }));
    let activation = Request { purpose: Purpose::Activation, account: None, license_id: None, ..credential };
    vectors.push(vector(Kind::Request, "activation", "ok", "an activation whose license only its credential tells", {
        made(&activation, &[&key(30), &key(40)])
    }));
    // The neutral element as a key: anybody's signature would do.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut weak = good.clone();
    weak.device.key = PublicKey::from_bytes(neutral);
    vectors.push(vector(
        Kind::Request,
        "weak-key",
        "signature-invalid",
        "a request of a weak key",
        made(&weak, &[&key(30)]),
    ));
    let under_grants = forge::file(&[world.ops_envelope().line().to_vec(), line(good, &[&key(30)])]);
    vectors.push(vector(Kind::Request, "with-a-grant", "file-extra", "a request with a grant before it", under_grants));
    vectors
}
