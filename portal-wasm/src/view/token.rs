//! Enablement tokens: made for an approved account; others are told whom to ask.

use postern_issuer::{TokenMade, decide_token, overview};
use postern_protocol::documents::{Bundle, TOKEN_HOURS};
use postern_protocol::{Id, Time};
use yew::prelude::*;

use super::parts::{Heading, Icon, Refusals, icons};
use super::portal::use_portal;
use crate::model::account::Account;
use crate::model::error::Explained;
use crate::model::flow::{Busy, Issued};
use crate::model::words;
use crate::t;
use crate::tasks::Intent;

/// The page.
#[component]
pub fn TokenPage() -> Html {
    let portal = use_portal();
    let state = &portal.state;
    let Some(account) = state.flow.account().filter(|account| account.ledger.is_some()) else {
        return html! { <Locked title={t!("token-title")} /> };
    };
    let bundle = account.bundle();
    let (mut open, mut closed) = (Vec::new(), Vec::new());
    for id in account.license_ids() {
        match refusals(account, &id, state.now) {
            refused if refused.is_empty() => open.push(id),
            refused => closed.push((id, refused)),
        }
    }
    let made: Vec<TokenMade> =
        account.chains.iter().flat_map(|chain| overview(&account.desk(chain, state.now)).tokens).collect();
    html! {
        <>
            <Heading title={t!("token-title")} lead={t!("token-lead", hours = TOKEN_HOURS)} />
            if let Some(token) = &state.token {
                { just_made(token) }
            }
            {
                for closed.into_iter().map(|(id, refused)| html! {
                    <section class="stack-tight">
                        <h2>{ t!("token-closed", name = words::label(bundle, &id)) }</h2>
                        <Refusals errors={refused} />
                    </section>
                })
            }
            if !open.is_empty() {
                <section class="card">
                    <div class="card-head"><h2>{ t!("token-choose") }</h2></div>
                    <div class="card-body">
                        <ul class="choices">{ for open.into_iter().map(|id| html! { <Choice {id} /> }) }</ul>
                        <p class="small muted">{ t!("token-once") }</p>
                    </div>
                </section>
            }
            if !made.is_empty() {
                <section class="card card-flush">
                    <div class="card-head"><h2>{ t!("tokens") }</h2></div>
                    <div class="card-body">{ tokens(bundle, &made, state.now) }</div>
                </section>
            }
        </>
    }
}

/// What the issuing core would say to a token for this license id now: it is asked, not second-guessed.
fn refusals(account: &Account, license_id: &Id, now: Time) -> Vec<Explained> {
    let chain = match account.chain(license_id) {
        Ok(chain) => chain,
        Err(error) => return vec![(&error).into()],
    };
    match decide_token(&account.desk(&chain, now), license_id, Id::from_entropy([0; 16])) {
        Ok(_) => Vec::new(),
        Err(refusals) => refusals.iter().map(Explained::from).collect(),
    }
}

fn just_made(token: &Issued) -> Html {
    html! {
        <div class="alert alert-success" role="status">
            <p class="alert-title">{ t!("token-made") }</p>
            <div class="alert-body">
                <p>{ t!("token-carry") }</p>
                <pre class="log" tabindex="0">{ t!("token-command", name = token.name) }</pre>
            </div>
        </div>
    }
}

/// The license id of a choice.
#[derive(Clone, PartialEq, Properties)]
struct ChoiceProps {
    id: Id,
}

/// One license id with its button.
#[component]
fn Choice(props: &ChoiceProps) -> Html {
    let portal = use_portal();
    let Some(account) = portal.state.flow.account() else { return html! {} };
    let busy = portal.state.busy == Some(Busy::Signing);
    let name = words::label(account.bundle(), &props.id);
    html! {
        <li class="cluster" data-license={props.id.to_string()}>
            <span class="strong">{ &name }</span>
            <code>{ props.id.to_string() }</code>
            <button class={classes!("button", "button-primary", "button-small", busy.then_some("is-busy"))}
                type="button" disabled={busy} onclick={portal.asks(Intent::MakeToken(props.id.clone()))}
                aria-label={t!("token-make-for", name = name)}>
                { t!("token-make") }
            </button>
        </li>
    }
}

/// Tokens that were made.
pub fn tokens(bundle: &Bundle, made: &[TokenMade], now: Time) -> Html {
    let line = |token: &TokenMade| {
        let (badge, state) = match token.device {
            Some(device) => ("badge-ok", t!("token-used-by", machine = device.short())),
            None if token.expires_at < now => ("badge-warn", t!("token-expired")),
            None => ("badge-info", t!("token-open", left = words::from_now(now, token.expires_at))),
        };
        html! {
            <tr>
                <th scope="row"><code>{ token.id.as_str().get(..8).unwrap_or_default() }</code></th>
                <td data-label={t!("license-id")}>{ words::label(bundle, &token.license_id) }</td>
                <td data-label={t!("token-issued")}>{ words::instant(token.issued_at) }</td>
                <td data-label={t!("state")}><span class={classes!("badge", badge)}>{ state }</span></td>
            </tr>
        }
    };
    html! {
        <table class="table">
            <thead>
                <tr>
                    <th scope="col">{ t!("token") }</th>
                    <th scope="col">{ t!("license-id") }</th>
                    <th scope="col">{ t!("token-issued") }</th>
                    <th scope="col">{ t!("state") }</th>
                </tr>
            </thead>
            <tbody>{ for made.iter().rev().map(line) }</tbody>
        </table>
    }
}

/// The title of a page that can't be shown yet.
#[derive(Clone, PartialEq, Properties)]
pub struct LockedProps {
    /// The title.
    pub title: AttrValue,
}

/// A page that needs an unlocked account with a ledger.
#[component]
pub fn Locked(props: &LockedProps) -> Html {
    html! {
        <>
            <Heading title={props.title.clone()} />
            <section class="card">
                <div class="empty">
                    <Icon path={icons::LOCK} />
                    <p class="empty-title">{ t!("locked-title") }</p>
                    <p>{ t!("locked") }</p>
                    <p class="actions"><a class="button button-primary" href="#/">{ t!("locked-go") }</a></p>
                </div>
            </section>
        </>
    }
}
