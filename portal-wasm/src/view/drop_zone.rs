//! The drop zone: any Postern file, at any time, by dropping or choosing.

use yew::platform::spawn_local;
use yew::prelude::*;

use super::ask::{Desk, use_desk};
use super::parts::{icon, icons};
use crate::browser::files;
use crate::screen::Busy;
use crate::t;
use crate::talk::Ask;

/// What a drop zone asks for.
#[derive(Clone, PartialEq, Properties)]
pub struct DropZoneProps {
    /// What to drop here.
    pub title: AttrValue,
    /// What else there is to know.
    pub hint: AttrValue,
    /// What is going on.
    #[prop_or_default]
    pub busy: Option<Busy>,
}

/// A place to drop a file, which is also a button to choose one. Dropping works on the whole page.
#[component]
pub fn DropZone(props: &DropZoneProps) -> Html {
    let onchange = choosing(use_desk());
    let busy = (props.busy == Some(Busy::Reading)).then_some("is-busy");
    html! {
        <label class={classes!("drop", busy)}>
            <input type="file" multiple=true class="visually-hidden" {onchange} />
            <span class="drop-icon">{ icon(icons::DROP) }</span>
            <span class="drop-title">{ &props.title }</span>
            <span class="drop-hint">{ &props.hint }</span>
        </label>
    }
}

/// A small button in the top bar that opens a file from anywhere: what dropping is for the mouse.
#[component]
pub fn OpenButton() -> Html {
    let onchange = choosing(use_desk());
    html! {
        <label class="icon-button" title={t!("open-file")}>
            <input type="file" multiple=true class="visually-hidden" aria-label={t!("open-file")} {onchange} />
            { icon(icons::FOLDER) }
        </label>
    }
}

/// Hands what was chosen to the desk.
fn choosing(desk: Desk) -> Callback<Event> {
    Callback::from(move |event: Event| {
        let (desk, picked) = (desk.clone(), files::chosen(&event));
        if !picked.is_empty() {
            spawn_local(async move { desk.ask(Ask::Files(files::read_all(picked).await)) });
        }
    })
}
