//! Enablement tokens: made for an approved account; others are told whom to ask. And pages that need an account.

use postern_issuer::{TokenMade, decide_token, overview};
use postern_protocol::documents::{Bundle, TOKEN_HOURS};
use postern_protocol::{Id, Time};
use yew::AttrValue;

use super::icons::{self, icon};
use super::parts::{Tone, badge, card, code, find, log, main_button, muted, refusals, short, table, table_card};
use super::sheet::Sheet;
use super::shell::page_name;
use crate::desk::model::account::{Account, SHOWN};
use crate::desk::model::command::Command;
use crate::desk::model::error::refused;
use crate::desk::model::flow::State;
use crate::desk::model::shown::{Busy, Explained, Page};
use crate::desk::model::words;
use crate::screen::{Attr, Element, Node, Tag};
use crate::t;

pub(super) fn tokens(state: &State) -> Sheet {
    let Some(account) = state.flow.account().filter(|account| account.ledger.is_some()) else {
        return locked(Page::Token);
    };
    let bundle = account.bundle();
    let (mut open, mut closed) = (Vec::new(), Vec::new());
    let ids = account.license_ids();
    let wanted = state.search.trim().to_lowercase();
    let named = |id: &&Id| {
        wanted.is_empty() || id.as_str().contains(&wanted) || words::label(bundle, id).to_lowercase().contains(&wanted)
    };
    let found: Vec<&Id> = if ids.len() > SHOWN { ids.iter().filter(named).collect() } else { ids.iter().collect() };
    let count = count(ids.len(), found.len().min(SHOWN), found.len());
    let signing = state.busy == Some(Busy::Signing);
    for id in found.into_iter().take(SHOWN) {
        let name = words::label(bundle, id);
        match refusals_now(account, id, state.now) {
            refused if refused.is_empty() => open.push(choice(id, name, signing)),
            refused => closed.push(
                Tag::Section
                    .class("stack-tight")
                    .with(Tag::H2.with(t!("token-closed", name = name)))
                    .with(refusals(&refused)),
            ),
        }
    }
    let made: Vec<TokenMade> =
        account.chains.iter().take(SHOWN).flat_map(|chain| overview(&account.desk(chain, state.now)).tokens).collect();
    let open = (!open.is_empty()).then(|| {
        let choices = vec![Tag::Ul.class("choices").each(open), muted(t!("token-once"))];
        card(t!("token-choose"), Node::none(), choices)
    });
    Sheet::new("tokens", t!("token-title"), t!("token-lead", hours = TOKEN_HOURS))
        .with(state.token.as_ref().map(|token| just_made(&token.name)))
        .with(count.map(|count| find(&state.search, count)))
        .with(closed)
        .with(open)
        .with(token_table(bundle, &made, state.now))
}

/// One license id with its button.
fn choice(id: &Id, name: AttrValue, busy: bool) -> Element {
    let make = main_button("button button-primary button-small", t!("token-make"), busy, false)
        .set(Attr::Type, "button")
        .set(Attr::AriaLabel, t!("token-make-for", name = name))
        .act(Command::MakeToken(id.to_string()).click());
    Tag::Li
        .class("cluster")
        .set(Attr::DataLicense, id.to_string())
        .with(Tag::Span.class("strong").with(name))
        .with(code(id))
        .with(make)
}

fn just_made(name: &str) -> Element {
    let body =
        Tag::Div.class("alert-body").with(Tag::P.with(t!("token-carry"))).with(log(t!("token-command", name = name)));
    Tag::Div
        .class("alert alert-success")
        .set(Attr::Role, "status")
        .with(Tag::P.class("alert-title").with(t!("token-made")))
        .with(body)
}

/// How many were found, where there are more than a page shows.
pub(super) fn count(all: usize, shown: usize, found: usize) -> Option<AttrValue> {
    (all > SHOWN)
        .then(|| if found > shown { t!("find-first", n = found, shown = shown) } else { t!("find-found", n = found) })
}

/// What the issuing core would say to a token for this license id now: it is asked, not second-guessed.
fn refusals_now(account: &Account, license_id: &Id, now: Time) -> Vec<Explained> {
    let chain = match account.chain(license_id) {
        Ok(chain) => chain,
        Err(error) => return vec![(&error).into()],
    };
    match decide_token(&account.desk(&chain, now), license_id, Id::from_entropy([0; 16])) {
        Ok(_) => Vec::new(),
        Err(refusals) => refusals.iter().map(|one| refused(one, account.bundle())).collect(),
    }
}

/// Tokens that were made, if there are any.
pub(super) fn token_table(bundle: &Bundle, made: &[TokenMade], now: Time) -> Option<Element> {
    let line = |token: &TokenMade| {
        let state = match token.device {
            Some(device) => badge(Tone::Ok, t!("token-used-by", machine = device.short())),
            None if token.expires_at < now => badge(Tone::Warn, t!("token-expired")),
            None => badge(Tone::Info, t!("token-open", left = words::from_now(now, token.expires_at))),
        };
        [
            code(words::short(&token.id)).into(),
            words::label(bundle, &token.license_id).into(),
            short(words::instant(token.issued_at)).into(),
            state.into(),
        ]
    };
    let heads = [t!("token"), t!("license-id"), t!("token-issued"), t!("state")];
    (!made.is_empty()).then(|| table_card(t!("tokens"), Node::none(), table(heads, made.iter().rev().map(line))))
}

/// A page that needs an unlocked account with a ledger.
pub(super) fn locked(page: Page) -> Sheet {
    let go = Tag::A.class("button button-primary").set(Attr::Href, "#/").with(t!("locked-go"));
    let empty = Tag::Div
        .class("empty")
        .with(icon(icons::LOCK))
        .with(Tag::P.class("empty-title").with(t!("locked-title")))
        .with(Tag::P.with(t!("locked")))
        .with(Tag::P.class("actions").with(go));
    Sheet::new(format!("locked{}", page.fragment()), page_name(page), "").with(Tag::Section.class("card").with(empty))
}
