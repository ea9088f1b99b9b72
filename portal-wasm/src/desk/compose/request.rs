//! A request in words: what it is, who it is from, what is installed and used there.

use postern_protocol::Time;
use postern_protocol::documents::{Purpose, Request};
use yew::AttrValue;

use super::parts::Row;
use crate::desk::model::account::Account;
use crate::desk::model::form::Asked;
use crate::desk::model::words;
use crate::t;

/// The request in words: what it is, who it is from, what is installed and used there.
pub(super) fn request(now: Time, account: &Account, asked: &Asked) -> Vec<Row> {
    let (request, bundle) = (asked.request.get(), account.bundle());
    let cycle = request.cycle;
    let install_by = install_by(asked);
    let of_account = request.account.as_ref().map_or_else(|| t!("request-no-account"), |id| words::label(bundle, id));
    vec![
        Row::code(t!("machine"), request.device.key.short()),
        Row::new(t!("account"), of_account),
        Row::new(t!("license-id"), license_id(account, asked)),
        Row::new(
            t!("asks-for"),
            match request.purpose {
                _ if request.recovers.is_some() => t!("asks-for-recovery"),
                Purpose::Activation => t!("asks-for-activation"),
                _ => t!("asks-for-license"),
            },
        ),
        Row::new(t!("request-number"), t!("request-number-of", number = cycle.number, cycle = cycle.cycle)),
        Row::new(t!("request-made"), words::instant(cycle.generated_at)),
        Row::new(
            t!("install-by"),
            t!("instant-and-left", at = words::instant(install_by), left = words::from_now(now, install_by)),
        ),
        Row::new(t!("installed"), installed(request)),
        Row::new(t!("in-use"), in_use(request, account)),
    ]
}

/// The license that is asked for: the one that the request names, or the only one that its credential activates.
fn license_id(account: &Account, asked: &Asked) -> AttrValue {
    match (&asked.request.license_id, asked.chain.leaf().installations.limit().map(Vec::as_slice)) {
        (None, Some([only])) => words::label(account.bundle(), &only.license_id),
        _ => words::asked_license(account.bundle(), asked.request.get()),
    }
}

/// Until when an answer can be installed: the end of the request's window or of its cycle.
fn install_by(asked: &Asked) -> Time {
    let (cycle, policy) = (asked.request.cycle, asked.chain.leaf().cycle);
    let by_request = cycle.generated_at.plus(policy.request_window);
    by_request.min(cycle.first_generated_at.plus(policy.cycle_window))
}

fn installed(request: &Request) -> AttrValue {
    match &request.installed.license {
        None => t!("installed-nothing"),
        Some(license) => t!("installed-license", sequence = request.installed.sequence, license = license.short()),
    }
}

fn in_use(request: &Request, account: &Account) -> String {
    let used = request.seats.iter().filter(|seat| seat.in_use > 0);
    let parts: Vec<(String, u64)> =
        used.map(|seat| (words::label(account.bundle(), &seat.seat_type).to_string(), seat.in_use)).collect();
    if parts.is_empty() { t!("in-use-nothing").to_string() } else { words::seats(&parts) }
}
