//! A request in words: what it is, who it is from, what is installed and used there.

use postern_protocol::documents::Request;
use postern_protocol::time::{DAY, HOUR};
use yew::prelude::*;

use super::parts::row;
use super::portal::use_portal;
use crate::model::account::Account;
use crate::model::form::Asked;
use crate::model::shared::Shared;
use crate::model::words;
use crate::t;

/// The request.
#[derive(Clone, PartialEq, Properties)]
pub struct RequestProps {
    /// Whose it is.
    pub account: Shared<Account>,
    /// The request.
    pub asked: Shared<Asked>,
}

/// The card beside the allocation.
#[component]
pub fn RequestCard(props: &RequestProps) -> Html {
    let portal = use_portal();
    let now = portal.state.now;
    let asked = &props.asked;
    let request = asked.request.get();
    let bundle = props.account.bundle();
    let account = request.account.as_ref().map_or_else(|| t!("request-no-account"), |id| words::label(bundle, id));
    let install_by = install_by(asked);
    html! {
        <aside class="card">
            <div class="card-head">
                <h2>{ t!("request") }</h2>
                <span class="badge badge-ok">{ t!("request-signed") }</span>
            </div>
            <div class="card-body">
                <p class="summary-file"><span class="file-name">{ &asked.name }</span></p>
                <dl class="summary">
                    { row(t!("machine"), html! { <code>{ request.device.key.short() }</code> }) }
                    { row(t!("account"), account) }
                    { row(t!("license-id"), words::label(bundle, &request.license_id)) }
                    {
                        row(t!("request-number"), t!("request-number-of",
                            number = request.cycle.number, cycle = request.cycle.cycle))
                    }
                    { row(t!("request-made"), words::instant(request.cycle.generated_at)) }
                    {
                        row(t!("install-by"), html! {
                            <>
                                { words::instant(install_by) }
                                { " " }
                                <span class="muted nowrap">
                                    { t!("in-brackets", text = words::from_now(now, install_by)) }
                                </span>
                            </>
                        })
                    }
                    { row(t!("installed"), installed(request)) }
                    { row(t!("in-use"), in_use(request, &props.account)) }
                </dl>
            </div>
        </aside>
    }
}

/// Until when an answer can be installed: the end of the request's window or of its cycle.
fn install_by(asked: &Asked) -> postern_protocol::Time {
    let (cycle, policy) = (asked.request.cycle, asked.chain.leaf().cycle);
    let by_request = cycle.generated_at.plus(policy.request_window);
    by_request.min(cycle.first_generated_at.plus(policy.cycle_window))
}

fn installed(request: &Request) -> AttrValue {
    match &request.installed.license {
        None => t!("installed-nothing"),
        Some(license) => {
            t!("installed-license", sequence = request.installed.sequence, license = license.short())
        }
    }
}

fn in_use(request: &Request, account: &Account) -> Html {
    let used = request.seats.iter().filter(|seat| seat.in_use > 0);
    let lines: Vec<Html> = used
        .map(|seat| {
            let name = words::label(account.bundle(), &seat.seat_type);
            html! { <span class="nowrap">{ t!("in-use-seats", n = seat.in_use, name = name) }<br /></span> }
        })
        .collect();
    if lines.is_empty() {
        html! { { t!("in-use-nothing") } }
    } else {
        html! { { for lines } }
    }
}

/// The windows of the cycle, for the note under the form.
pub fn windows(asked: &Asked) -> AttrValue {
    let policy = asked.chain.leaf().cycle;
    t!("cycle-windows", hours = policy.request_window / HOUR, days = policy.cycle_window / DAY)
}
