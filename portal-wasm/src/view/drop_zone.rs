//! The drop zone: any Postern file, at any time, by dropping or choosing.

use yew::prelude::*;

use super::parts::{Icon, icons};
use super::portal::use_portal;
use crate::browser::files;
use crate::model::flow::Busy;
use crate::tasks::Intent;

/// What a drop zone asks for.
#[derive(Clone, PartialEq, Properties)]
pub struct DropZoneProps {
    /// What to drop here.
    pub title: AttrValue,
    /// What else there is to know.
    pub hint: AttrValue,
}

/// A place to drop a file, which is also a button to choose one. Dropping works on the whole page.
#[component]
pub fn DropZone(props: &DropZoneProps) -> Html {
    let portal = use_portal();
    let onchange = {
        let act = portal.act.clone();
        Callback::from(move |event: Event| act.emit(Intent::Files(files::chosen(&event))))
    };
    let busy = (portal.state.busy == Some(Busy::Reading)).then_some("is-busy");
    html! {
        <label class={classes!("drop", busy)}>
            <input type="file" class="visually-hidden" {onchange} />
            <span class="drop-icon"><Icon path={icons::DROP} /></span>
            <span class="drop-title">{ &props.title }</span>
            <span class="drop-hint">{ &props.hint }</span>
        </label>
    }
}
