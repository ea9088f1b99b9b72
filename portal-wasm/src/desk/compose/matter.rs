//! Step 4 for a matter without dates and seats: what it is about, what it changes and costs, and one button.

use std::mem;

use postern_issuer::{ClockExamination, overview};
use postern_protocol::describe::duration;
use postern_protocol::documents::{ClockReading, Deactivation, Request};
use yew::AttrValue;

use super::changes::changes;
use super::machine::{about, counters, entitlements, held, seats};
use super::parts::{
    Row, Tone, badge, button, card, check, field, help, in_card, label, main_button, muted, refusals, summary,
};
use super::sheet::Sheet;
use crate::desk::model::account::Account;
use crate::desk::model::command::{Command, Field};
use crate::desk::model::error::refused;
use crate::desk::model::flow::State;
use crate::desk::model::matter::{Matter, What};
use crate::desk::model::shown::{Busy, Explained};
use crate::desk::model::words;
use crate::screen::{Act, Attr, Element, Node, Submit, Tag};
use crate::t;

/// A matter in words.
#[derive(Default)]
struct Words {
    /// The title.
    title: AttrValue,
    /// One sentence below it.
    lead: AttrValue,
    /// What it is about.
    about: Vec<Row>,
    /// The title of what is decided.
    head: AttrValue,
    /// What is decided.
    rows: Vec<Row>,
    /// What is to be filled in.
    field: Option<Element>,
    /// What else is to be known.
    notes: Vec<AttrValue>,
    /// The button's text.
    act: AttrValue,
}

/// The fourth step, where nothing is allocated.
pub(super) fn matter(state: &State, account: &Account, matter: &Matter) -> Sheet {
    let refused: Vec<Explained> = matter.refusals().map(|one| refused(one, account.bundle())).collect();
    let mut words = words(state, account, matter);
    let dropped = !matter.name.is_empty();
    let (beside, leave) = match dropped {
        true => (t!("dropped-file"), t!("another-request")),
        false => (t!("machine"), t!("back")),
    };
    let name = dropped.then(|| Tag::P.class("file-name").with(&matter.name));
    let about = Node::Group(vec![name.into(), summary(mem::take(&mut words.about)).into()]);
    let signed = dropped.then(|| badge(Tone::Ok, t!("request-signed")));
    let (title, lead) = (mem::take(&mut words.title), mem::take(&mut words.lead));
    let choice = if refused.is_empty() {
        form(state, account, matter, words)
    } else {
        Tag::Section
            .class("stack")
            .with(Tag::H2.with(t!("matter-refused", n = refused.len())))
            .with(refusals(&refused))
            .with(Tag::P.class("actions").with(button("button", leave, &Command::Again)))
    };
    // Another matter begins with fresh fields.
    Sheet::new(format!("matter-{}", state.requests), title, lead)
        .step(4)
        .with(Tag::Div.class("split").with(choice).with(card(beside, signed, about)))
}

/// What is decided, what is to be filled in, and the button.
fn form(state: &State, account: &Account, matter: &Matter, words: Words) -> Element {
    let decision = matter.verdict.as_ref().ok();
    let change = decision.map(|decision| decision.before_after()).filter(|change| change.end_after.is_some());
    let notes: Vec<Element> = words.notes.into_iter().map(muted).collect();
    let body = Tag::Div
        .class("card-body")
        .with((!words.rows.is_empty()).then(|| summary(words.rows)))
        .with(words.field)
        .with(change.map(|change| changes(account, change, Vec::new())))
        .with(notes);
    let busy = state.busy == Some(Busy::Signing);
    let foot = Tag::Div
        .class("card-foot")
        .with(button("button button-quiet", t!("back"), &Command::Again))
        .with(main_button("button button-primary push", words.act, busy, decision.is_none()));
    let submit = Submit { command: Command::CarryOut.bytes(), plain: Vec::new(), secret: Vec::new() };
    in_card(Tag::Form.class("card"), words.head, Node::none()).with(body).with(foot).act(Act::Submit(submit))
}

fn words(state: &State, account: &Account, matter: &Matter) -> Words {
    match &matter.what {
        What::Clock(request) => clock(account, request, matter.clock.as_ref()),
        What::Report(request) => report(account, request),
        What::GivenBack(given_back) => self::given_back(state, account, given_back),
        What::Refresh { device, license_id, move_base } => {
            let license = matter.verdict.as_ref().ok().and_then(|decision| decision.license());
            // A counter without a reset period never begins anew.
            let periods = license.is_some_and(|license| {
                license.consumption.iter().any(|counter| counter.reset_period.limit().is_some())
            });
            let mut notes = vec![t!("refresh-note")];
            if periods {
                notes.push(t!("move-base-note"));
            }
            Words {
                title: t!("refresh-title", machine = device.short()),
                lead: t!("refresh-lead"),
                head: t!("refresh-head"),
                about: held(state, account, device, license_id),
                field: periods.then(|| check(*move_base, &Field::MoveBase, t!("move-base"))),
                rows: license.map(|license| entitlements(account, license)).unwrap_or_default(),
                notes,
                act: t!("refresh-act"),
            }
        }
        What::Release { device, license_id, reason } => {
            let right = matter.chain.leaf().rights.release_dead;
            let cost = t!("release-cost", quota = right.quota, cooldown = duration(right.cooldown));
            Words {
                title: t!("release-title", machine = device.short()),
                lead: t!("release-lead"),
                head: t!("release-head"),
                about: held(state, account, device, license_id),
                field: Some(self::reason(reason)),
                notes: vec![t!("release-note"), cost],
                act: t!("release-act"),
                ..Words::default()
            }
        }
    }
}

/// Why a machine is released.
fn reason(typed: &str) -> Element {
    let input = field("reason", "text")
        .set(Attr::Maxlength, "256")
        .set(Attr::Autocomplete, "off")
        .set(Attr::Value, typed.to_owned())
        .set(Attr::AriaDescribedby, "reason-help")
        .act(Field::Reason.typed());
    Tag::Div.class("field").with(label("reason", t!("reason"))).with(input).with(help("reason-help", t!("reason-help")))
}

fn clock(account: &Account, request: &Request, clock: Option<&ClockExamination>) -> Words {
    let instant = |read: fn(&ClockReading) -> postern_protocol::Time| {
        request.clock.as_ref().map_or_else(|| t!("unknown"), |reading| words::instant(read(reading)))
    };
    let mut about = about(account, request, t!("asks-for-time"));
    about.push(Row::new(t!("clock-there"), instant(|reading| reading.now)));
    about.push(Row::new(t!("clock-floor"), instant(|reading| reading.floor)));
    Words {
        title: t!("clock-title", machine = request.device.key.short()),
        lead: t!("clock-lead"),
        head: t!("kind-time-ticket"),
        about,
        rows: clock.map(|examination| clock_rows(request, examination)).unwrap_or_default(),
        notes: vec![t!("clock-check"), t!("clock-limits")],
        act: t!("clock-make"),
        ..Words::default()
    }
}

fn clock_rows(request: &Request, examination: &ClockExamination) -> Vec<Row> {
    let right = examination.right;
    let mut rows = vec![
        Row::new(t!("clock-here"), t!("clock-here-at", at = words::instant(examination.time))),
        Row::new(t!("clock-change"), clock_change(request, examination)),
    ];
    if examination.back > 0 {
        let left = right.count.saturating_sub(examination.used);
        rows.push(Row::new(t!("clock-left"), t!("clock-left-of", left = left, count = right.count)));
        rows.push(Row::new(t!("clock-most"), duration(right.max_back)));
    }
    rows
}

/// What the ticket does to the machine's clock.
fn clock_change(request: &Request, examination: &ClockExamination) -> AttrValue {
    let now = request.clock.map_or(examination.time, |reading| reading.now);
    if examination.back > 0 {
        t!("clock-back", span = words::span(examination.back))
    } else if now < examination.time {
        t!("clock-forward", span = words::span(examination.time.since(now)))
    } else {
        t!("clock-free")
    }
}

fn report(account: &Account, request: &Request) -> Words {
    let mut rows = counters(account, &request.consumption);
    rows.push(Row::new(t!("usage-records"), request.usage.count));
    Words {
        title: t!("report-title", machine = request.device.key.short()),
        lead: t!("report-lead"),
        head: t!("report-head"),
        about: about(account, request, t!("asks-for-nothing")),
        rows,
        act: t!("report-act"),
        ..Words::default()
    }
}

fn given_back(state: &State, account: &Account, given_back: &Deactivation) -> Words {
    let bundle = account.bundle();
    let about = vec![
        Row::code(t!("machine"), given_back.device.key.short()),
        Row::new(t!("account"), words::label(bundle, &given_back.account)),
        Row::new(t!("license-id"), words::label(bundle, &given_back.license_id)),
        Row::new(t!("given-back-at"), words::instant(given_back.deactivated_at)),
        Row::code(t!("license"), given_back.license.short()),
    ];
    let held = account.chain(&given_back.license_id).ok().map(|chain| overview(&account.desk(&chain, state.now)));
    let held = held.and_then(|figures| figures.machines.into_iter().find(|one| one.device == given_back.device.key));
    let mut rows = Vec::new();
    if let Some(machine) = held {
        rows.push(Row::new(t!("given-back-frees"), seats(account, &machine)));
    }
    rows.extend(counters(account, &given_back.consumption));
    rows.extend(given_back.variables.iter().map(|one| Row::new(t!("variable", name = one.name), &one.value)));
    Words {
        title: t!("given-back-title", machine = given_back.device.key.short()),
        lead: t!("given-back-lead"),
        head: t!("given-back-head"),
        about,
        rows,
        notes: vec![t!("given-back-note")],
        act: t!("given-back-act"),
        ..Words::default()
    }
}
