//! Step 1: load the bundle, or make a key for one.

use yew::prelude::*;

use super::drop_zone::DropZone;
use super::parts::{Heading, Icon, icons};
use super::portal::use_portal;
use crate::browser::page;
use crate::model::flow::Busy;
use crate::model::keys::KeyHere;
use crate::t;
use crate::tasks::Intent;
use zeroize::Zeroizing;

/// The first step.
#[component]
pub fn Load() -> Html {
    let portal = use_portal();
    let tagline = portal.state.brand.tagline.clone().map_or_else(|| t!("load-lead"), AttrValue::from);
    html! {
        <>
            <Heading title={t!("load-title")} lead={tagline} />
            <DropZone title={t!("load-drop")} hint={t!("load-hint")} />
            <section class="card">
                <div class="card-head"><h2>{ t!("code-title") }</h2></div>
                <div class="card-body"><Codes /></div>
            </section>
        </>
    }
}

/// The License Codes of the keys in this browser, and the button that makes one.
#[component]
pub fn Codes() -> Html {
    let portal = use_portal();
    let keys = &portal.state.keys;
    html! {
        <>
            <p>{ t!("code-lead") }</p>
            { for keys.iter().map(|key| html! { <Code key={key.public.to_string()} here={key.clone()} /> }) }
            if !keys.is_empty() {
                <p class="small muted">{ t!("code-send") }</p>
            }
            <MakeKey more={!keys.is_empty()} />
        </>
    }
}

/// The key whose code is shown.
#[derive(Clone, PartialEq, Properties)]
struct CodeProps {
    here: KeyHere,
}

/// A License Code in groups, with a button that copies it.
#[component]
fn Code(props: &CodeProps) -> Html {
    let portal = use_portal();
    let copied = use_state(|| false);
    let code = props.here.license_code();
    let onclick = {
        let (act, code, copied) = (portal.act.clone(), code.clone(), copied.clone());
        Callback::from(move |_: MouseEvent| {
            act.emit(Intent::Copy(code.clone()));
            copied.set(true);
        })
    };
    html! {
        <div class="code-box">
            <output class="code" aria-label={t!("code")} data-code={code.clone()}>
                { for code.split('-').map(|group| html! { <span class="code-group">{ group.to_owned() }</span> }) }
            </output>
            <button class="button button-small" type="button" {onclick}>
                { if *copied { t!("copied") } else { t!("copy") } }
            </button>
        </div>
    }
}

/// Whether there are keys already.
#[derive(Clone, Copy, PartialEq, Properties)]
struct MakeKeyProps {
    more: bool,
}

/// The button that makes a key; with a passphrase where the browser can't keep one itself.
#[component]
fn MakeKey(props: &MakeKeyProps) -> Html {
    let portal = use_portal();
    let (first, second) = (use_node_ref(), use_node_ref());
    let problem = use_state(|| None::<AttrValue>);
    let sealed = !portal.state.keeps_keys;
    let onsubmit = {
        let (act, first, second, problem) = (portal.act.clone(), first.clone(), second.clone(), problem.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let (passphrase, again) = (page::take_secret(&first), page::take_secret(&second));
            if sealed && passphrase.chars().count() < 12 {
                problem.set(Some(t!("passphrase-short")));
            } else if *passphrase != *again {
                problem.set(Some(t!("passphrase-differs")));
            } else {
                problem.set(None);
                act.emit(Intent::MakeKey(Zeroizing::new(passphrase.to_string())));
            }
        })
    };
    let busy = portal.state.busy == Some(Busy::Unlocking);
    html! {
        <form class="stack-tight" {onsubmit}>
            if sealed {
                <p class="small muted">{ t!("code-sealed") }</p>
                <div class="fields">
                    <div class="field">
                        <label class="label" for="new-passphrase">{ t!("passphrase-new") }</label>
                        <input class="input" id="new-passphrase" type="password" autocomplete="new-password"
                            ref={first} />
                    </div>
                    <div class="field">
                        <label class="label" for="new-passphrase-again">{ t!("passphrase-again") }</label>
                        <input class="input" id="new-passphrase-again" type="password" autocomplete="new-password"
                            ref={second} />
                    </div>
                </div>
            }
            if let Some(problem) = &*problem {
                <p class="field-error" role="alert">{ problem }</p>
            }
            <button class={classes!("button", busy.then_some("is-busy"))} disabled={busy}>
                <Icon path={icons::KEY} />
                { if props.more { t!("code-make-more") } else { t!("code-make") } }
            </button>
        </form>
    }
}
