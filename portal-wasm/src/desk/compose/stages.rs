//! Allowance over time: a picture with its figures behind it, and the editor of stages.

use postern_protocol::documents::{Allowance, Bundle};
use postern_protocol::{Id, Time};
use yew::AttrValue;

use super::parts::{button, folded, problems, table};
use crate::desk::model::command::{Command, Field};
use crate::desk::model::shown::Explained;
use crate::desk::model::words;
use crate::screen::{Attr, Element, Node, Tag};
use crate::t;

/// Width and height that a picture is drawn in.
const WIDE: u64 = 1000;
const HIGH: u64 = 60;

/// How each seat type's allowance changes until the end; nothing where none does.
pub(super) fn chart(bundle: &Bundle, allowances: &[Allowance], now: Time, end: Time) -> Node {
    let changing: Vec<&Allowance> = allowances.iter().filter(|one| one.steps.len() > 1).collect();
    if changing.is_empty() || end <= now {
        return Node::none();
    }
    let pictures = changing.iter().map(|one| {
        let name = words::label(bundle, &one.seat_type);
        let picture = Tag::Svg
            .class("stages")
            .set(Attr::ViewBox, format!("0 0 {WIDE} {HIGH}"))
            .set(Attr::PreserveAspectRatio, "none")
            .set(Attr::AriaHidden, "true")
            .with(Tag::Polygon.empty().set(Attr::Points, line(one, now, end)));
        Tag::Div.class("stages-line").with(Tag::Span.class("small muted").with(name)).with(picture)
    });
    let step = |one: &Allowance| {
        let name = words::label(bundle, &one.seat_type);
        one.steps
            .iter()
            .map(|step| [name.clone().into(), words::day(step.from).into(), step.quantity.to_string().into()])
            .collect::<Vec<[Node; 3]>>()
    };
    let rows = changing.iter().flat_map(|one| step(one));
    let figures = table([t!("seat-type"), t!("stage-from"), t!("stage-seats")], rows);
    Tag::Div
        .class("stack-tight")
        .each(pictures)
        .with(
            Tag::P
                .class("stages-axis small muted")
                .with(Tag::Span.with(words::day(now)))
                .with(Tag::Span.with(words::day(end))),
        )
        .with(folded(t!("stages-table"), figures))
        .into()
}

/// The area below a step function, as the corners of a polygon.
fn line(allowance: &Allowance, now: Time, end: Time) -> String {
    let most = allowance.steps.iter().map(|step| step.quantity).max().unwrap_or(0).max(1);
    let whole = end.since(now).max(1);
    let x = |at: Time| at.since(now).min(whole) * WIDE / whole;
    let y = |quantity: u64| HIGH - (u128::from(quantity) * u128::from(HIGH) / u128::from(most)) as u64;
    let mut corners = vec![(0, HIGH), (0, y(allowance.at(now)))];
    for step in allowance.steps.iter().filter(|step| step.from > now && step.from <= end) {
        let before = corners.last().map_or(HIGH, |(_, y)| *y);
        corners.extend([(x(step.from), before), (x(step.from), y(step.quantity))]);
    }
    let last = corners.last().map_or(HIGH, |(_, y)| *y);
    corners.extend([(WIDE, last), (WIDE, HIGH)]);
    corners.into_iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
}

/// The stages of one seat type as fields.
pub(super) fn editor(
    seat_type: &Id,
    name: &AttrValue,
    list: &[(String, String)],
    free: &AttrValue,
    errors: &[Explained],
) -> Element {
    let stage = |(index, (day, number)): (usize, &(String, String))| {
        let input = |part: &str, kind: &'static str, value: &str, said: AttrValue| {
            Tag::Input
                .class(if kind == "date" { "input stage-day" } else { "input number" })
                .set(Attr::Type, kind)
                .set(Attr::Autocomplete, "off")
                .set(Attr::AriaLabel, said)
                .set(Attr::Value, value.to_owned())
                .act(Field::Server(format!("{part}/{seat_type}/{index}")).typed())
        };
        let number = input("number", "text", number, t!("stage-seats-of", name = name)).set(Attr::Inputmode, "numeric");
        let remove = (list.len() > 1).then(|| {
            let remove = Command::RemoveStage(seat_type.to_string(), index as u64);
            button("button button-small button-quiet", t!("stage-remove"), &remove)
        });
        Tag::Li
            .class("cluster")
            .with(number)
            .with(Tag::Span.with(t!("stage-from")))
            .with(input("day", "date", day, t!("stage-from-of", name = name)))
            .with(remove)
    };
    let add = button("button button-small", t!("stage-add"), &Command::AddStage(seat_type.to_string()));
    Tag::Fieldset
        .class("plain-fieldset")
        .set(Attr::DataSeat, seat_type.to_string())
        .with(Tag::Legend.with(t!("stages-of", name = name, free = free)))
        .with(Tag::Ul.class("choices").each(list.iter().enumerate().map(stage)))
        .with(problems(format!("server-seats-{seat_type}-error"), errors))
        .with(Tag::P.class("actions").with(add))
}

#[cfg(test)]
mod tests {
    use postern_protocol::documents::Step;

    use super::*;

    #[test]
    fn a_step_function_becomes_its_outline() {
        let at = |day: u64| Time::from_unix(1_800_000_000 + day * 86_400);
        let steps = vec![
            Step { from: at(0), quantity: 5 },
            Step { from: at(5), quantity: 10 },
            Step { from: at(8), quantity: 0 },
        ];
        let allowance = Allowance { seat_type: "bot-runner".parse().unwrap(), steps };
        assert_eq!(line(&allowance, at(0), at(10)), "0,60 0,30 500,30 500,0 800,0 800,60 1000,60 1000,60");
        // What has passed and what comes after the end is not drawn.
        assert_eq!(line(&allowance, at(6), at(7)), "0,60 0,0 1000,0 1000,60");
    }
}
