//! Step 2: say what the bundle is, and unlock it.

use yew::prelude::*;

use super::ask::use_desk;
use super::load::codes;
use super::parts::{Heading, badge, card, icon, icons, summary};
use crate::browser::page;
use crate::screen::{Busy, Tone, UnlockView};
use crate::t;
use crate::talk::Ask;

/// The bundle to unlock.
#[derive(Clone, PartialEq, Properties)]
pub struct UnlockProps {
    /// The bundle.
    pub view: UnlockView,
    /// The License Codes of the keys in this browser.
    pub codes: Vec<String>,
    /// Whether the browser can keep keys itself.
    pub keeps_keys: bool,
    /// What is going on.
    pub busy: Option<Busy>,
}

/// The second step.
#[component]
pub fn Unlock(props: &UnlockProps) -> Html {
    let view = &props.view;
    html! {
        <>
            <Heading title={t!("unlock-title")} lead={t!("unlock-lead", account = view.account)} />
            if let Some(root) = &view.first_use {
                <div class="alert alert-warn">
                    <p class="alert-title">{ t!("first-use-title") }</p>
                    <div class="alert-body">
                        <p>{ t!("first-use") }</p>
                        <p><code>{ root }</code></p>
                    </div>
                </div>
            }
            <div class="split">
                if view.expected.is_empty() {
                    <KeyForm sealed={view.sealed} busy={props.busy == Some(Busy::Unlocking)} />
                } else {
                    { card(t!("not-here-title"), Html::default(), not_here(props)) }
                }
                { card(t!("bundle"), badge(Tone::Ok, t!("verified")), summary(&view.bundle)) }
            </div>
        </>
    }
}

/// A bundle for a key that is not in this browser.
fn not_here(props: &UnlockProps) -> Html {
    html! {
        <>
            <p>{ t!("not-here") }</p>
            { for props.view.expected.iter().map(|code| html! { <p><code>{ code }</code></p> }) }
            <hr class="rule" />
            { codes(&props.codes, props.keeps_keys, props.busy) }
        </>
    }
}

/// What the form needs to know.
#[derive(Clone, Copy, PartialEq, Properties)]
struct KeyFormProps {
    sealed: bool,
    busy: bool,
}

/// Name, passphrase where there is one, and the button.
#[component]
fn KeyForm(props: &KeyFormProps) -> Html {
    let KeyFormProps { sealed, busy } = *props;
    let desk = use_desk();
    let (name, passphrase) = (use_node_ref(), use_node_ref());
    let (nameless, shown) = (use_state(|| false), use_state(|| false));
    let onsubmit = {
        let (name, passphrase, nameless) = (name.clone(), passphrase.clone(), nameless.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let by = page::field(&name);
            nameless.set(by.trim().is_empty());
            if !by.trim().is_empty() {
                desk.ask(Ask::Unlock { by, passphrase: page::take_secret(&passphrase) });
            }
        })
    };
    let toggle = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| shown.set(!*shown))
    };
    let kind = match *shown {
        true => "text",
        false => "password",
    };
    html! {
        <form class="card" {onsubmit}>
            <div class="card-body">
                <div class={classes!("field", nameless.then_some("is-invalid"))}>
                    <label class="label" for="by">{ t!("name") }</label>
                    <input class="input" id="by" autocomplete="name" maxlength="100" ref={name}
                        aria-describedby="by-help" />
                    <p class="field-help" id="by-help">{ t!("name-help") }</p>
                    if *nameless {
                        <p class="field-error" role="alert">{ t!("name-missing") }</p>
                    }
                </div>
                if sealed {
                    <div class="field">
                        <label class="label" for="passphrase">{ t!("passphrase") }</label>
                        <span class="password">
                            <input class="input" id="passphrase" ref={passphrase} autocomplete="current-password"
                                type={kind} />
                            <button class="icon-button" type="button" onclick={toggle} aria-pressed={shown.to_string()}
                                aria-label={t!("passphrase-show")}>
                                { icon(icons::LOOK) }
                            </button>
                        </span>
                        <p class="field-help">{ t!("passphrase-help") }</p>
                    </div>
                } else {
                    <p class="muted">{ t!("unlock-here") }</p>
                }
                if busy {
                    <progress class="progress" aria-label={t!("busy-unlocking")}></progress>
                }
            </div>
            <div class="card-foot">
                <button class={classes!("button", "button-primary", busy.then_some("is-busy"))} disabled={busy}>
                    { t!("unlock") }
                </button>
            </div>
        </form>
    }
}
