//! Small parts: headings that take the focus, icons, bars, summaries, refusals.

use yew::prelude::*;

use super::portal::use_portal;
use crate::browser::page;
use crate::model::error::Explained;
use crate::t;
use crate::tasks::Intent;

/// Paths of the icons, on a 24-pixel grid.
pub mod icons {
    /// A tray with an arrow: drop something here.
    pub const DROP: &str = "M12 3v11M7.5 9.8 12 14.3l4.5-4.5M4 15v4a1.5 1.5 0 0 0 1.5 1.5h13A1.5 1.5 0 0 0 20 19v-4";
    /// A key.
    pub const KEY: &str =
        "M14.5 3.5a6 6 0 1 0-4.6 9.7L12 15.3h2.4v2.4h2.4V20h3.7v-3.7l-5.9-5.9a6 6 0 0 0-.1-6.9zM8.2 8.2v.1";
    /// A closed lock.
    pub const LOCK: &str = "M6.5 11h11a1 1 0 0 1 1 1v7.5a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1V12a1 1 0 0 1 1-1zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11";
    /// A book.
    pub const BOOK: &str = "M5 4.5h11.5a2 2 0 0 1 2 2v14H7a2 2 0 0 1-2-2zM5 17.5h13.5M8.5 8.5h6M8.5 12h6";
    /// A magnifying glass.
    pub const LOOK: &str = "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.3 15.3 20.5 20.5";
    /// A cross.
    pub const CLOSE: &str = "M6 6l12 12M18 6 6 18";
    /// The moon.
    pub const MOON: &str = "M20 14.2A8 8 0 0 1 9.8 4 8 8 0 1 0 20 14.2z";
    /// The sun.
    pub const SUN: &str = "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4";
}

/// What an icon shows.
#[derive(Clone, PartialEq, Properties)]
pub struct IconProps {
    /// Its path.
    pub path: &'static str,
}

/// An icon that says nothing to screen readers.
#[component]
pub fn Icon(props: &IconProps) -> Html {
    html! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d={props.path} /></svg> }
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

/// Refusals to show.
#[derive(Clone, PartialEq, Properties)]
pub struct RefusalsProps {
    /// Each with what happened and what to do.
    pub errors: Vec<Explained>,
}

/// Refusals in pairs: what happened, what to do; the code for support.
#[component]
pub fn Refusals(props: &RefusalsProps) -> Html {
    let portal = use_portal();
    let one = |error: &Explained| {
        html! {
            <li class="refusal" data-code={error.code}>
                <p class="refusal-what">{ &error.what }</p>
                <div class="refusal-do">
                    <p>{ &error.advice }</p>
                    if let Some(document) = error.earlier {
                        <p class="actions">
                            <button class="button button-small" type="button"
                                onclick={portal.asks(Intent::Download(document))}>
                                { t!("download-earlier") }
                            </button>
                        </p>
                    }
                </div>
                <p class="refusal-code">{ error.code }</p>
            </li>
        }
    };
    html! { <ul class="refusals" role="alert">{ for props.errors.iter().map(one) }</ul> }
}

/// One row of a summary.
pub fn row(label: AttrValue, value: impl Into<Html>) -> Html {
    html! { <div><dt>{ label }</dt><dd>{ value.into() }</dd></div> }
}

/// The parts of a bar.
#[derive(Clone, Copy, PartialEq, Properties)]
pub struct BarProps {
    /// All of it.
    pub total: u64,
    /// What others hold.
    #[prop_or_default]
    pub held: u64,
    /// What this one takes.
    #[prop_or_default]
    pub this: u64,
}

/// A bar: held by others, taken here, free. The text beside it says the same in words.
#[component]
pub fn Bar(props: &BarProps) -> Html {
    let BarProps { total, held, this } = *props;
    let whole = total.max(held.saturating_add(this)).max(1);
    let width = |part: u64| part as f64 * 100.0 / whole as f64;
    let fits = this.min(total.saturating_sub(held));
    let over = this - fits;
    let part = |class: &'static str, before: u64, part: u64| {
        html! {
            if part > 0 {
                <rect {class} x={width(before).to_string()} y="0" width={width(part).to_string()} height="8" />
            }
        }
    };
    html! {
        <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
            { part("bar-held", 0, held) }
            { part("bar-this", held, fits) }
            { part("bar-over", held.saturating_add(fits), over) }
        </svg>
    }
}
