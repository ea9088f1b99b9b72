//! From the account file's policies and licenses to one entitlement for each license.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use postern_protocol::Id;
use postern_protocol::documents::{Ceiling, CredentialKind, LicenseType};

use super::imports;
use super::spec::{Credential, Entitlement, Installation, Machines, Rights};
use super::spec_file::{SpecError, SpecFile, example};
use super::terms::{License, Policy, Terms};
use super::values::{Limit, Text};

/// The most licenses of one bundle, whose limit counts the entitlements above them as well.
const MOST: usize = 10_000;

/// One license as it is to be granted.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Which `[[license]]` table it comes from.
    pub(crate) table: usize,
    pub(crate) entitlement: Entitlement,
    /// Credentials that this tool makes, or keeps from an earlier bundle.
    pub(crate) wanted: Vec<Wanted>,
    pub(crate) self_service: bool,
}

/// A credential that is not given by its public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A license key.
    LicenseKey,
    /// A password for this user.
    Password(String),
}

/// One license of a table: its id, name and credentials.
#[derive(Clone, Debug)]
pub(crate) struct Single {
    pub(crate) id: Id,
    pub(crate) name: Option<Text>,
    pub(crate) users: Vec<String>,
    pub(crate) credentials: Vec<Credential>,
}

impl Wanted {
    pub(crate) fn kind(&self) -> CredentialKind {
        match self {
            Self::LicenseKey => CredentialKind::LicenseKey,
            Self::Password(_) => CredentialKind::User,
        }
    }
}

/// Every license of the account file, in its order. `folder` is where imports are looked for; none allows none.
pub(crate) fn nodes(file: &SpecFile, folder: Option<&Path>) -> Result<Vec<Node>, Vec<SpecError>> {
    let mut policies: HashMap<&Id, &Policy> = HashMap::new();
    let (mut nodes, mut findings) = (Vec::new(), Vec::new());
    for (index, policy) in file.spec.policy.iter().enumerate() {
        if policies.insert(&policy.code, policy).is_some() {
            let problem = format!("'{}' is the code of an earlier policy", policy.code);
            findings.push(file.at(&["policy", &index.to_string(), "code"], problem, "Give each policy its own code."));
        }
    }
    for (index, license) in file.spec.license.iter().enumerate() {
        let table = Table { file, index, license, folder };
        match policies.get(&license.policy) {
            Some(policy) => match table.nodes(policy) {
                Ok(made) => nodes.extend(made),
                Err(found) => findings.extend(found),
            },
            None => findings.push(table.at(
                "policy",
                format!("there is no policy '{}'", license.policy),
                "Write a table [[policy]] with this code, or correct the code.",
            )),
        }
    }
    if nodes.len() > MOST {
        let problem = format!("these are {} licenses, and a bundle holds {MOST}", nodes.len());
        findings.push(file.at(&["license"], problem, "Divide them among several accounts' bundles."));
    }
    if findings.is_empty() { Ok(nodes) } else { Err(findings) }
}

/// One `[[license]]` table.
struct Table<'a> {
    file: &'a SpecFile,
    index: usize,
    license: &'a License,
    folder: Option<&'a Path>,
}

impl Table<'_> {
    fn at(&self, field: &str, problem: impl Into<String>, advice: impl Into<String>) -> SpecError {
        self.file.at(&["license", &self.index.to_string(), field], problem, advice)
    }

    fn nodes(&self, policy: &Policy) -> Result<Vec<Node>, Vec<SpecError>> {
        let mut findings = Vec::new();
        let singles = self.singles().map_err(|found| findings.push(found)).unwrap_or_default();
        let entitlement = self.entitlement(&self.license.terms(policy), &mut findings);
        let own = |single: &Single| if single.users.is_empty() { 1 } else { single.users.len() };
        let count = |single: &Single| match single.credentials.len() {
            0 => own(single),
            given => given + single.users.len(),
        };
        if self.license.self_service && singles.iter().any(|single| count(single) != 1) {
            findings.push(self.at(
                "self_service",
                "a license that its end user issues has one credential, and this has several",
                "Write one user, or none for a license key; or leave out self_service.",
            ));
        }
        match entitlement {
            Some(entitlement) if findings.is_empty() => {
                Ok(singles.into_iter().map(|single| self.node(&entitlement, single)).collect())
            }
            _ => Err(findings),
        }
    }

    fn node(&self, template: &Entitlement, single: Single) -> Node {
        let mut wanted: Vec<Wanted> = single.users.into_iter().map(Wanted::Password).collect();
        if wanted.is_empty() && single.credentials.is_empty() {
            wanted.push(Wanted::LicenseKey);
        }
        let entitlement = Entitlement {
            id: single.id.clone(),
            installation: vec![Installation { license_id: single.id, name: single.name, seats: None }],
            credentials: single.credentials,
            ..template.clone()
        };
        Node { table: self.index, entitlement, wanted, self_service: self.license.self_service }
    }

    /// The licenses of the table, whose terms are all alike.
    fn singles(&self) -> Result<Vec<Single>, SpecError> {
        let License { id, name, count, import, users, credentials, .. } = self.license;
        let alone = || users.is_empty() && credentials.is_empty() && name.is_none();
        if let Some(import) = import {
            if count.is_some() || id.is_some() || !alone() {
                let advice = "Write ids, users and keys into the imported table, and only terms here.";
                return Err(self.at("import", "it stands beside what its rows say", advice));
            }
            return imports::read(import, self.folder)
                .map_err(|error| self.at("import", error.problem(import), error.advice()));
        }
        let Some(id) = id else {
            return Err(self.at("id", "it is missing", "Write id = \"editor-1\", or import = \"licenses.csv\"."));
        };
        let users: Vec<String> = users.iter().map(|user| user.0.clone()).collect();
        if users.iter().collect::<HashSet<_>>().len() < users.len() {
            return Err(self.at("users", "one user is listed twice", "List each user once."));
        }
        let single = |id| Single { id, name: name.clone(), users: users.clone(), credentials: credentials.clone() };
        match count {
            None => Ok(vec![single(id.clone())]),
            Some(_) if !alone() => Err(self.at(
                "count",
                "licenses that are counted have nothing of their own",
                "Leave out name, users and credentials, or write the licenses as rows of a table: import = \"licenses.csv\".",
            )),
            Some(0) => Err(self.at("count", "it is 0", "Write count = 1 at least, or take the table out.")),
            Some(count) if *count > MOST as u64 => {
                let problem = format!("a bundle holds {MOST} licenses");
                Err(self.at("count", problem, "Divide them among several accounts' bundles."))
            }
            Some(count) => (1..=*count)
                .map(|number| format!("{id}-{number}").parse().map(single))
                .collect::<Result<_, _>>()
                .map_err(|error| self.at("id", format!("{error}"), "Shorten it: a dash and a number follow it.")),
        }
    }

    /// The terms as an entitlement, still without what is each license's own; none where something is missing.
    fn entitlement(&self, terms: &Terms, findings: &mut Vec<SpecError>) -> Option<Entitlement> {
        let terms = terms.clone();
        let seats = terms.seats.unwrap_or_default();
        // A license without seats has no sessions either.
        let no_session = seats.0.is_empty().then_some(Limit(Ceiling::Limited(crate::moment::Span(0))));
        let license_type = self.due(terms.license_type, "license_type", findings);
        let issue_until = self.due(terms.issue_until, "issue_until", findings);
        let run_until = self.due(terms.run_until, "run_until", findings);
        let longest_duration = self.due(terms.longest_duration, "longest_duration", findings);
        let longest_session = self.due(terms.longest_session.or(no_session), "longest_session", findings);
        let license_count = self.due(terms.license_count, "license_count", findings);
        let expiry = self.due(terms.expiry, "expiry", findings);
        let consumption = terms.consumption.unwrap_or_default();
        match license_type {
            Some(of_requests) if !of_requests.node_locked() => findings.push(self.at(
                "license_type",
                format!("'{of_requests}' is not bound to one machine"),
                "Write perpetual, time-limited, consumption or subscription; for others use [[entitlement]].",
            )),
            Some(LicenseType::TimeLimited)
                if run_until.is_some_and(|until| until.0 == Ceiling::Unlimited)
                    && longest_duration.is_some_and(|longest| longest.0 == Ceiling::Unlimited) =>
            {
                findings.push(self.at(
                    "run_until",
                    "a time-limited license has an end",
                    "Write run_until or longest_duration.",
                ));
            }
            Some(LicenseType::Consumption) if consumption.0.is_empty() => findings.push(self.at(
                "consumption",
                "a consumption license has a counter",
                "Write [policy.consumption.pages] with limit, overage and every.",
            )),
            _ => {}
        }
        // What is enabled by a token is no node-locked license; and an end user does nothing but issue.
        let rights = terms.rights.unwrap_or_default();
        let rights = Rights { enable: false, ..rights };
        let only_issue =
            Rights { issue: true, refresh: false, enable: false, delegate: 0, release_dead: None, repair_clock: None };
        Some(Entitlement {
            id: self.license.policy.clone(),
            license_type: license_type?,
            issue_from: terms.issue_from,
            issue_until: issue_until?,
            run_until: run_until?,
            longest_duration: longest_duration?,
            longest_session: longest_session?,
            license_count: license_count?,
            allow_offline_activation: terms.allow_offline_activation.unwrap_or(true),
            seats,
            reseller: false,
            features: terms.features.unwrap_or_default(),
            consumption,
            installation: Vec::new(),
            machines: terms.machines.unwrap_or(Machines::Pool),
            credentials: Vec::new(),
            approval: None,
            rights: if self.license.self_service { only_issue } else { rights },
            cycle: terms.cycle.unwrap_or_default(),
            expiry: expiry?,
            revocation_max_age: terms.revocation_max_age.unwrap_or(Limit(Ceiling::Unlimited)),
            policy: Some(self.license.policy.clone()),
            server: None,
        })
    }

    fn due<T>(&self, value: Option<T>, field: &str, findings: &mut Vec<SpecError>) -> Option<T> {
        if value.is_none() {
            let advice = format!("Write {}, here or in the policy.", example(field).unwrap_or(field));
            findings.push(self.at(field, "neither the license nor its policy says it", advice));
        }
        value
    }
}
