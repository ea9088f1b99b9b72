//! Step 1: load the bundle, or make a key for one.

use yew::prelude::*;
use zeroize::Zeroizing;

use super::ask::use_desk;
use super::drop_zone::DropZone;
use super::parts::{Heading, card, icon, icons};
use crate::browser::page;
use crate::screen::Busy;
use crate::t;
use crate::talk::Ask;

/// The shortest passphrase that a key is sealed under, in characters.
const SHORTEST: usize = 12;

/// The first step.
#[derive(Clone, PartialEq, Properties)]
pub struct LoadProps {
    /// One line under the title.
    pub tagline: AttrValue,
    /// The License Codes of the keys in this browser.
    pub codes: Vec<String>,
    /// Whether the browser can keep keys itself.
    pub keeps_keys: bool,
    /// What is going on.
    pub busy: Option<Busy>,
}

/// The first step.
#[component]
pub fn Load(props: &LoadProps) -> Html {
    let codes = codes(&props.codes, props.keeps_keys, props.busy);
    html! {
        <>
            <Heading title={t!("load-title")} lead={props.tagline.clone()} />
            <DropZone title={t!("load-drop")} hint={t!("load-hint")} busy={props.busy} />
            { card(t!("code-title"), Html::default(), codes) }
        </>
    }
}

/// The License Codes of the keys in this browser, and the form that makes one.
pub fn codes(codes: &[String], keeps_keys: bool, busy: Option<Busy>) -> Html {
    html! {
        <>
            <p>{ t!("code-lead") }</p>
            <div class="stack-tight">
                { for codes.iter().map(|code| html! { <Code key={code.clone()} code={code.clone()} /> }) }
            </div>
            if !codes.is_empty() {
                <p class="small muted">{ t!("code-send") }</p>
            }
            <MakeKey more={!codes.is_empty()} sealed={!keeps_keys} busy={busy == Some(Busy::Unlocking)} />
        </>
    }
}

/// The code to show.
#[derive(Clone, PartialEq, Properties)]
struct CodeProps {
    code: AttrValue,
}

/// A License Code in groups, with a button that copies it.
#[component]
fn Code(props: &CodeProps) -> Html {
    let copied = use_state(|| false);
    let code = &props.code;
    let onclick = {
        let (code, copied) = (code.clone(), copied.clone());
        Callback::from(move |_: MouseEvent| {
            let (code, copied) = (code.clone(), copied.clone());
            yew::platform::spawn_local(async move { copied.set(page::copy(&code).await) });
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

/// What the form needs to know.
#[derive(Clone, Copy, PartialEq, Properties)]
struct MakeKeyProps {
    more: bool,
    sealed: bool,
    busy: bool,
}

/// The form that makes a key; with a passphrase where the browser can't keep one itself.
#[component]
fn MakeKey(props: &MakeKeyProps) -> Html {
    let MakeKeyProps { more, sealed, busy } = *props;
    let desk = use_desk();
    let (first, second) = (use_node_ref(), use_node_ref());
    let problem = use_state(|| None::<AttrValue>);
    let onsubmit = {
        let (first, second, problem) = (first.clone(), second.clone(), problem.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let (passphrase, again) = (page::take_secret(&first), page::take_secret(&second));
            let wrong = wrong_with(sealed, &passphrase, &again);
            if wrong.is_none() {
                desk.ask(Ask::MakeKey(passphrase));
            }
            problem.set(wrong);
        })
    };
    html! {
        <form class="stack-tight" {onsubmit}>
            if sealed {
                <p class="small muted">{ t!("code-sealed") }</p>
                <div class="fields">
                    { secret("new-passphrase", t!("passphrase-new"), first) }
                    { secret("new-passphrase-again", t!("passphrase-again"), second) }
                </div>
            }
            if let Some(problem) = &*problem {
                <p class="field-error" role="alert">{ problem }</p>
            }
            <button class={classes!("button", busy.then_some("is-busy"))} disabled={busy}>
                { icon(icons::KEY) }
                { if more { t!("code-make-more") } else { t!("code-make") } }
            </button>
        </form>
    }
}

fn wrong_with(sealed: bool, passphrase: &Zeroizing<String>, again: &Zeroizing<String>) -> Option<AttrValue> {
    if sealed && passphrase.chars().count() < SHORTEST {
        return Some(t!("passphrase-short", n = SHORTEST));
    }
    (passphrase != again).then(|| t!("passphrase-differs"))
}

fn secret(id: &'static str, label: AttrValue, field: NodeRef) -> Html {
    html! {
        <div class="field">
            <label class="label" for={id}>{ label }</label>
            <input class="input" {id} type="password" autocomplete="new-password" ref={field} />
        </div>
    }
}
