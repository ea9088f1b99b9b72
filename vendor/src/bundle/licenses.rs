//! From a license of the account file and its policy to the entitlement that says the same, once for each running number.

use std::collections::HashMap;

use postern_protocol::Id;
use postern_protocol::documents::CredentialKind;

use super::spec::{Credential, Entitlement, Installation, License, Machines, Policy};
use super::spec_file::{SpecError, SpecFile};
use super::values::Text;

/// The most licenses that one table may stand for: as many as a bundle holds.
const MOST: u64 = 10_000;

/// An entitlement, where the account file says it, and who activates it.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// The table: `entitlement` or `license`.
    pub(crate) table: &'static str,
    /// Which of them, from 0.
    pub(crate) index: usize,
    pub(crate) entitlement: Entitlement,
    /// Credentials that are still to be found or made.
    pub(crate) wanted: Vec<Wanted>,
    /// Whether the credential's own key issues the license.
    pub(crate) own: bool,
}

/// A credential that a license is activated with: a license key, or a user's password.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wanted {
    pub(crate) license_id: Id,
    pub(crate) user: Option<String>,
}

impl Wanted {
    pub(crate) fn kind(&self) -> CredentialKind {
        if self.user.is_some() { CredentialKind::User } else { CredentialKind::LicenseKey }
    }
}

impl Placed {
    /// Gives the license its credentials.
    pub(crate) fn with(mut self, found: impl Fn(&Wanted) -> Option<Credential>) -> Self {
        self.entitlement.credentials.extend(self.wanted.iter().filter_map(found));
        self
    }
}

/// Every entitlement of an account file, those of its licenses last.
pub(crate) fn placed(file: &SpecFile) -> Result<Vec<Placed>, Vec<SpecError>> {
    let spec = &file.spec;
    let plain = |(index, one): (usize, &Entitlement)| Placed {
        table: "entitlement",
        index,
        entitlement: one.clone(),
        wanted: Vec::new(),
        own: false,
    };
    let mut placed: Vec<Placed> = spec.entitlement.iter().enumerate().map(plain).collect();
    let policies: HashMap<&Id, &Policy> = spec.policy.iter().map(|policy| (&policy.id, policy)).collect();
    let mut findings = Vec::new();
    for (index, license) in spec.license.iter().enumerate() {
        match of_license(file, index, license, &policies) {
            Ok(made) => placed.extend(made),
            Err(finding) => findings.push(finding),
        }
    }
    if findings.is_empty() { Ok(placed) } else { Err(findings) }
}

fn of_license(
    file: &SpecFile,
    index: usize,
    license: &License,
    policies: &HashMap<&Id, &Policy>,
) -> Result<Vec<Placed>, SpecError> {
    let number = index.to_string();
    let at = |field: &str, problem: String, advice: &str| file.at(&["license", &number, field], problem, advice);
    let policy = policies.get(&license.policy).ok_or_else(|| {
        at("policy", format!("there is no policy '{}'", license.policy), "Name one of the tables [[policy]].")
    })?;
    if !license.license_type.unwrap_or(policy.license_type).node_locked() {
        let advice = "Choose perpetual, time-limited, consumption or subscription; write others as [[entitlement]].";
        return Err(at("license_type", "it is not one that is bound to a machine".into(), advice));
    }
    let count = license.count.unwrap_or(1);
    if !(1..=MOST).contains(&count) {
        return Err(at("count", format!("{count} is not between 1 and {MOST}"), "Write several tables or bundles."));
    }
    let key = license.license_key.unwrap_or(license.users.is_empty() && license.credentials.is_empty());
    let credentials = usize::from(key) + license.users.len() + license.credentials.len();
    if license.self_service && credentials != 1 {
        let problem = format!("it has {credentials} credentials, and its one credential is to issue it");
        return Err(at("self_service", problem, "Give it one license key or one user."));
    }
    if count > 1 && !(license.users.is_empty() && license.credentials.is_empty()) {
        return Err(at("count", "users and keys belong to one license".into(), "Write a table for each of them."));
    }
    let make = |running: u64| {
        let id = match license.count {
            None => license.id.clone(),
            Some(_) => format!("{}-{running:05}", license.id)
                .parse()
                .map_err(|_| at("id", "it is too long for running numbers".into(), "Choose a shorter id."))?,
        };
        let user = |user: &Text| Wanted { license_id: id.clone(), user: Some(user.0.clone()) };
        let own_key = key.then(|| Wanted { license_id: id.clone(), user: None });
        Ok(Placed {
            table: "license",
            index,
            wanted: own_key.into_iter().chain(license.users.iter().map(user)).collect(),
            entitlement: entitlement(license, policy, id.clone()),
            own: license.self_service,
        })
    };
    (1..=count).map(make).collect()
}

fn entitlement(license: &License, policy: &Policy, id: Id) -> Entitlement {
    Entitlement {
        id: id.clone(),
        license_type: license.license_type.unwrap_or(policy.license_type),
        issue_from: policy.issue_from,
        issue_until: license.issue_until.unwrap_or(policy.issue_until),
        run_until: license.run_until.unwrap_or(policy.run_until),
        longest_duration: license.longest_duration.unwrap_or(policy.longest_duration),
        longest_session: policy.longest_session,
        license_count: license.license_count.unwrap_or(policy.license_count),
        allow_offline_activation: license.allow_offline_activation.unwrap_or(policy.allow_offline_activation),
        seats: license.seats.clone().unwrap_or_else(|| policy.seats.clone()),
        features: license.features.clone().unwrap_or_else(|| policy.features.clone()),
        consumption: license.consumption.clone().unwrap_or_else(|| policy.consumption.clone()),
        installation: vec![Installation { license_id: id, name: license.name.clone(), seats: None }],
        machines: Machines::Pool,
        credentials: license.credentials.clone(),
        approval: None,
        rights: policy.rights,
        cycle: policy.cycle,
        expiry: policy.expiry,
        revocation_max_age: policy.revocation_max_age,
        policy: Some(policy.id.clone()),
        server: None,
    }
}
