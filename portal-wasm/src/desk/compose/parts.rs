//! Parts that many pages share: cards, tables, summaries, bars, refusals, buttons, drop zones.

use yew::AttrValue;

use super::icons::{self, icon};
use crate::desk::model::command::{Command, Field};
use crate::desk::model::shown::{Busy, Explained};
use crate::screen::{Act, Attr, Element, Node, Tag};
use crate::t;

/// How good or bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Good.
    Ok,
    /// To be known.
    Info,
    /// To be watched.
    Warn,
    /// Bad.
    Danger,
}

/// One line of a summary.
pub(super) struct Row {
    label: AttrValue,
    value: Node,
}

impl Row {
    /// A line with a text.
    pub(super) fn new(label: impl Into<AttrValue>, value: impl ToString) -> Self {
        Self { label: label.into(), value: value.to_string().into() }
    }

    /// A line with a code.
    pub(super) fn code(label: impl Into<AttrValue>, value: impl ToString) -> Self {
        Self { label: label.into(), value: code(value).into() }
    }
}

/// A text as a code: a key, a digest.
pub(super) fn code(text: impl ToString) -> Element {
    Tag::Code.with(text.to_string())
}

/// A text on one line.
pub(super) fn short(text: impl ToString) -> Element {
    Tag::Span.class("nowrap").with(text.to_string())
}

/// A state in one word.
pub(super) fn badge(tone: Tone, text: impl Into<AttrValue>) -> Element {
    let class = match tone {
        Tone::Ok => "badge badge-ok",
        Tone::Info => "badge badge-info",
        Tone::Warn => "badge badge-warn",
        Tone::Danger => "badge badge-danger",
    };
    Tag::Span.class(class).with(text.into())
}

/// A small text that says less than the others.
pub(super) fn muted(text: impl Into<AttrValue>) -> Element {
    Tag::P.class("small muted").with(text.into())
}

/// A command to type on a machine.
pub(super) fn log(text: impl Into<AttrValue>) -> Element {
    Tag::Pre.class("log").set(Attr::Tabindex, "0").with(text.into())
}

/// A note beside a card's title.
pub(super) fn note(text: impl Into<AttrValue>) -> Element {
    Tag::Span.class("card-note").with(text.into())
}

/// A card with a title, something beside it, and a body.
pub(super) fn card(title: impl Into<AttrValue>, beside: impl Into<Node>, body: impl Into<Node>) -> Element {
    in_card(Tag::Section.class("card"), title, beside).with(Tag::Div.class("card-body").with(body))
}

/// A card whose table goes from edge to edge.
pub(super) fn table_card(title: impl Into<AttrValue>, beside: impl Into<Node>, body: impl Into<Node>) -> Element {
    in_card(Tag::Section.class("card card-flush"), title, beside).with(Tag::Div.class("card-body").with(body))
}

/// A card's head in an element that is a card.
pub(super) fn in_card(card: Element, title: impl Into<AttrValue>, beside: impl Into<Node>) -> Element {
    card.with(Tag::Div.class("card-head").with(Tag::H2.with(title.into())).with(beside))
}

/// A summary. Lines that follow one another under one label share it.
pub(super) fn summary(rows: Vec<Row>) -> Element {
    let mut groups: Vec<(AttrValue, Element)> = Vec::new();
    for row in rows {
        let value = Tag::Dd.with(row.value);
        match groups.last_mut() {
            Some((label, group)) if *label == row.label => group.children.push(value.into()),
            _ => groups.push((row.label.clone(), Tag::Div.with(Tag::Dt.with(row.label)).with(value))),
        }
    }
    Tag::Dl.class("summary").each(groups.into_iter().map(|(_, group)| group))
}

/// Something that shows its title alone until it is opened.
pub(super) fn folded(title: impl Into<AttrValue>, body: impl Into<Node>) -> Element {
    Tag::Details.class("fold").with(Tag::Summary.with(title.into())).with(body)
}

/// A table, which stacks on narrow screens: each value then stands beside its column's name, unless it is a cell already.
/// The first one names the line.
pub(super) fn table<const N: usize>(heads: [AttrValue; N], lines: impl IntoIterator<Item = [Node; N]>) -> Element {
    let line = |cells: [Node; N]| {
        let cell = |(index, (value, head)): (usize, (Node, &AttrValue))| match value {
            Node::Element(cell) if cell.tag == Tag::Td => *cell,
            value if index == 0 => Tag::Th.empty().set(Attr::Scope, "row").with(value),
            value => Tag::Td.empty().set(Attr::DataLabel, head.clone()).with(value),
        };
        Tag::Tr.empty().each(cells.into_iter().zip(&heads).enumerate().map(cell))
    };
    let body = Tag::Tbody.empty().each(lines.into_iter().map(line));
    let head = heads.iter().map(|head| Tag::Th.empty().set(Attr::Scope, "col").with(head));
    Tag::Table.class("table").with(Tag::Thead.with(Tag::Tr.empty().each(head))).with(body)
}

/// A button.
pub(super) fn button(class: &'static str, text: impl Into<AttrValue>, command: &Command) -> Element {
    Tag::Button.class(class).set(Attr::Type, "button").with(text.into()).act(command.click())
}

/// A button that is an icon with a name.
pub(super) fn icon_button(name: AttrValue, path: &'static str, act: Act) -> Element {
    Tag::Button
        .class("icon-button")
        .set(Attr::Type, "button")
        .set(Attr::AriaLabel, name.clone())
        .set(Attr::Title, name)
        .with(icon(path))
        .act(act)
}

/// The button that sends a form, or does what a page is for: it waits while something goes on.
pub(super) fn main_button(class: &str, text: impl Into<AttrValue>, busy: bool, disabled: bool) -> Element {
    let class = if busy { format!("{class} is-busy") } else { class.to_owned() };
    Tag::Button.empty().set(Attr::Class, class).flag(Attr::Disabled, busy || disabled).with(text.into())
}

/// A place to drop a file, which is also a button to choose one. Dropping works on the whole page.
pub(super) fn drop_zone(title: AttrValue, hint: AttrValue, busy: Option<Busy>) -> Element {
    Tag::Label
        .class(if busy == Some(Busy::Reading) { "drop is-busy" } else { "drop" })
        .with(file_input())
        .with(Tag::Span.class("drop-icon").with(icon(icons::DROP)))
        .with(Tag::Span.class("drop-title").with(title))
        .with(Tag::Span.class("drop-hint").with(hint))
}

/// What opens the browser's own choice of files.
pub(super) fn file_input() -> Element {
    let input = Tag::Input.class("visually-hidden").set(Attr::Type, "file").flag(Attr::Multiple, true);
    input.act(Act::Files)
}

/// A search among more than a page shows, and how many there are.
pub(super) fn find(searched: &str, count: AttrValue) -> Element {
    let input = field("find", "search")
        .set(Attr::Autocomplete, "off")
        .set(Attr::Maxlength, "200")
        .set(Attr::AriaDescribedby, "find-count")
        .set(Attr::Value, searched.to_owned())
        .act(Field::Search.typed());
    let count = help("find-count", count).set(Attr::Role, "status");
    Tag::Div.class("field").with(label("find", t!("find"))).with(input).with(count)
}

/// A field for one line.
pub(super) fn field(id: &'static str, kind: &'static str) -> Element {
    Tag::Input.class("input").set(Attr::Id, id).set(Attr::Type, kind)
}

/// A field's label.
pub(super) fn label(id: &'static str, text: AttrValue) -> Element {
    Tag::Label.class("label").set(Attr::For, id).with(text)
}

/// What helps to fill a field.
pub(super) fn help(id: &'static str, text: AttrValue) -> Element {
    Tag::P.class("field-help").set(Attr::Id, id).with(text)
}

/// A box to tick, with its text.
pub(super) fn check(ticked: bool, field: &Field, text: AttrValue) -> Element {
    check_of(check_box("checkbox", ticked).act(field.ticked()), text)
}

/// A box or a choice, not said with every change unless it is told to be.
pub(super) fn check_box(kind: &'static str, ticked: bool) -> Element {
    let ticked = if ticked { "checked" } else { "" };
    Tag::Input.empty().set(Attr::Type, kind).set(Attr::Checked, ticked)
}

/// A box or a choice with its text.
pub(super) fn check_of(input: Element, text: AttrValue) -> Element {
    Tag::Label.class("check").with(input).with(Tag::Span.with(text))
}

/// Refusals in pairs: what happened, what to do; the code for support. None: nothing.
pub(super) fn refusals(errors: &[Explained]) -> Option<Element> {
    refusal_list(errors).map(|list| list.set(Attr::Role, "alert"))
}

/// Refusals that are not read out by themselves, where many stand in one table. None: nothing.
pub(super) fn refusal_list(errors: &[Explained]) -> Option<Element> {
    let one = |error: &Explained| {
        let earlier = error.earlier.as_ref().map(|document| {
            let again = Command::Download(document.clone());
            Tag::P.class("actions").with(button("button button-small", t!("download-earlier"), &again))
        });
        Tag::Li
            .class("refusal")
            .set(Attr::DataCode, error.code.clone())
            .with(Tag::P.class("refusal-what").with(&error.what))
            .with(Tag::Div.class("refusal-do").with(Tag::P.with(&error.advice)).with(earlier))
            .with(Tag::P.class("refusal-code").with(&error.code))
    };
    (!errors.is_empty()).then(|| Tag::Ul.class("refusals").each(errors.iter().map(one)))
}

/// What is wrong with a field, beside it.
pub(super) fn problems<'a>(id: String, errors: impl IntoIterator<Item = &'a Explained>) -> Element {
    let problem = |error: &Explained| {
        let text = t!("what-and-do", what = error.what, advice = error.advice);
        Tag::P.class("field-error").set(Attr::DataCode, error.code.clone()).with(text)
    };
    Tag::Div.empty().set(Attr::Id, id).set(Attr::Role, "alert").each(errors.into_iter().map(problem))
}

/// A bar: held by others, taken here, free. The text beside it says the same in words.
pub(super) fn bar(total: u64, held: u64, this: u64) -> Element {
    let whole = total.max(held.saturating_add(this)).max(1);
    let width = |part: u64| (u128::from(part) * 1000 / u128::from(whole)).to_string();
    let fits = this.min(total.saturating_sub(held));
    let part = |class: &'static str, before: u64, part: u64| {
        let rect = Tag::Rect.class(class).set(Attr::X, width(before)).set(Attr::Y, "0");
        (part > 0).then(|| rect.set(Attr::Width, width(part)).set(Attr::Height, "8"))
    };
    Tag::Svg
        .class("bar")
        .set(Attr::ViewBox, "0 0 1000 8")
        .set(Attr::PreserveAspectRatio, "none")
        .set(Attr::AriaHidden, "true")
        .with(part("bar-held", 0, held))
        .with(part("bar-this", held, fits))
        .with(part("bar-over", held.saturating_add(fits), this - fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Class, place and width of each part.
    fn parts(bar: Element) -> Vec<(String, String, String)> {
        let attr =
            |rect: &Element, wanted| rect.attributes.iter().find(|(name, _)| *name == wanted).unwrap().1.to_string();
        let groups = bar.children.into_iter().flat_map(|node| match node {
            Node::Group(parts) => parts,
            other => panic!("{other:?}"),
        });
        let part = |node| match node {
            Node::Element(rect) => (attr(&rect, Attr::Class), attr(&rect, Attr::X), attr(&rect, Attr::Width)),
            other => panic!("{other:?}"),
        };
        groups.map(part).collect()
    }

    #[test]
    fn bars_show_what_is_too_much() {
        let part = |class: &str, x: &str, width: &str| (class.to_owned(), x.to_owned(), width.to_owned());
        // Twelve in all: a third held, half that fits, a sixth too much.
        let over = [part("bar-held", "0", "333"), part("bar-this", "333", "500"), part("bar-over", "833", "166")];
        assert_eq!(parts(bar(10, 4, 8)), over);
        assert_eq!(parts(bar(10, 4, 6)), [part("bar-held", "0", "400"), part("bar-this", "400", "600")]);
        assert_eq!(parts(bar(0, 0, 0)), []);
    }
}
