//! Step 2: say what the bundle is, and unlock it.

use yew::prelude::*;

use super::load::Codes;
use super::parts::{Heading, Icon, icons, row};
use super::portal::use_portal;
use crate::browser::page;
use crate::model::account::{Loaded, Way};
use crate::model::flow::Busy;
use crate::model::shared::Shared;
use crate::model::words;
use crate::t;
use crate::tasks::Intent;

/// The bundle to unlock.
#[derive(Clone, PartialEq, Properties)]
pub struct UnlockProps {
    /// The bundle.
    pub loaded: Shared<Loaded>,
}

/// The second step.
#[component]
pub fn Unlock(props: &UnlockProps) -> Html {
    let loaded = &props.loaded;
    let bundle = loaded.bundle();
    html! {
        <>
            <Heading title={t!("unlock-title")}
                lead={t!("unlock-lead", account = words::label(bundle, &bundle.account))} />
            if loaded.first_use {
                <div class="alert alert-warn">
                    <p class="alert-title">{ t!("first-use-title") }</p>
                    <div class="alert-body">
                        <p>{ t!("first-use") }</p>
                        <p><code>{ loaded.root().to_string() }</code></p>
                    </div>
                </div>
            }
            <div class="split">
                {
                    if loaded.way == Way::NotHere {
                        html! { <NotHere loaded={loaded.clone()} /> }
                    } else {
                        html! { <KeyForm loaded={loaded.clone()} /> }
                    }
                }
                <BundleCard loaded={loaded.clone()} />
            </div>
        </>
    }
}

/// Name, passphrase where there is one, and the button.
#[component]
fn KeyForm(props: &UnlockProps) -> Html {
    let portal = use_portal();
    let (name, passphrase) = (use_node_ref(), use_node_ref());
    let problem = use_state(|| None::<AttrValue>);
    let shown = use_state(|| false);
    let sealed = match &props.loaded.way {
        Way::Sealed(_) => true,
        Way::Here(key) => key.sealed.is_some(),
        Way::NotHere => false,
    };
    let onsubmit = {
        let (act, name, passphrase, problem) = (portal.act.clone(), name.clone(), passphrase.clone(), problem.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let by = page::field(&name);
            if by.trim().is_empty() {
                problem.set(Some(t!("name-missing")));
                return;
            }
            problem.set(None);
            act.emit(Intent::Unlock { by, passphrase: page::take_secret(&passphrase) });
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
    let busy = portal.state.busy == Some(Busy::Unlocking);
    html! {
        <form class="card" {onsubmit}>
            <div class="card-body">
                <div class={classes!("field", problem.is_some().then_some("is-invalid"))}>
                    <label class="label" for="by">{ t!("name") }</label>
                    <input class="input" id="by" autocomplete="name" maxlength="100" ref={name}
                        aria-describedby="by-help" />
                    <p class="field-help" id="by-help">{ t!("name-help") }</p>
                    if let Some(problem) = &*problem {
                        <p class="field-error" role="alert">{ problem }</p>
                    }
                </div>
                if sealed {
                    <div class="field">
                        <label class="label" for="passphrase">{ t!("passphrase") }</label>
                        <span class="password">
                            <input class="input" id="passphrase" ref={passphrase} autocomplete="current-password"
                                type={kind} />
                            <button class="icon-button" type="button" onclick={toggle}
                                aria-pressed={shown.to_string()} aria-label={t!("passphrase-show")}>
                                <Icon path={icons::LOOK} />
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

/// A bundle for a key that is not in this browser.
#[component]
fn NotHere(props: &UnlockProps) -> Html {
    let codes = props.loaded.expected_codes();
    html! {
        <section class="card">
            <div class="card-head"><h2>{ t!("not-here-title") }</h2></div>
            <div class="card-body">
                <p>{ t!("not-here") }</p>
                <ul class="stack-tight">
                    { for codes.into_iter().map(|code| html! { <li><code>{ code }</code></li> }) }
                </ul>
                <hr class="rule" />
                <Codes />
            </div>
        </section>
    }
}

/// What the bundle says.
#[component]
fn BundleCard(props: &UnlockProps) -> Html {
    let bundle = props.loaded.bundle();
    html! {
        <aside class="card">
            <div class="card-head">
                <h2>{ t!("bundle") }</h2>
                <span class="badge badge-ok">{ t!("verified") }</span>
            </div>
            <div class="card-body">
                <dl class="summary">
                    { row(t!("account"), words::label(bundle, &bundle.account)) }
                    { row(t!("product"), words::label(bundle, &bundle.product)) }
                    { row(t!("serial"), bundle.serial.to_string()) }
                    { row(t!("issued-at"), words::day(bundle.issued_at)) }
                    { row(t!("expires-at"), words::day(bundle.expires_at)) }
                    { row(t!("contact"), bundle.contact.clone()) }
                    { row(t!("vendor-root"), html! { <code>{ props.loaded.root().short() }</code> }) }
                </dl>
            </div>
        </aside>
    }
}
