//! Step 5: the license or time ticket is issued; where it goes now, and what the ledger says.

use postern_protocol::Digest;
use postern_protocol::documents::Event;

use super::changes::changes;
use super::parts::{Row, Tone, badge, button, in_card, log, muted, summary};
use super::sheet::Sheet;
use crate::desk::model::account::{Account, Way};
use crate::desk::model::command::Command;
use crate::desk::model::flow::{Answered, Issued, State};
use crate::desk::model::matter::What;
use crate::desk::model::words;
use crate::screen::{Node, Tag};
use crate::t;

pub(super) fn done(state: &State, account: &Account, issued: &Issued, answers: &Answered, document: Digest) -> Sheet {
    let entry = account.ledger.as_ref().and_then(|ledger| {
        ledger.entries().iter().rev().find_map(|entry| match &entry.event {
            Event::Issued(issued) if issued.license == document => {
                Some((entry.place.position, Some(issued.install_before)))
            }
            Event::ClockRepaired { ticket, .. } if *ticket == document => Some((entry.place.position, None)),
            Event::Settled { receipt, .. } if *receipt == document => Some((entry.place.position, None)),
            _ => None,
        })
    });
    let name = &issued.name;
    let (machine, title, act, command, change, deadline) = match answers {
        Answered::Request(asked) => {
            let machine = asked.request.device.key.short();
            let until = entry.and_then(|(_, until)| until);
            let deadline =
                until.map(|at| t!("done-deadline", at = words::instant(at), left = words::from_now(state.now, at)));
            let title = t!("done-title", machine = machine);
            (
                machine,
                title,
                t!("done-install"),
                t!("done-command", name = name),
                asked.verdict.change.as_ref(),
                deadline,
            )
        }
        Answered::Matter(matter) => {
            let machine = matter.what.device().short();
            let change = matter.verdict.as_ref().ok().map(|decision| decision.before_after());
            let change = change.filter(|change| change.end_after.is_some());
            let (title, act, command, then) = match &matter.what {
                What::GivenBack(_) => (
                    t!("given-back-done-title", machine = machine),
                    t!("given-back-done-act"),
                    t!("given-back-done-command", name = name),
                    Some(t!("given-back-done-then")),
                ),
                What::Refresh { .. } => (
                    t!("refresh-done-title", machine = machine),
                    t!("done-install"),
                    t!("done-command", name = name),
                    None,
                ),
                _ => (
                    t!("clock-done-title", machine = machine),
                    t!("clock-done-act"),
                    t!("clock-done-command", name = name),
                    Some(t!("clock-done-then")),
                ),
            };
            let until = entry.and_then(|(_, until)| until);
            let then = then.or_else(|| {
                until.map(|at| t!("done-deadline", at = words::instant(at), left = words::from_now(state.now, at)))
            });
            (machine, title, act, command, change, then)
        }
    };
    let figures = vec![
        Row::new(t!("file-name"), name),
        Row::new(t!("file-size"), t!("bytes", n = issued.bytes.len())),
        Row::code(t!("file-digest"), Digest::of(&issued.bytes)),
        Row::new(t!("ledger-position"), entry.map(|(position, _)| position.to_string()).unwrap_or_default()),
    ];
    let steps = Tag::Ol
        .class("next")
        .with(Tag::Li.with(t!("done-carry", name = name, machine = machine)))
        .with(Tag::Li.with(act).with(log(command)))
        .with(deadline.map(|deadline| Tag::Li.with(deadline)));
    let next = in_card(Tag::Section.class("card"), t!("done-next"), badge(Tone::Ok, t!("done-stored")))
        .with(Tag::Div.class("card-body").with(steps).with(change.map(|change| changes(account, change, Vec::new()))))
        .with(
            Tag::Div
                .class("card-foot")
                .with(button("button", t!("download-again"), &Command::Download(document.to_string())))
                .with(button("button button-primary push", t!("next-request"), &Command::Again)),
        );
    // On an end user's own machine there are no steps, and nobody asks for their ledger.
    let own = account.loaded.way == Way::Credential;
    let export = (!own).then(|| {
        let export = button("button button-small", t!("export"), &Command::ExportLedger);
        Tag::Div.class("card-foot").with(muted(t!("done-export-why"))).with(export)
    });
    let file = in_card(Tag::Aside.class("card"), t!("done-file"), Node::none())
        .with(Tag::Div.class("card-body").with(summary(figures)))
        .with(export);
    let sheet =
        Sheet::new("done", title, t!("done-lead", name = name)).with(Tag::Div.class("split").with(next).with(file));
    if own { sheet } else { sheet.step(5) }
}
