//! License servers: what each has, holds and when it ends; the form that makes or changes one (seed 003).

use postern_issuer::ChildServer;
use postern_protocol::documents::{Allowance, Approval, ApprovalRight, Ceiling, Standing};
use postern_protocol::{Chain, Id, Time, license_code};
use yew::AttrValue;

use super::parts::{
    Row, Tone, badge, button, check_box, check_of, folded, in_card, log, main_button, problems, refusals, summary,
    table,
};
use super::sheet::Sheet;
use super::stages;
use super::tokens::locked;
use crate::desk::model::account::Account;
use crate::desk::model::command::{Command, Field};
use crate::desk::model::flow::State;
use crate::desk::model::server::{ServerDraft, Stand, Terms, delegating, free, servers};
use crate::desk::model::shown::{Busy, Explained, Page};
use crate::desk::model::words;
use crate::screen::{Act, Attr, Element, Node, Submit, Tag};
use crate::t;

/// The page.
pub(super) fn page(state: &State) -> Sheet {
    let Some(account) = state.flow.account().filter(|account| account.ledger.is_some()) else {
        return locked(Page::Servers);
    };
    match state.server.as_deref() {
        Some(ServerDraft::Terms(terms)) => form(state, account, terms),
        Some(ServerDraft::Stand(stand)) => standing(state, stand),
        None => list(state, account),
    }
}

fn list(state: &State, account: &Account) -> Sheet {
    let known = servers(account, state.now);
    let new = delegating(account).map(|chain| {
        let leaf = chain.leaf();
        let text = if delegating(account).count() == 1 {
            t!("server-new")
        } else {
            t!("server-new-under", name = words::label(account.bundle(), &leaf.id))
        };
        button("button button-primary", text, &Command::NewServer(leaf.id.to_string()))
    });
    let new: Vec<Element> = new.collect();
    let none = (known.is_empty()).then(|| {
        let body = if new.is_empty() { t!("servers-not-allowed") } else { t!("servers-none") };
        Tag::Section.class("card").with(
            Tag::Div
                .class("empty")
                .with(Tag::P.class("empty-title").with(t!("servers-none-title")))
                .with(Tag::P.with(body)),
        )
    });
    Sheet::with_acts("servers", t!("servers-title"), t!("servers-lead"), Tag::P.class("actions").each(new))
        .with(state.given.as_ref().map(|issued| just_made(&issued.name)))
        .with(none)
        .with(known.iter().map(|(_, child)| one(state, account, child)).collect::<Vec<_>>())
}

/// One license server.
fn one(state: &State, account: &Account, child: &ChildServer) -> Element {
    let (grant, bundle) = (child.delegated.child.as_ref(), account.bundle());
    let state_badge = match child.delegated.standing {
        Standing::Active if grant.issue_until < state.now => badge(Tone::Warn, t!("server-ended")),
        Standing::Active => badge(Tone::Ok, t!("server-active")),
        Standing::Suspended => badge(Tone::Warn, t!("server-suspended")),
        Standing::Revoked => badge(Tone::Danger, t!("server-revoked")),
    };
    let id = grant.id.to_string();
    let held = |seat_type: &Id| {
        let seen = child.seen.as_ref()?.0.held.iter().find(|one| one.seat_type == *seat_type);
        Some(seen.map_or(0, |one| one.at(state.now)))
    };
    let line = |allowance: &Allowance| {
        let counted = child.counted.iter().find(|(id, _)| *id == allowance.seat_type).map_or(0, |(_, n)| *n);
        let next = allowance.steps.iter().find(|step| step.from > state.now);
        let next =
            next.map_or_else(|| t!("none"), |step| t!("stage-next", n = step.quantity, day = words::day(step.from)));
        let held = held(&allowance.seat_type).map_or_else(|| t!("unknown"), |held| held.to_string().into());
        [
            words::label(bundle, &allowance.seat_type).into(),
            allowance.at(state.now).to_string().into(),
            next.into(),
            held.into(),
            counted.to_string().into(),
        ]
    };
    let heads = [t!("seat-type"), t!("server-has"), t!("server-next"), t!("server-holds"), t!("server-counts")];
    let allowances = grant.allowances.limit().cloned().unwrap_or_default();
    let seats = table(heads, allowances.iter().map(line));
    let seen = match &child.seen {
        None => t!("server-unseen"),
        Some((seen, at)) => t!("server-seen", n = seen.devices, day = words::day(*at)),
    };
    let rows = vec![
        Row::new(t!("server-until"), words::day(grant.issue_until)),
        Row::new(t!("server-licenses"), limit(grant.license_count)),
        Row::new(
            t!("server-oem-row"),
            if grant.rights.delegate > 0 { t!("server-oem-depth", n = grant.rights.delegate) } else { t!("none") },
        ),
        Row::new(t!("server-ledger"), seen),
        Row::code(t!("code"), license_code::encode(grant.subject.as_bytes())),
    ];
    let serial = Tag::Span.class("card-note").with(t!("server-serial", id = grant.id, serial = grant.serial));
    let body =
        vec![Node::from(seats), stages::chart(bundle, &allowances, state.now, grant.issue_until), summary(rows).into()];
    let revoked = child.delegated.standing == Standing::Revoked;
    let act = |text: AttrValue, command: Command| button("button button-small", text, &command);
    let quiet = |text: AttrValue, command: Command| button("button button-small button-quiet", text, &command);
    let stand = |word: &str| Command::StandServer(id.clone(), word.into());
    let acts = Tag::Div
        .class("card-foot")
        .with((!revoked).then(|| act(t!("server-change"), Command::ChangeServer(id.clone()))))
        .with(act(t!("server-bundle"), Command::Download(child.delegated.bundle.to_string())))
        .with((!revoked).then(|| quiet(t!("server-renew"), Command::RenewServer(id.clone()))))
        .with(match child.delegated.standing {
            Standing::Active => Some(quiet(t!("server-suspend"), stand("suspended"))),
            Standing::Suspended => Some(act(t!("server-resume"), stand("active"))),
            Standing::Revoked => None,
        })
        .with((!revoked).then(|| quiet(t!("server-revoke"), stand("revoked"))));
    let beside = Tag::Span.class("cluster").with(serial).with(state_badge);
    in_card(Tag::Section.class("card").set(Attr::DataServer, id.clone()), words::client(grant).to_owned(), beside)
        .with(Tag::Div.class("card-body").with(body))
        .with(acts)
}

fn limit(limit: Ceiling<u64>) -> AttrValue {
    limit.limit().map_or_else(|| t!("unlimited"), |n| n.to_string().into())
}

fn just_made(name: &str) -> Element {
    let body = Tag::Div
        .class("alert-body")
        .with(Tag::P.with(t!("server-made-carry", name = name)))
        .with(Tag::P.with(t!("server-made-machines")))
        .with(log(t!("server-made-command", name = name)));
    Tag::Div
        .class("alert alert-success")
        .set(Attr::Role, "status")
        .with(Tag::P.class("alert-title").with(t!("server-made")))
        .with(body)
}

/// How a license server is to stand: what that means, and a switch for what is installed.
fn standing(state: &State, stand: &Stand) -> Sheet {
    let client = words::client(&stand.known.delegated.child).to_owned();
    let (title, lead, act) = match stand.standing {
        Standing::Suspended => (t!("suspend-title", client = client), t!("suspend-lead"), t!("server-suspend")),
        Standing::Active => (t!("resume-title", client = client), t!("resume-lead"), t!("server-resume")),
        Standing::Revoked => (t!("revoke-title", client = client), t!("revoke-lead"), t!("server-revoke")),
    };
    let stop = (stand.standing != Standing::Active).then(|| tick("stop", stand.stop, t!("server-stop")));
    let foot = foot(state, act, false);
    let body = Tag::Div.class("card-body").with(Tag::P.with(t!("stand-what"))).with(stop);
    let form = in_card(Tag::Form.class("card"), t!("stand-head"), Node::none()).with(body).with(foot).act(give());
    Sheet::new("stand", title, lead).with(form)
}

/// The fields of a license server.
fn form(state: &State, account: &Account, terms: &Terms) -> Sheet {
    let chain = delegating(account).find(|chain| chain.leaf().id == terms.under);
    let (title, lead) = match &terms.known {
        None => (t!("server-new"), t!("server-new-lead")),
        Some(known) => {
            (t!("server-change-title", client = words::client(&known.delegated.child)), t!("server-change-lead"))
        }
    };
    let kind = terms.known.as_ref().map_or("server-new".into(), |known| format!("server-{}", known.delegated.child.id));
    let Some(chain) = chain else { return Sheet::new(kind, title, lead) };
    let general: Vec<Explained> = terms.problems_of("").cloned().collect();
    let approves = chain.leaf().approval == Approval::Right(ApprovalRight::MayApprove);
    let who = vec![
        text(terms, "client", t!("server-client"), t!("server-client-help")),
        locked_when(terms.known.is_some(), text(terms, "id", t!("server-id"), t!("server-id-help"))),
        text(terms, "code", t!("code"), t!("server-code-help")),
        text(terms, "contact", t!("server-contact"), t!("server-contact-help")),
    ];
    let what = vec![
        text(terms, "until", t!("server-until"), t!("server-until-help", day = chain.leaf().issue_until.date())),
        text(terms, "licenses", t!("server-licenses"), t!("server-licenses-help")),
        text(terms, "session", t!("server-session"), t!("server-session-help")),
        text(terms, "license-ids", t!("server-license-ids"), t!("server-license-ids-help")),
    ];
    let more = vec![
        text(terms, "releases", t!("server-releases"), t!("server-releases-help")),
        text(terms, "repairs", t!("server-repairs"), t!("server-repairs-help")),
    ];
    let approval =
        approves.then(|| {
            Tag::Div
                .class("fields")
                .with(text(terms, "reason", t!("server-reason"), t!("server-reason-help")))
                .with(text(terms, "reviewer", t!("server-reviewer"), t!("server-reviewer-help")))
        });
    let stop = terms.known.is_some().then(|| tick("stop", terms.stop, t!("server-cut-stop")));
    let body = Tag::Div
        .class("card-body")
        .with(refusals(&general))
        .with(Tag::Div.class("fields").each(who))
        .with(Tag::Hr.class("rule"))
        .with(seats(state, account, chain, terms))
        .with(Tag::Hr.class("rule"))
        .with(Tag::Div.class("fields").each(what))
        .with(approval)
        .with(dangerous(terms))
        .with(folded(t!("server-more"), Tag::Div.class("fields").each(more)))
        .with(stop);
    let head = t!("server-terms");
    let form = in_card(Tag::Form.class("card"), head, Node::none())
        .with(body)
        .with(foot(state, t!("server-give"), !terms.decided))
        .act(give());
    Sheet::new(kind, title, lead).with(form)
}

fn give() -> Act {
    Act::Submit(Submit { command: Command::GiveServer.bytes(), plain: Vec::new(), secret: Vec::new() })
}

fn foot(state: &State, act: AttrValue, disabled: bool) -> Element {
    Tag::Div
        .class("card-foot")
        .with(button("button button-quiet", t!("back"), &Command::CloseServer))
        .with(main_button("button button-primary push", act, state.busy == Some(Busy::Signing), disabled))
}

/// A field with its label, its help and what is wrong with it.
fn text(terms: &Terms, name: &'static str, title: AttrValue, helps: AttrValue) -> Element {
    let kind = if name == "until" { "date" } else { "text" };
    let errors: Vec<&Explained> = terms.problems_of(name).collect();
    let (help_id, error_id) = (format!("server-{name}-help"), format!("server-{name}-error"));
    let id = format!("server-{name}");
    let input = Tag::Input
        .class("input")
        .set(Attr::Id, id.clone())
        .set(Attr::Type, kind)
        .set(Attr::Autocomplete, "off")
        .set(Attr::Value, terms.text(name).to_owned())
        .set(Attr::AriaInvalid, (!errors.is_empty()).to_string())
        .set(Attr::AriaDescribedby, format!("{help_id} {error_id}"))
        .act(Field::Server(name.into()).typed());
    Tag::Div
        .class(if errors.is_empty() { "field" } else { "field is-invalid" })
        .with(Tag::Label.class("label").set(Attr::For, id).with(title))
        .with(input)
        .with(Tag::P.class("field-help").set(Attr::Id, help_id).with(helps))
        .with(problems(error_id, errors))
}

fn locked_when(locked: bool, mut one: Element) -> Element {
    for child in &mut one.children {
        if let Node::Element(input) = child
            && input.tag == Tag::Input
        {
            **input = std::mem::replace(input.as_mut(), Tag::Input.empty()).flag(Attr::Disabled, locked);
        }
    }
    one
}

fn tick(name: &str, ticked: bool, text: AttrValue) -> Element {
    check_of(check_box("checkbox", ticked).act(Field::Server(name.into()).ticked()), text)
}

/// The switches that are to be looked at twice, and why.
fn dangerous(terms: &Terms) -> Element {
    let errors: Vec<&Explained> = terms.problems_of("looked").collect();
    let look = terms.dangerous().then(|| {
        let why = [
            terms.text("oem").trim().parse::<u64>().is_ok_and(|depth| depth > 0).then(|| t!("server-oem-why")),
            terms.offline.then(|| t!("server-offline-why")),
        ];
        let body = Tag::Div
            .class("alert-body")
            .each(why.into_iter().flatten().map(|why| Tag::P.with(why)))
            .with(tick("looked", terms.looked, t!("server-looked")))
            .with(problems("server-looked-error".into(), errors));
        Tag::Div.class("alert alert-warn").with(Tag::P.class("alert-title").with(t!("server-look-title"))).with(body)
    });
    let url = text(terms, "url", t!("server-url"), t!("server-url-help"));
    let oem = text(terms, "oem", t!("server-oem"), t!("server-oem-help"));
    Tag::Div
        .class("stack-tight")
        .with(Tag::Div.class("fields").with(url).with(oem))
        .with(tick("offline", terms.offline, t!("server-offline")))
        .with(look)
}

/// Each seat type with its stages, what is free, and a picture of it.
fn seats(state: &State, account: &Account, chain: &Chain, terms: &Terms) -> Vec<Element> {
    let free = free(account, chain, terms.known.as_ref(), state.now);
    let each = terms.stages.iter().map(|(seat_type, list)| {
        let name = words::label(account.bundle(), seat_type);
        let here = free.iter().find(|(id, _)| id == seat_type).map_or(Ceiling::Unlimited, |(_, free)| *free);
        let errors: Vec<Explained> = terms.problems_of(&format!("seats/{seat_type}")).cloned().collect();
        stages::editor(seat_type, &name, list, &limit(here), &errors)
    });
    each.collect()
}

/// Whether this account has license servers, or may make some.
pub(super) fn has_servers(account: &Account, now: Time) -> bool {
    delegating(account).next().is_some() || !servers(account, now).is_empty()
}
