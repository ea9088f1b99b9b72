//! Step 4: dates and quantities, with what is free and what would change, live.

use postern_issuer::{Recovery, SeatRow};
use postern_protocol::describe::duration;
use postern_protocol::documents::{Ceiling, Purpose};
use postern_protocol::time::{DAY, HOUR};
use yew::AttrValue;

use super::changes::changes;
use super::parts::{
    Row, Tone, badge, bar, button, card, check, check_box, check_of, field, help, in_card, label, main_button, muted,
    problems, refusals, summary,
};
use super::request::request;
use super::sheet::Sheet;
use crate::desk::model::account::Account;
use crate::desk::model::command::{Command, Field};
use crate::desk::model::effect::release;
use crate::desk::model::error::refused;
use crate::desk::model::flow::State;
use crate::desk::model::form::Asked;
use crate::desk::model::shown::{Busy, Explained};
use crate::desk::model::words;
use crate::screen::{Act, Attr, Element, Node, Submit, Tag};
use crate::t;

pub(super) fn allocate(state: &State, account: &Account, asked: &Asked) -> Sheet {
    let machine = asked.request.device.key.short();
    // What no choice can help comes from the examination alone.
    let refused: Vec<Explained> = asked.examination.refusals.iter().map(|one| refused(one, account.bundle())).collect();
    let choice = if refused.is_empty() {
        form(state, account, asked)
    } else {
        Tag::Section
            .class("stack")
            .with(Tag::H2.with(t!("allocate-refused", n = refused.len())))
            .with(refusals(&refused))
            .with(Tag::P.class("actions").with(button("button", t!("another-request"), &Command::Again)))
    };
    let about = vec![Tag::P.class("file-name").with(&asked.name), summary(request(state.now, account, asked))];
    let about = card(t!("request"), badge(Tone::Ok, t!("request-signed")), about);
    let (title, lead) = match asked.request.purpose {
        Purpose::Activation => (t!("activate-title", machine = machine), t!("activate-lead")),
        _ => (t!("allocate-title", machine = machine), t!("allocate-lead")),
    };
    // Another request begins with fresh fields.
    Sheet::new(format!("allocate-{}", state.requests), title, lead)
        .step(4)
        .with(Tag::Div.class("split").with(choice).with(about))
}

/// The fields, what changes, and the button.
fn form(state: &State, account: &Account, asked: &Asked) -> Element {
    let verdict = &asked.verdict;
    let fork = asked.examination.recovery.as_ref().map(|recovery| fork(asked, recovery));
    let seats = (!asked.rows.is_empty()).then(|| seats(account, asked));
    let change = verdict
        .change
        .as_ref()
        .map(|change| changes(account, change, release(account.bundle(), asked.request.get(), change)));
    let body = Tag::Div
        .class("card-body")
        .with(fork)
        .with(days(asked))
        .with(seats.map(Node::from))
        .with(refusals(&verdict.other))
        .with(verdict.nothing.then(|| Tag::P.class("muted").with(t!("choose-seats"))))
        .with(change)
        .with(muted(windows(asked)));
    let busy = state.busy == Some(Busy::Signing);
    let foot = Tag::Div
        .class("card-foot")
        .with(button("button button-quiet", t!("back"), &Command::Again))
        .with(main_button("button button-primary push", t!("issue"), busy, verdict.change.is_none()));
    let title = match asked.request.purpose {
        Purpose::Activation => t!("license"),
        _ => t!("allocation"),
    };
    let submit = Submit { command: Command::Issue.bytes(), plain: Vec::new(), secret: Vec::new() };
    in_card(Tag::Form.class("card"), title, Node::none()).with(body).with(foot).act(Act::Submit(submit))
}

/// How long an answer can be installed, and what comes after that.
fn windows(asked: &Asked) -> AttrValue {
    let cycle = asked.chain.leaf().cycle;
    let (hours, days) = (cycle.request_window / HOUR, cycle.cycle_window / DAY);
    match asked.request.purpose {
        Purpose::Activation => t!("cycle-windows-activation", hours = hours, days = days),
        _ => t!("cycle-windows", hours = hours, days = days),
    }
}

/// A restored machine: the fork in words, what accepting it costs, and the switch. Nothing is ticked beforehand.
fn fork(asked: &Asked, recovery: &Recovery) -> Element {
    let (installed, usage, right) = (asked.request.installed, asked.request.usage, recovery.right);
    let told = recovery
        .told
        .map_or_else(|| t!("none"), |(told, at)| t!("fork-records-told", n = told.count, at = words::instant(at)));
    let left = right.quota.saturating_sub(recovery.used);
    let rows = vec![
        Row::new(t!("fork-license-there"), installed.sequence),
        Row::new(t!("fork-license-here"), recovery.sequence),
        Row::new(t!("fork-records-there"), usage.count),
        Row::new(t!("fork-records-here"), told),
    ];
    let cost = t!("fork-cost", left = left, quota = right.quota, cooldown = duration(right.cooldown));
    let accept = check_box("checkbox", asked.form.accept_fork).set(Attr::AriaDescribedby, "fork-cost");
    let body = Tag::Div
        .class("alert-body")
        .with(Tag::P.with(t!("fork-what")))
        .with(summary(rows))
        .with(Tag::P.with(t!("fork-find-out")))
        .with(check_of(accept.act(Field::AcceptFork.ticked()), t!("fork-accept")))
        .with(muted(cost).set(Attr::Class, "small").set(Attr::Id, "fork-cost"));
    Tag::Div
        .class("alert alert-warn")
        .set(Attr::DataFork, "")
        .with(Tag::P.class("alert-title").with(t!("fork-title")))
        .with(body)
}

/// First and last day.
fn days(asked: &Asked) -> Element {
    let (examination, form, verdict) = (&asked.examination, &asked.form, &asked.verdict);
    let earliest = examination.start_min.date();
    let latest = examination.end_max.limit().map(|end| end.date());
    let end_help = latest.as_ref().map_or_else(|| t!("end-help-endless"), |day| t!("end-help", day = day));
    let day = |id, typed: &str, said: &Field, described| {
        let input = field(id, "date").set(Attr::Value, typed.to_owned()).set(Attr::AriaDescribedby, described);
        let input = latest.iter().fold(input, |input, day| input.set(Attr::Max, day.clone()));
        input.act(said.typed())
    };
    let start = day("start", &form.start, &Field::Start, "start-help start-error").set(Attr::Min, earliest.clone());
    let end = day("end", &form.end, &Field::End, "end-help end-error").set(Attr::Min, form.start.clone());
    let endless = latest.is_none().then(|| check(form.endless, &Field::Endless, t!("endless")));
    let around = |errors: &[Explained]| Tag::Div.class(if errors.is_empty() { "field" } else { "field is-invalid" });
    let start = around(&verdict.start)
        .with(label("start", t!("start")))
        .with(start)
        .with(help("start-help", t!("start-help", day = earliest)))
        .with(problems("start-error".into(), &verdict.start));
    let end = around(&verdict.end)
        .with(label("end", t!("end")))
        .with(end.flag(Attr::Disabled, form.endless))
        .with(help("end-help", end_help))
        .with(endless)
        .with(problems("end-error".into(), &verdict.end));
    Tag::Div.class("fields").with(start).with(end)
}

/// Each seat type, and what the colours of their bars mean.
fn seats(account: &Account, asked: &Asked) -> Vec<Element> {
    let meaning = |class, text| Tag::Li.with(Tag::Span.class(class)).with(text);
    vec![
        Tag::Hr.class("rule"),
        Tag::Ul.class("seats").each(asked.rows.iter().map(|row| seat(account, asked, row))),
        Tag::Ul
            .class("legend")
            .set(Attr::AriaHidden, "true")
            .with(meaning("swatch swatch-held", t!("legend-held")))
            .with(meaning("swatch swatch-this", t!("legend-this")))
            .with(meaning("swatch swatch-free", t!("legend-free"))),
    ]
}

/// One seat type: a slider and a number, what is free, and why a value is refused.
fn seat(account: &Account, asked: &Asked, row: &SeatRow) -> Element {
    let name = words::label(account.bundle(), &row.seat_type);
    let typed = asked.typed(&row.seat_type);
    let chosen = typed.trim().parse::<u64>().unwrap_or(0);
    let errors: Vec<&Explained> = asked.verdict.seat(&row.seat_type).collect();
    let id = format!("seats-{}", row.seat_type);
    let (help, error) = (format!("{id}-help"), format!("{id}-error"));
    let number = Tag::Input
        .class("input number")
        .set(Attr::Id, id.clone())
        .set(Attr::Type, "text")
        .set(Attr::Inputmode, "numeric")
        .set(Attr::Autocomplete, "off")
        .set(Attr::Value, typed.to_owned())
        .set(Attr::AriaInvalid, (!errors.is_empty()).to_string())
        .set(Attr::AriaDescribedby, format!("{error} {help}"))
        .act(Field::Seats(row.seat_type.to_string()).typed());
    let slider = row.free.limit().map(|most| {
        Tag::Input
            .class("range")
            .set(Attr::Type, "range")
            .set(Attr::Min, "0")
            .set(Attr::Max, most.to_string())
            .set(Attr::Step, "1")
            .set(Attr::Value, chosen.min(*most).to_string())
            .flag(Attr::Disabled, *most == 0)
            .set(Attr::AriaLabel, t!("seat-slider", name = name))
            .act(Field::Slider(row.seat_type.to_string()).typed())
    });
    let bought = row.ceiling.limit().map(|total| {
        let left = total.saturating_sub(row.held_elsewhere).saturating_sub(chosen);
        let text = t!("seat-bar", total = total, held = row.held_elsewhere, this = chosen, left = left);
        vec![bar(*total, row.held_elsewhere, chosen), Tag::P.class("bar-text").with(text)]
    });
    let head = Tag::Div
        .class("seat-head")
        .with(Tag::Label.class("seat-name").set(Attr::For, id).with(name))
        .with(Tag::P.class("seat-free").set(Attr::Id, help).with(seat_help(row)));
    Tag::Li
        .class(if errors.is_empty() { "seat" } else { "seat is-invalid" })
        .set(Attr::DataSeat, row.seat_type.to_string())
        .key(row.seat_type.to_string())
        .with(head)
        .with(Tag::Div.class("seat-input").with(number).with(slider))
        .with(bought.map(Node::from))
        .with(problems(error, errors))
}

fn seat_help(row: &SeatRow) -> AttrValue {
    let free = match row.free {
        Ceiling::Unlimited => t!("seat-unlimited"),
        Ceiling::Limited(free) => t!("seat-free", n = free),
    };
    match (row.held_by_this, row.in_use_there) {
        (0, 0) => free,
        (held, 0) => t!("seat-free-held", free = free, held = held),
        (held, used) => t!("seat-free-used", free = free, held = held, used = used),
    }
}
