//! Small parts: headings that take the focus, cards, tables, summaries, bars, refusals.
//!
//! Where nothing is kept between two renderings a part is a plain function: smaller than a component.

use yew::prelude::*;

use super::ask::Desk;
use crate::browser::page;
use crate::screen::{Cell, ChangeView, Explained, Look, Row, Table, Tone};
use crate::t;
use crate::talk::Ask;

/// Paths of the icons, on a 24-pixel grid.
pub mod icons {
    /// A tray with an arrow: drop something here.
    pub const DROP: &str = "M12 3v11M7.5 9.8 12 14.3l4.5-4.5M4 15v4a1.5 1.5 0 0 0 1.5 1.5h13A1.5 1.5 0 0 0 20 19v-4";
    /// A key.
    pub const KEY: &str =
        "M14.5 3.5a6 6 0 1 0-4.6 9.7L12 15.3h2.4v2.4h2.4V20h3.7v-3.7l-5.9-5.9a6 6 0 0 0-.1-6.9zM8.2 8.2v.1";
    /// A folder: open a file.
    pub const FOLDER: &str =
        "M3.5 18.5v-12A1.5 1.5 0 0 1 5 5h4.2l2 2.2H19a1.5 1.5 0 0 1 1.5 1.5v9.8a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1z";
    /// A closed lock.
    pub const LOCK: &str = "M6.5 11h11a1 1 0 0 1 1 1v7.5a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1V12a1 1 0 0 1 1-1zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11";
    /// A magnifying glass.
    pub const LOOK: &str = "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.3 15.3 20.5 20.5";
    /// A cross.
    pub const CLOSE: &str = "M6 6l12 12M18 6 6 18";
    /// The moon.
    pub const MOON: &str = "M20 14.2A8 8 0 0 1 9.8 4 8 8 0 1 0 20 14.2z";
    /// The sun.
    pub const SUN: &str = "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4";
}

/// An icon that says nothing to screen readers.
pub fn icon(path: &'static str) -> Html {
    html! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d={path} /></svg> }
}

/// A button that is an icon with a name.
pub fn icon_button(name: AttrValue, path: &'static str, onclick: Callback<MouseEvent>) -> Html {
    html! {
        <button class="icon-button" type="button" aria-label={name.clone()} title={name} {onclick}>
            { icon(path) }
        </button>
    }
}

/// A button.
pub fn button(class: &'static str, text: AttrValue, onclick: Callback<MouseEvent>) -> Html {
    html! { <button {class} type="button" {onclick}>{ text }</button> }
}

/// What a heading shows.
#[derive(Clone, PartialEq, Properties)]
pub struct HeadingProps {
    /// The title.
    pub title: AttrValue,
    /// One sentence below it.
    #[prop_or_default]
    pub lead: AttrValue,
    /// Buttons beside it.
    #[prop_or_default]
    pub children: Html,
}

/// A page's or step's heading. It takes the focus when it appears, so that keyboard and screen reader follow.
#[component]
pub fn Heading(props: &HeadingProps) -> Html {
    let heading = use_node_ref();
    {
        let heading = heading.clone();
        use_effect_with(props.title.clone(), move |_| page::focus(&heading));
    }
    html! {
        <div class="page-head">
            <div>
                <h1 tabindex="-1" ref={heading}>{ &props.title }</h1>
                if !props.lead.is_empty() {
                    <p class="lead">{ &props.lead }</p>
                }
            </div>
            { props.children.clone() }
        </div>
    }
}

/// A card with a title, something beside it, and a body.
pub fn card(title: impl Into<AttrValue>, beside: Html, body: Html) -> Html {
    section("card", title.into(), beside, body)
}

/// A card whose table goes from edge to edge.
pub fn table_card(title: impl Into<AttrValue>, beside: Html, body: Html) -> Html {
    section("card card-flush", title.into(), beside, body)
}

fn section(class: &'static str, title: AttrValue, beside: Html, body: Html) -> Html {
    html! {
        <section {class}>
            <div class="card-head"><h2>{ title }</h2>{ beside }</div>
            <div class="card-body">{ body }</div>
        </section>
    }
}

/// A note beside a card's title.
pub fn note(text: &str) -> Html {
    html! { <span class="card-note">{ text }</span> }
}

/// A state in one word.
pub fn badge(tone: Tone, text: impl Into<AttrValue>) -> Html {
    let class = match tone {
        Tone::Ok => "badge badge-ok",
        Tone::Info => "badge badge-info",
        Tone::Warn => "badge badge-warn",
        Tone::Danger => "badge badge-danger",
    };
    html! { <span {class}>{ text.into() }</span> }
}

/// The class of an alert.
pub fn alert_class(tone: Tone) -> &'static str {
    match tone {
        Tone::Ok => "alert-success",
        Tone::Info => "alert-info",
        Tone::Warn => "alert-warn",
        Tone::Danger => "alert-error",
    }
}

/// A summary. Lines that follow one another under one label share it.
pub fn summary(rows: &[Row]) -> Html {
    let values = |row: &Row| html! { <dd>{ cell(&row.value) }</dd> };
    let group = |rows: &[Row]| {
        html! { <div>{ for rows.first().map(|row| html! { <dt>{ &row.label }</dt> }) }{ for rows.iter().map(values) }</div> }
    };
    html! { <dl class="summary">{ for rows.chunk_by(|a, b| a.label == b.label).map(group) }</dl> }
}

/// A summary that shows its title alone until it is opened.
pub fn folded(title: &str, rows: &[Row]) -> Html {
    html! { <details class="fold"><summary>{ title }</summary>{ summary(rows) }</details> }
}

fn cell(cell: &Cell) -> Html {
    match cell.look {
        Look::Plain => html! { { &cell.text } },
        Look::Short => html! { <span class="nowrap">{ &cell.text }</span> },
        Look::Code => html! { <code>{ &cell.text }</code> },
        Look::Badge(tone) => badge(tone, cell.text.clone()),
    }
}

/// A table, which stacks on narrow screens.
pub fn table(table: &Table) -> Html {
    lines(table, None, |_| Html::default())
}

/// A table with something to do in each line.
pub fn table_with(table: &Table, head: AttrValue, acts: impl Fn(usize) -> Html) -> Html {
    lines(table, Some(head), |index| html! { <td>{ acts(index) }</td> })
}

fn lines(table: &Table, last: Option<AttrValue>, more: impl Fn(usize) -> Html) -> Html {
    let line = |(index, line): (usize, &Vec<Cell>)| {
        let cells = line.iter().zip(&table.head).enumerate().map(|(index, (value, head))| {
            if index == 0 {
                html! { <th scope="row">{ cell(value) }</th> }
            } else {
                html! { <td data-label={head.clone()}>{ cell(value) }</td> }
            }
        });
        html! { <tr>{ for cells }{ more(index) }</tr> }
    };
    let head = table.head.iter().map(|head| html! { <th scope="col">{ head }</th> });
    html! {
        <table class="table">
            <thead><tr>{ for head }{ for last.iter().map(|head| html! { <th scope="col">{ head }</th> }) }</tr></thead>
            <tbody>{ for table.lines.iter().enumerate().map(line) }</tbody>
        </table>
    }
}

/// Seats and end before and after.
pub fn changes(change: &ChangeView) -> Html {
    let line = |(name, (before, after)): &(String, (u64, u64))| {
        let (class, delta, text) = match after.cmp(before) {
            std::cmp::Ordering::Greater => ("is-up", "delta-up", t!("delta-up", n = after - before)),
            std::cmp::Ordering::Less => ("is-down", "delta-down", t!("delta-down", n = before - after)),
            std::cmp::Ordering::Equal => ("is-same", "delta-same", t!("delta-same")),
        };
        let after = html! { <span>{ after }<span class={classes!("delta", delta)}>{ text }</span></span> };
        changed(name, html! { { before } }, after, class)
    };
    let end = |(before, after): &(String, String)| {
        changed(&t!("end"), html! { { before } }, html! { <span>{ after }</span> }, "")
    };
    html! {
        <>
        <table class="table diff">
            <caption>{ t!("changes") }</caption>
            <thead>
                <tr>
                    <th scope="col">{ t!("seat-type") }</th>
                    <th scope="col" class="num">{ t!("before") }</th>
                    <th scope="col" class="num">{ t!("after") }</th>
                </tr>
            </thead>
            <tbody>
                { for change.seats.iter().map(line) }
                if let Some(both) = &change.end {
                    { end(both) }
                }
            </tbody>
        </table>
        if !change.release.is_empty() {
            <ul class="alert alert-warn" data-release="">
                { for change.release.iter().map(|line| html! { <li>{ line }</li> }) }
            </ul>
        }
        </>
    }
}

fn changed(name: &str, before: Html, after: Html, class: &'static str) -> Html {
    html! {
        <tr>
            <th scope="row">{ name }</th>
            <td class="num diff-before" data-label={t!("before")}>{ before }</td>
            <td class={classes!("num", "diff-after", class)} data-label={t!("after")}>{ after }</td>
        </tr>
    }
}

/// Refusals in pairs: what happened, what to do; the code for support.
pub fn refusals(errors: &[Explained], desk: &Desk) -> Html {
    refusal_list(errors, desk, Some("alert"))
}

/// Refusals that are not read out by themselves, where many stand in one table.
pub fn refusal_list(errors: &[Explained], desk: &Desk, role: Option<&'static str>) -> Html {
    let one = |error: &Explained| {
        html! {
            <li class="refusal" data-code={error.code.clone()}>
                <p class="refusal-what">{ &error.what }</p>
                <div class="refusal-do">
                    <p>{ &error.advice }</p>
                    if let Some(document) = &error.earlier {
                        <p class="actions">
                            { button("button button-small", t!("download-earlier"), desk.asks(Ask::Download(document.clone()))) }
                        </p>
                    }
                </div>
                <p class="refusal-code">{ &error.code }</p>
            </li>
        }
    };
    html! { <ul class="refusals" {role}>{ for errors.iter().map(one) }</ul> }
}

/// What is wrong with a field, beside it.
pub fn problem(error: &Explained) -> Html {
    html! {
        <p class="field-error" data-code={error.code.clone()}>
            { t!("what-and-do", what = error.what, advice = error.advice) }
        </p>
    }
}

/// A bar: held by others, taken here, free. The text beside it says the same in words.
pub fn bar(total: u64, held: u64, this: u64) -> Html {
    let whole = total.max(held.saturating_add(this)).max(1);
    let width = |part: u64| (u128::from(part) * 1000 / u128::from(whole)).to_string();
    let fits = this.min(total.saturating_sub(held));
    let part = |class: &'static str, before: u64, part: u64| {
        html! {
            if part > 0 {
                <rect {class} x={width(before)} y="0" width={width(part)} height="8" />
            }
        }
    };
    html! {
        <svg class="bar" viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">
            { part("bar-held", 0, held) }
            { part("bar-this", held, fits) }
            { part("bar-over", held.saturating_add(fits), this - fits) }
        </svg>
    }
}
