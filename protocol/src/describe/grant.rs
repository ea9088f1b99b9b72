//! A grant in words: what people call an entitlement.

use super::Section;
use super::wording::{
    all_seats, ceiling, consumption, cycle, duration, expiry, feature, lock_effect, seats, time, yes,
};
use crate::documents::{Approval, ApprovalRight, Ceiling, CredentialKind, Devices, Grant, Parent, Rights};

pub(super) fn grant(grant: &Grant) -> Section {
    let parent = match grant.parent {
        Parent::Root => "the vendor's root".into(),
        Parent::Grant(digest) => format!("the entitlement {digest}"),
    };
    let section = Section::new(format!("Entitlement '{}', serial {}", grant.id, grant.serial))
        .row("Product", &grant.product)
        .row("Account", any(&grant.account))
        .row("License type", any(&grant.license_type))
        .row("Hangs from", parent)
        .row("Key that may use it", grant.subject)
        .row("Rights", rights(&grant.rights));
    let section = quantities(section, grant);
    policies(section, grant)
}

fn quantities(section: Section, grant: &Grant) -> Section {
    let section = list(section, "Seats", &grant.allowances, seats);
    let section = list(section, "License id", &grant.installations, |one| {
        format!("{}: {}", one.license_id, all_seats(&one.allowances))
    });
    let section = list(section, "Feature", &grant.features, feature);
    let section = list(section, "Consumption", &grant.consumption, consumption);
    let section = match &grant.devices {
        Devices::Pool => section.row("Machines", "any, out of one pool"),
        Devices::Named(shares) => section.rows(
            "Machine",
            "none",
            shares.iter().map(|share| format!("{}: {}", share.device, all_seats(&share.allowances))),
        ),
    };
    grant.credentials.iter().fold(section, |section, credential| {
        let from = match credential.from {
            CredentialKind::LicenseKey => "a license key",
            CredentialKind::User => "user and password",
        };
        section.row("Credential that must sign requests", format!("{} from {from}", credential.key))
    })
}

fn policies(section: Section, grant: &Grant) -> Section {
    let approval = match &grant.approval {
        Approval::Right(ApprovalRight::None) => "not approved".into(),
        Approval::Right(ApprovalRight::MayApprove) => "may approve the accounts below".into(),
        Approval::Approved { reason, reviewer, at } => format!("approved {} by {reviewer}: {reason}", time(*at)),
    };
    let revocations = match grant.revocation_max_age {
        Ceiling::Unlimited => "of any age, or none".into(),
        Ceiling::Limited(age) => format!("at most {} old", duration(age)),
    };
    let section = section
        .row("Licenses are issued", format!("{} to {}", time(grant.issue_from), time(grant.issue_until)))
        .row("Licenses end by", ceiling(grant.run_until, time))
        .row("Longest license", ceiling(grant.longest_duration, duration))
        .row("Longest session", ceiling(grant.longest_session, duration))
        .row("Machines with a live license", grant.license_count)
        .row("Answers are installed", cycle(&grant.cycle))
        .row("On a locked machine", lock_effect(&grant.cycle))
        .row("After a license's end", expiry(&grant.expiry))
        .row("Offline activation", yes(grant.allow_offline_activation))
        .row("Offline licensing", approval)
        .row("Revocations needed at an install", revocations)
        .row_if("Policy template", grant.policy.as_ref());
    let section = match &grant.server {
        None => section,
        Some(server) => section
            .row("License server of", &server.client_name)
            .row("Parent's portal", &server.url)
            .row("Asks its parent", yes(!server.suppress_pings)),
    };
    section.row("Made", time(grant.issued_at))
}

fn any(value: &Ceiling<impl std::fmt::Display>) -> String {
    value.limit().map_or_else(|| "any".into(), ToString::to_string)
}

fn list<T>(section: Section, label: &'static str, values: &Ceiling<Vec<T>>, words: fn(&T) -> String) -> Section {
    match values {
        Ceiling::Unlimited => section.row(label, "unlimited"),
        Ceiling::Limited(values) => section.rows(label, "none", values.iter().map(words)),
    }
}

fn rights(rights: &Rights) -> String {
    let mut words: Vec<String> = Vec::new();
    let simple = [
        (rights.issue, "answer requests with licenses"),
        (rights.refresh, "refresh licenses without a request"),
        (rights.enable, "make enablement tokens"),
    ];
    words.extend(simple.into_iter().filter(|(given, _)| *given).map(|(_, right)| right.to_owned()));
    if rights.delegate > 0 {
        words.push(format!("delegate, {} levels deep", rights.delegate));
    }
    if rights.release_dead.quota > 0 {
        let (quota, cooldown) = (rights.release_dead.quota, duration(rights.release_dead.cooldown));
        words.push(format!("release {quota} dead machines, {cooldown} apart"));
    }
    if rights.repair_clock.count > 0 {
        let (count, back) = (rights.repair_clock.count, duration(rights.repair_clock.max_back));
        words.push(format!("repair {count} clocks backward, {back} at most"));
    }
    if words.is_empty() { "none".into() } else { words.join("; ") }
}
