//! The license that answers a request: an LFR, or an activation.

use postern_issuer::{Change, decide_license, examine, find_chain};
use postern_protocol::bundle_file::VerifiedBundle;
use postern_protocol::documents::{Ceiling, Grant, License, Purpose, Request};
use postern_protocol::{Chain, PublicKey, Time, Verified, describe};
use serde_json::{Value, json};

use super::answer::Answered;
use super::choice::Chosen;
use super::office::{Office, refused};
use crate::fail::Fail;

pub(super) fn decide(office: &Office<'_>, request: &Verified<Request>, chosen: &Chosen) -> Result<Answered, Fail> {
    let chain =
        office.path(|bundle, subject| find_chain(bundle, subject, request).or_else(|| alike(bundle, subject, request)));
    let desk = office.desk(&chain);
    let choice = chosen.of(request.purpose, &examine(&desk, request));
    let decision = decide_license(&desk, request, &choice).map_err(refused)?;
    let change = decision.before_after();
    let words = decision.license().map(|license| words(license, change)).unwrap_or_default();
    let data = decision.license().map(|license| data(license, change)).unwrap_or_default();
    Ok(Answered { words, data, role: "license", decision })
}

/// Where no entitlement is meant: one that would answer such a request says best what is wrong with it.
fn alike(bundle: &VerifiedBundle, subject: PublicKey, request: &Request) -> Option<Chain> {
    let activates = |grant: &Grant| grant.license_type.limit().is_some_and(|one| one.node_locked());
    let mut alike = bundle.tree.current(subject);
    let found = alike.find(|grant| activates(grant) == (request.purpose == Purpose::Activation))?;
    bundle.tree.chain(found.digest())
}

pub(super) fn words(license: &License, change: &Change) -> String {
    let mut text = format!(
        "  license {} for the machine {}, {} to {}; install it until {}.\n",
        license.sequence,
        license.device.key.short(),
        describe::time(license.starts_at),
        end(license.ends_at),
        describe::time(license.install_before)
    );
    if license.accept_fork.is_some() {
        text.push_str("  the machine is accepted as it is now; its copies get no more files.\n");
    }
    for seats in &change.seats {
        text.push_str(&format!("  {}: {} before, {} then\n", seats.seat_type, seats.before, seats.after));
    }
    text
}

fn end(end: Ceiling<Time>) -> String {
    end.limit().map_or_else(|| "without end".into(), |end| describe::time(*end))
}

pub(super) fn data(license: &License, change: &Change) -> Value {
    let seats: Vec<Value> = change
        .seats
        .iter()
        .map(|one| json!({ "seat_type": one.seat_type, "before": one.before, "after": one.after }))
        .collect();
    json!({
        "machine": license.device.key,
        "license_id": license.license_id,
        "activation": license.activation,
        "epoch": license.device.epoch,
        "accepted_fork": license.accept_fork.is_some(),
        "sequence": license.sequence,
        "starts_at": license.starts_at,
        "ends_at": license.ends_at,
        "install_before": license.install_before,
        "seats": seats,
    })
}
