//! Looking into any file: what it is, whether it verifies, what it says, what to do with it.

use yew::prelude::*;

use super::ask::{Desk, use_desk};
use super::drop_zone::DropZone;
use super::parts::{Heading, badge, card, folded, refusals, summary};
use crate::screen::{Busy, InspectView, Section};
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
            { for document.map(|one| card(one.title.clone(), Html::default(), summary(&one.rows))) }
            if !below.is_empty() {
                { card(t!("inspect-also"), Html::default(), html! { <>{ for below.iter().map(fold) }</> }) }
            }
        </>
    }
}
