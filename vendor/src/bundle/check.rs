//! What can be said of an account file before any grant is made.

use std::collections::HashSet;
use std::path::Path;

use postern_protocol::{Explain, Id, Time, TrustState};

use super::licenses::{self, Node};
use super::spec::{PortalKey, Spec};
use super::spec_file::{SpecError, SpecFile, example};
use super::values::ById;
use crate::fail::Fail;

/// What can be said of an account file before any grant is made.
pub(crate) fn check(file: &SpecFile, trust: &TrustState, now: Time, folder: Option<&Path>) -> Result<Vec<Node>, Fail> {
    let spec = &file.spec;
    let product = &trust.current().product;
    let mut findings = Vec::new();
    if spec.product != *product {
        let advice = format!("Write product = \"{product}\", or give the trust file of '{}'.", spec.product);
        findings.push(file.at(&["product"], format!("the trust file is for '{product}'"), advice));
    }
    if spec.entitlement.is_empty() && spec.license.is_empty() {
        let advice = "Write one table [[entitlement]] or [[license]] at least.";
        findings.push(file.at(&["entitlement"], "there is none, and no license", advice));
    }
    if matches!(spec.portal_key, PortalKey::None) && !spec.entitlement.is_empty() {
        let advice = "Write portal_key = \"sealed\" or a License Code: somebody has to issue the entitlements.";
        findings.push(file.at(&["portal_key"], "without one only end users issue", advice));
    }
    let nodes = licenses::nodes(file, folder).map_err(|found| findings.extend(found)).unwrap_or_default();
    if spec.usable_until.is_some_and(|until| until.0 < now) {
        findings.push(file.at(&["usable_until"], "it has passed", "Choose a later day."));
    }
    findings.extend(resold(file));
    findings.extend(repeated(file, &nodes));
    for (id, _) in spec.labels.0.iter().filter(|(id, _)| !named(spec, id)) {
        let advice = "Correct the id, or take the label out; the account and installations have 'name' for it.";
        findings.push(file.at(&["labels", id.as_str()], "nothing in this file has this id", advice));
    }
    if findings.is_empty() { Ok(nodes) } else { Err(all(findings)) }
}

/// Entitlements for machines name license ids; those for resellers name none, and may delegate.
fn resold(file: &SpecFile) -> Vec<SpecError> {
    let mut findings = Vec::new();
    for (index, one) in file.spec.entitlement.iter().enumerate() {
        let number = index.to_string();
        let mut find = |field, problem: &str, advice: &str| {
            findings.push(file.at(&["entitlement", &number, field], problem, advice));
        };
        if !one.reseller && one.installation.is_empty() {
            let written = example("installation").unwrap_or_default();
            find("installation", "there is none", &format!("Write {written}, or reseller = true."));
        }
        if one.reseller && !one.installation.is_empty() {
            find("installation", "a reseller's clients have license ids of their own", "Take the tables out.");
        }
        if one.reseller && one.approval.is_some() {
            find("approval", "a reseller approves its own clients", "Take the table out.");
        }
        if one.reseller && one.rights.delegate == 0 {
            find("rights", "a reseller that may not delegate can do nothing", "Write delegate = 1 at least.");
        }
    }
    findings
}

/// Entitlements or licenses with the same id, and license ids that two of them list.
fn repeated(file: &SpecFile, nodes: &[Node]) -> Vec<SpecError> {
    let mut findings = Vec::new();
    let (mut ids, mut license_ids) = (HashSet::new(), HashSet::new());
    for (index, entitlement) in file.spec.entitlement.iter().enumerate() {
        let number = index.to_string();
        if !ids.insert(&entitlement.id) {
            let problem = format!("'{}' is the id of an earlier entitlement", entitlement.id);
            findings.push(file.at(&["entitlement", &number, "id"], problem, "Give each entitlement its own id."));
        }
        for (place, one) in entitlement.installation.iter().enumerate() {
            if !license_ids.insert(&one.license_id) {
                let path = ["entitlement", &number, "installation", &place.to_string(), "license_id"];
                let problem = format!("'{}' is listed before", one.license_id);
                findings.push(file.at(&path, problem, "List each license id once."));
            }
        }
    }
    let mut told = HashSet::new();
    for node in nodes {
        let id = &node.entitlement.id;
        let known = [!ids.insert(id), !license_ids.insert(id)].contains(&true);
        if known && told.insert(node.table) {
            let problem = format!("'{id}' is the id of an earlier license or entitlement");
            findings.push(file.at(
                &["license", &node.table.to_string(), "id"],
                problem,
                "Give each license its own id.",
            ));
        }
    }
    findings
}

/// Whether an entitlement, policy or license uses this id for a seat type, feature or counter, or as its own.
fn named(spec: &Spec, id: &Id) -> bool {
    let entitlements = spec
        .entitlement
        .iter()
        .any(|one| one.id == *id || lists(&one.seats, id) || lists(&one.features, id) || lists(&one.consumption, id));
    let policies = spec.policy.iter().map(|one| (&one.seats, &one.features, &one.consumption));
    let licenses = spec.license.iter().map(|one| (&one.seats, &one.features, &one.consumption));
    let terms = policies.chain(licenses).any(|(seats, features, consumption)| {
        let seats = seats.as_ref().is_some_and(|list| lists(list, id));
        let features = features.as_ref().is_some_and(|list| lists(list, id));
        seats || features || consumption.as_ref().is_some_and(|list| lists(list, id))
    });
    entitlements || terms
}

fn lists<T>(list: &ById<T>, id: &Id) -> bool {
    list.0.iter().any(|(known, _)| known == id)
}

/// Findings as one failure.
pub(crate) fn all(findings: Vec<SpecError>) -> Fail {
    Fail::all(findings.into_iter().map(|finding| Box::new(finding) as Box<dyn Explain>).collect())
}
