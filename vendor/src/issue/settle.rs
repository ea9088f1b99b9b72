//! What a machine gives back or only reports: the receipt for a deactivation, and the record of a report.

use postern_issuer::{chain_for, decide_settlement, decide_sync, find_chain};
use postern_protocol::Verified;
use postern_protocol::documents::{Counted, Deactivation, Request};
use serde_json::json;

use super::answer::Answered;
use super::office::{Office, refused};
use crate::fail::Fail;

pub(super) fn settlement(office: &Office<'_>, given_back: &Verified<Deactivation>) -> Result<Answered, Fail> {
    let chain = office.path(|bundle, subject| chain_for(bundle, subject, &given_back.license_id));
    let decision = decide_settlement(&office.desk(&chain), given_back).map_err(refused)?;
    let consumption = decision.receipt().map(|receipt| receipt.consumption.clone()).unwrap_or_default();
    let words = format!(
        "  settles that the machine {} gave the license '{}' back: it is free for another machine.\n{}",
        given_back.device.key.short(),
        given_back.license_id,
        counted(&consumption)
    );
    let data = json!({
        "machine": given_back.device.key,
        "license_id": given_back.license_id,
        "activation": given_back.activation,
        "deactivated_at": given_back.deactivated_at,
        "consumption": consumption,
        "variables": given_back.variables,
    });
    Ok(Answered { words, data, role: "receipt", decision })
}

pub(super) fn sync(office: &Office<'_>, request: &Verified<Request>) -> Result<Answered, Fail> {
    let chain = office.path(|bundle, subject| find_chain(bundle, subject, request));
    let decision = decide_sync(&office.desk(&chain), request).map_err(refused)?;
    let words = format!(
        "  the machine {} reports what it used; it gets no file.\n{}",
        request.device.key.short(),
        counted(&request.consumption)
    );
    let data = json!({
        "machine": request.device.key,
        "license_id": request.license_id,
        "consumption": request.consumption,
        "variables": request.variables,
    });
    Ok(Answered { words, data, role: "", decision })
}

fn counted(consumption: &[Counted]) -> String {
    consumption.iter().map(|one| format!("  {}: {} used in all\n", one.counter, one.total)).collect()
}
