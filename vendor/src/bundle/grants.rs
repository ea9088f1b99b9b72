//! From an entitlement of the account file to the grant that says the same.

use postern_protocol::documents::{
    Approval, ApprovalRight, Ceiling, Consumption, Credential, CyclePolicy, Devices, ExpiryPolicy, Feature, Grant,
    Installation, Parent, ReleaseDead, RepairClock, Rights, Server, Share, Version,
};
use postern_protocol::within::{Excess, within};
use postern_protocol::{Id, Kind, PublicKey, Time, Verified};

use super::spec::{self, Entitlement, Machines};
use super::spec_file::{SpecError, SpecFile};
use super::values::Seats;

/// What all grants of a bundle share.
#[derive(Clone, Debug)]
pub(crate) struct Frame<'a> {
    /// The operations grant.
    pub(crate) operations: &'a Verified<Grant>,
    /// The account.
    pub(crate) account: &'a Id,
    /// The portal's key.
    pub(crate) subject: PublicKey,
    /// Now.
    pub(crate) now: Time,
}

/// The grant of an entitlement, which stands at `place` in the account file; `previous` is the grant that it replaces.
pub(crate) fn grant(
    file: &SpecFile,
    place: [&str; 2],
    entitlement: &Entitlement,
    previous: Option<&Grant>,
    frame: &Frame<'_>,
) -> Result<Grant, Vec<SpecError>> {
    let start = match (&entitlement.issue_from, previous) {
        (Some(from), _) => from.0,
        (None, Some(previous)) => previous.issue_from,
        (None, None) => frame.now.day_start().max(frame.operations.issue_from),
    };
    let grant = Grant {
        kind: Kind::Grant,
        version: Version,
        product: frame.operations.product.clone(),
        id: entitlement.id.clone(),
        serial: previous.map_or(1, |previous| previous.serial + 1),
        parent: Parent::Grant(frame.operations.digest()),
        subject: frame.subject,
        rights: rights(&entitlement.rights),
        account: if entitlement.reseller { Ceiling::Unlimited } else { Ceiling::Limited(frame.account.clone()) },
        license_type: Ceiling::Limited(entitlement.license_type),
        allowances: Ceiling::Limited(entitlement.seats.allowances(start)),
        features: Ceiling::Limited(features(entitlement)),
        consumption: Ceiling::Limited(consumption(entitlement)),
        credentials: credentials(entitlement),
        devices: devices(&entitlement.machines, start),
        installations: match entitlement.reseller {
            true => Ceiling::Unlimited,
            false => Ceiling::Limited(installations(entitlement, start)),
        },
        issue_from: start,
        issue_until: entitlement.issue_until.0,
        run_until: match entitlement.run_until.0 {
            Ceiling::Unlimited => Ceiling::Unlimited,
            Ceiling::Limited(until) => Ceiling::Limited(until.0),
        },
        longest_duration: entitlement.longest_duration.seconds(),
        longest_session: entitlement.longest_session.seconds(),
        license_count: entitlement.license_count.0,
        cycle: CyclePolicy {
            request_window: entitlement.cycle.request_window.0,
            cycle_window: entitlement.cycle.cycle_window.0,
            lock_effect: entitlement.cycle.lock_effect,
        },
        expiry: ExpiryPolicy {
            grace: entitlement.expiry.grace.seconds(),
            after_end: entitlement.expiry.after_end,
            extension: entitlement.expiry.extension.seconds(),
        },
        allow_offline_activation: entitlement.allow_offline_activation,
        approval: approval(entitlement),
        revocation_max_age: entitlement.revocation_max_age.seconds(),
        policy: entitlement.policy.clone(),
        server: entitlement.server.as_ref().map(server),
        issued_at: frame.now,
        extensions: vec![],
    };
    let findings = findings(file, place, &grant, frame.operations);
    if findings.is_empty() { Ok(grant) } else { Err(findings) }
}

fn rights(rights: &spec::Rights) -> Rights {
    Rights {
        issue: rights.issue,
        refresh: rights.refresh,
        delegate: rights.delegate,
        enable: rights.enable,
        release_dead: rights.release_dead.map_or(ReleaseDead { quota: 0, cooldown: 0 }, |one| ReleaseDead {
            quota: one.quota,
            cooldown: one.cooldown.0,
        }),
        repair_clock: rights.repair_clock.map_or(RepairClock { count: 0, max_back: 0 }, |one| RepairClock {
            count: one.count,
            max_back: one.max_back.0,
        }),
    }
}

fn features(entitlement: &Entitlement) -> Vec<Feature> {
    entitlement.features.0.iter().map(|(name, value)| Feature { name: name.clone(), value: value.0 }).collect()
}

fn consumption(entitlement: &Entitlement) -> Vec<Consumption> {
    let counter = |(counter, one): &(Id, spec::Counter)| Consumption {
        counter: counter.clone(),
        feature: one.feature.clone(),
        limit: one.limit.0,
        overage: one.overage.0,
        reset_period: one.every.seconds(),
    };
    entitlement.consumption.0.iter().map(counter).collect()
}

fn credentials(entitlement: &Entitlement) -> Vec<Credential> {
    entitlement.credentials.iter().map(|one| Credential { key: one.key.0, from: one.from }).collect()
}

fn devices(machines: &Machines, start: Time) -> Devices {
    match machines {
        Machines::Pool => Devices::Pool,
        Machines::Named(list) => Devices::Named(
            list.iter()
                .map(|machine| Share { device: machine.key.0, allowances: machine.seats.allowances(start) })
                .collect(),
        ),
    }
}

fn installations(entitlement: &Entitlement, start: Time) -> Vec<Installation> {
    let seats = |own: &Option<Seats>| own.as_ref().unwrap_or(&entitlement.seats).allowances(start);
    entitlement
        .installation
        .iter()
        .map(|one| Installation { license_id: one.license_id.clone(), allowances: seats(&one.seats) })
        .collect()
}

fn approval(entitlement: &Entitlement) -> Approval {
    match &entitlement.approval {
        None if entitlement.reseller => Approval::Right(ApprovalRight::MayApprove),
        None => Approval::Right(ApprovalRight::None),
        Some(given) => {
            Approval::Approved { reason: given.reason.0.clone(), reviewer: given.reviewer.0.clone(), at: given.date.0 }
        }
    }
}

fn server(server: &spec::Server) -> Server {
    Server {
        client_name: server.client_name.0.clone(),
        url: server.url.0.clone(),
        suppress_pings: server.suppress_pings,
    }
}

/// Everything for which the grant would be refused later, told where the account file says it.
fn findings(file: &SpecFile, place: [&str; 2], grant: &Grant, operations: &Grant) -> Vec<SpecError> {
    use postern_protocol::Document;
    let at = |field: &[&str], problem: String, advice: &str| {
        let path: Vec<&str> = place.into_iter().chain(field.iter().copied()).collect();
        file.at(&path, problem, advice)
    };
    let excess = |excess: Excess| {
        let field: Vec<&str> = field_of(excess.field).split('.').collect();
        let advice = match field.as_slice() {
            ["issue_from" | "issue_until"] => {
                "Choose days inside those of the operations grant, or renew that grant first (postern ops renew)."
            }
            _ => "Write less here, or more where the limit comes from.",
        };
        at(&field, excess.detail, advice)
    };
    let mut findings: Vec<SpecError> = within(operations, grant).into_iter().map(excess).collect();
    if let Err(problem) = grant.check() {
        findings.push(at(&[], problem, "Correct it; 'postern bundle example' explains every field."));
    }
    if grant.run_until.limit().is_some_and(|end| *end < grant.issue_from) {
        findings.push(at(&["run_until"], "it is before licenses can be issued".into(), "Choose a later day."));
    }
    findings
}

/// What the account file calls a field of a grant.
fn field_of(field: &str) -> &str {
    match field {
        "allowances" => "seats",
        "installations" => "installation",
        "devices" | "devices.shares" => "machines",
        "consumption.limit" | "consumption.overage" | "consumption.reset_period" | "consumption.feature" => {
            "consumption"
        }
        other => other,
    }
}
