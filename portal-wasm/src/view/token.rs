//! Enablement tokens: made for an approved account; others are told whom to ask.

use yew::prelude::*;

use super::ask::{Desk, use_desk};
use super::find::Find;
use super::parts::{Heading, card, icon, icons, refusals, table, table_card};
use super::shell::page_name;
use crate::screen::{Busy, Page, TokensView};
use crate::t;
use crate::talk::Ask;

/// The tokens.
#[derive(Clone, PartialEq, Properties)]
pub struct TokensProps {
    /// What can be made, and what was.
    pub view: TokensView,
    /// What is going on.
    pub busy: Option<Busy>,
}

/// The page.
#[component]
pub fn Tokens(props: &TokensProps) -> Html {
    let desk = use_desk();
    let view = &props.view;
    let busy = props.busy == Some(Busy::Signing);
    let closed = |(name, errors): &(String, Vec<_>)| {
        html! {
            <section class="stack-tight">
                <h2>{ t!("token-closed", name = name) }</h2>
                { refusals(errors, &desk) }
            </section>
        }
    };
    let choices = html! {
        <>
            <ul class="choices">{ for view.open.iter().map(|one| choice(one, busy, &desk)) }</ul>
            <p class="small muted">{ t!("token-once") }</p>
        </>
    };
    html! {
        <>
            <Heading title={t!("token-title")} lead={t!("token-lead", hours = view.hours)} />
            if let Some(name) = &view.made {
                { just_made(name) }
            }
            if let Some(find) = &view.find {
                <Find view={find.clone()} />
            }
            { for view.closed.iter().map(closed) }
            if !view.open.is_empty() {
                { card(t!("token-choose"), Html::default(), choices) }
            }
            if !view.tokens.lines.is_empty() {
                { table_card(t!("tokens"), Html::default(), table(&view.tokens)) }
            }
        </>
    }
}

/// One license id with its button.
fn choice((id, name): &(String, String), busy: bool, desk: &Desk) -> Html {
    html! {
        <li class="cluster" data-license={id.clone()}>
            <span class="strong">{ name }</span>
            <code>{ id }</code>
            <button class={classes!("button", "button-primary", "button-small", busy.then_some("is-busy"))}
                type="button" disabled={busy} onclick={desk.asks(Ask::MakeToken(id.clone()))}
                aria-label={t!("token-make-for", name = name)}>
                { t!("token-make") }
            </button>
        </li>
    }
}

fn just_made(name: &str) -> Html {
    html! {
        <div class="alert alert-success" role="status">
            <p class="alert-title">{ t!("token-made") }</p>
            <div class="alert-body">
                <p>{ t!("token-carry") }</p>
                <pre class="log" tabindex="0">{ t!("token-command", name = name) }</pre>
            </div>
        </div>
    }
}

/// The page that can't be shown yet.
#[derive(Clone, Copy, PartialEq, Properties)]
pub struct LockedProps {
    /// Which page it is.
    pub page: Page,
}

/// A page that needs an unlocked account with a ledger.
#[component]
pub fn Locked(props: &LockedProps) -> Html {
    html! {
        <>
            <Heading title={page_name(props.page)} />
            <section class="card">
                <div class="empty">
                    { icon(icons::LOCK) }
                    <p class="empty-title">{ t!("locked-title") }</p>
                    <p>{ t!("locked") }</p>
                    <p class="actions"><a class="button button-primary" href="#/">{ t!("locked-go") }</a></p>
                </div>
            </section>
        </>
    }
}
