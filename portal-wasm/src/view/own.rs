//! Self-service: the file of a machine, and the license key, or user and password, that its license belongs to.

use yew::prelude::*;

use super::ask::use_desk;
use super::drop_zone::DropZone;
use super::parts::{Heading, badge, card};
use crate::browser::page;
use crate::screen::{Busy, OwnView, Tone};
use crate::t;
use crate::talk::Ask;

/// What waits to be answered.
#[derive(Clone, PartialEq, Properties)]
pub struct OwnProps {
    /// What is shown.
    pub view: OwnView,
    /// What is going on.
    pub busy: Option<Busy>,
}

/// The page.
#[component]
pub fn Own(props: &OwnProps) -> Html {
    let view = &props.view;
    let file = view.file.as_ref().map(|(name, back)| {
        let what = if *back { t!("own-file-back") } else { t!("own-file-activation") };
        let body = html! { <p>{ what }</p> };
        card(name.clone(), badge(Tone::Ok, t!("own-file-here")), body)
    });
    let back = view.file.as_ref().is_some_and(|(_, back)| *back);
    html! {
        <>
            <Heading title={t!("own-title", product = view.product)} lead={t!("own-lead")} />
            if let Some(root) = &view.first_use {
                <p class="small muted">{ t!("own-first-use") }{ " " }<code>{ root }</code></p>
            }
            if let Some(file) = file {
                { file }
                <CredentialForm back={back} busy={props.busy.is_some()} />
            } else {
                <DropZone title={t!("own-drop")} hint={t!("own-hint")} busy={props.busy} />
            }
        </>
    }
}

/// What the form needs to know.
#[derive(Clone, Copy, PartialEq, Properties)]
struct CredentialProps {
    back: bool,
    busy: bool,
}

/// A license key, or user and password.
#[component]
fn CredentialForm(props: &CredentialProps) -> Html {
    let CredentialProps { back, busy } = *props;
    let desk = use_desk();
    let by_user = use_state(|| false);
    let (user, secret) = (use_node_ref(), use_node_ref());
    let onsubmit = {
        let (user, secret, by_user) = (user.clone(), secret.clone(), by_user.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let user = if *by_user { Some(page::field(&user)) } else { None };
            desk.ask(Ask::Own { user, secret: page::take_secret(&secret) });
        })
    };
    let choose = |users: bool| {
        let by_user = by_user.clone();
        Callback::from(move |_: Event| by_user.set(users))
    };
    let way = |users: bool, text: AttrValue| {
        html! {
            <label class="check">
                <input type="radio" name="credential" checked={*by_user == users} onchange={choose(users)} />
                <span>{ text }</span>
            </label>
        }
    };
    html! {
        <form class="card" {onsubmit} autocomplete="off">
            <div class="card-body">
                <fieldset class="field plain-fieldset">
                    <legend class="label">{ t!("own-entered") }</legend>
                    <div class="cluster">{ way(false, t!("own-by-key")) }{ way(true, t!("own-by-user")) }</div>
                </fieldset>
                if *by_user {
                    <div class="field" key="user">
                        <label class="label" for="user">{ t!("own-user") }</label>
                        <input class="input" id="user" ref={user} autocomplete="username" maxlength="1024" />
                    </div>
                    <div class="field" key="password">
                        <label class="label" for="password">{ t!("own-password") }</label>
                        <input class="input" id="password" type="password" ref={secret} autocomplete="off" />
                        <p class="field-help">{ t!("own-password-help") }</p>
                    </div>
                } else {
                    <div class="field" key="key">
                        <label class="label" for="license-key">{ t!("own-key") }</label>
                        <input class="input mono" id="license-key" ref={secret} autocomplete="off" spellcheck="false"
                            autocapitalize="characters" />
                        <p class="field-help">{ t!("own-key-help") }</p>
                    </div>
                }
                if busy {
                    <progress class="progress" aria-label={t!("busy-unlocking")}></progress>
                }
            </div>
            <div class="card-foot">
                <button class={classes!("button", "button-primary", busy.then_some("is-busy"))} disabled={busy}>
                    { if back { t!("own-give-back") } else { t!("own-activate") } }
                </button>
            </div>
        </form>
    }
}
