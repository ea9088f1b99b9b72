//! License servers in words and as data.

use postern_issuer::{ChildServer, chains_of, children};
use postern_protocol::documents::{Delegated, Standing};
use postern_protocol::{describe, license_code};
use serde_json::{Value, json};

use crate::fail::Fail;
use crate::issue::office::Office;
use crate::keys;
use crate::report::Report;

/// `postern server list`.
pub(crate) fn list(office: &Office<'_>) -> Result<Report, Fail> {
    let chains = chains_of(&office.bundle, keys::public(&office.key));
    let known: Vec<ChildServer> = chains.iter().flat_map(|chain| children(&office.desk(chain))).collect();
    let text: Vec<String> = known.iter().map(one).collect();
    let text = if text.is_empty() { "There are no license servers.".into() } else { text.join("\n") };
    let data: Vec<Value> = known
        .iter()
        .map(|child| {
            let mut data = data(&child.delegated);
            if let Value::Object(fields) = &mut data {
                fields.insert("changed_at".into(), json!(child.changed_at));
                fields.insert(
                    "counted".into(),
                    child.counted.iter().map(|(id, n)| json!({ "seat_type": id, "quantity": n })).collect(),
                );
                let seen = child.seen.as_ref().map(
                    |(seen, at)| json!({ "at": at, "held": seen.held, "devices": seen.devices, "serial": seen.serial }),
                );
                fields.insert("seen".into(), json!(seen));
            }
            data
        })
        .collect();
    Ok(Report::new(text, &json!({ "servers": data })))
}

fn one(child: &ChildServer) -> String {
    let mut text = format!("{}\n{}", child.delegated.child.id, words(&child.delegated));
    for (seat_type, quantity) in &child.counted {
        text.push_str(&format!("  counts against you now: {quantity} {seat_type}\n"));
    }
    match &child.seen {
        None => text.push_str("  has not shown its ledger\n"),
        Some((seen, at)) => {
            text.push_str(&format!("  showed its ledger on {}: {} machines\n", at.date(), seen.devices));
            for held in &seen.held {
                text.push_str(&format!("    hold {}\n", describe::seats(held)));
            }
        }
    }
    text
}

/// A license server in words.
pub(crate) fn words(delegated: &Delegated) -> String {
    let grant = delegated.child.as_ref();
    let client = grant.server.as_ref().map_or_else(|| grant.id.to_string(), |server| server.client_name.clone());
    let standing = match delegated.standing {
        Standing::Active => "",
        Standing::Suspended => ", SUSPENDED",
        Standing::Revoked => ", REVOKED",
    };
    let mut text = format!(
        "  license server of {client}, serial {}{standing}, for the portal {}.\n",
        grant.serial,
        license_code::encode(grant.subject.as_bytes())
    );
    for allowance in grant.allowances.limit().into_iter().flatten() {
        text.push_str(&format!("  {}\n", describe::seats(allowance)));
    }
    text.push_str(&format!(
        "  issues licenses until {}; {} machines; ",
        describe::time(grant.issue_until),
        grant.license_count
    ));
    text.push_str(&match grant.rights.delegate {
        0 => "makes no license servers of its own.\n".into(),
        depth => format!("makes license servers of its own, {depth} deep.\n"),
    });
    if delegated.min_serial == grant.serial && grant.serial > 1 {
        text.push_str("  what it had before is void; it counts against you until its ledger shows what it holds.\n");
    }
    text
}

/// A license server as data.
pub(crate) fn data(delegated: &Delegated) -> Value {
    let grant = delegated.child.as_ref();
    json!({
        "id": grant.id,
        "client": grant.server.as_ref().map(|server| &server.client_name),
        "serial": grant.serial,
        "subject": grant.subject,
        "standing": delegated.standing,
        "min_serial": delegated.min_serial,
        "seats": grant.allowances.limit(),
        "issue_until": grant.issue_until,
        "run_until": grant.run_until,
        "license_count": grant.license_count,
        "delegate": grant.rights.delegate,
        "bundle": delegated.bundle,
        "bundle_serial": delegated.bundle_serial,
    })
}
