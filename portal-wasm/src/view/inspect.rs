//! Looking into any file: what it is, whether it verifies, what it says, what to do with it.

use yew::prelude::*;

use super::ask::{Desk, use_desk};
use super::drop_zone::DropZone;
use super::parts::{Heading, badge, card, folded, refusals, summary};
use crate::screen::{Busy, InspectView, LinkView, Section, Tone};
use crate::t;

/// A file in words.
#[derive(Clone, PartialEq, Properties)]
pub struct InspectProps {
    /// The file, if one was dropped.
    pub view: Option<InspectView>,
    /// What is going on.
    pub busy: Option<Busy>,
}

/// The page.
#[component]
pub fn Inspect(props: &InspectProps) -> Html {
    let desk = use_desk();
    html! {
        <>
            <Heading title={t!("inspect-title")} lead={t!("inspect-lead")} />
            <DropZone title={t!("inspect-drop")} hint={t!("inspect-hint")} busy={props.busy} />
            if let Some(view) = &props.view {
                { file(view, &desk) }
            }
        </>
    }
}

fn file(view: &InspectView, desk: &Desk) -> Html {
    let (tone, word) = &view.badge;
    let body = html! {
        <div class="stack-tight" data-kind={view.kind.clone()}>
            <p>{ &view.purpose }</p>
            if !view.refused.is_empty() {
                { refusals(&view.refused, desk) }
            }
            { summary(&view.figures) }
        </div>
    };
    // The document stands last in a file, below what it rests on; people come for the document.
    let (document, below) = match view.sections.split_last() {
        Some((document, below)) => (Some(document), below),
        None => (None, &[][..]),
    };
    let fold = |one: &Section| folded(&one.title, &one.rows);
    html! {
        <>
            { card(view.name.clone(), badge(*tone, word.clone()), body) }
            if !view.chain.is_empty() {
                { card(t!("chain-title"), Html::default(), chain(view, desk)) }
            }
            { for document.map(|one| card(one.title.clone(), Html::default(), summary(&one.rows))) }
            if !below.is_empty() {
                { card(t!("inspect-also"), Html::default(), html! { <>{ for below.iter().map(fold) }</> }) }
            }
        </>
    }
}

/// The chain, drawn from the root down: each link below what it hangs from.
fn chain(view: &InspectView, desk: &Desk) -> Html {
    let last = view.chain.len().saturating_sub(1);
    let each = view.chain.iter().enumerate().map(|(index, one)| {
        html! {
            <>
                if index == last {
                    if let Some(more) = &view.more {
                        <li class="chain-link chain-more">{ more }</li>
                    }
                }
                { link(one, desk) }
            </>
        }
    });
    html! {
        <>
            <p class="muted">{ t!("chain-lead") }</p>
            <ol class="chain">
                <li class="chain-link chain-top"><p class="chain-head"><span class="chain-name">{ &view.top }</span></p></li>
                { for each }
            </ol>
        </>
    }
}

fn link(link: &LinkView, desk: &Desk) -> Html {
    let (tone, word) = &link.badge;
    let state = match tone {
        Tone::Ok => "chain-holds",
        Tone::Danger => "chain-fails",
        Tone::Warn => "chain-below",
        Tone::Info => "chain-open",
    };
    // Classes, not styles: the content security policy refuses these. Deeper chains than this are refused.
    let depth = match link.depth {
        0 | 1 => "chain-1",
        2 => "chain-2",
        3 => "chain-3",
        4 => "chain-4",
        _ => "chain-5",
    };
    html! {
        <li class={classes!("chain-link", state, depth)} data-line={link.line.to_string()}>
            <p class="chain-head"><span class="chain-name">{ &link.title }</span>{ badge(*tone, word.clone()) }</p>
            if !link.refused.is_empty() {
                { refusals(&link.refused, desk) }
            }
            if !link.allows.is_empty() {
                { summary(&link.allows) }
            }
        </li>
    }
}
