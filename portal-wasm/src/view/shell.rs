//! The frame around every page: the top bar with the pages, steps and notice, the footer.

use yew::prelude::*;

use super::ask::{Desk, use_desk};
use super::drop_zone::OpenButton;
use super::parts::{alert_class, icon_button, icons, refusals};
use crate::browser::theme::{self, Theme};
use crate::screen::{Brand, Busy, Explained, Frame, Notice, Page};
use crate::t;
use crate::talk::Ask;

/// What the shell shows.
#[derive(Clone, PartialEq, Properties)]
pub struct ShellProps {
    /// Brand, pages, notice.
    pub frame: Frame,
    /// The step of the main job.
    #[prop_or_default]
    pub step: Option<usize>,
    /// Whether the desk answers: `data-desk`, for tests and support.
    #[prop_or_default]
    pub ready: bool,
    /// Whether a file hovers over the page.
    #[prop_or_default]
    pub over: bool,
    /// The page's content.
    #[prop_or_default]
    pub children: Html,
}

/// The top bar, the content and the footer.
#[component]
pub fn Shell(props: &ShellProps) -> Html {
    let desk = use_desk();
    let Frame { brand, who, .. } = &props.frame;
    html! {
        <div class={classes!("app", props.over.then_some("is-over"))} data-desk={if props.ready { READY } else { STARTING }}>
            <a class="skip-link" href="#main">{ t!("skip") }</a>
            <header class="topbar">
                <div class="topbar-inner">
                    <a class="brand" href="#/">
                        if let Some(logo) = &brand.logo {
                            <img class="brand-mark" src={logo.clone()} alt="" />
                        } else {
                            <Gate />
                        }
                        <span class="brand-name">{ &brand.name }</span>
                    </a>
                    { tabs(&props.frame) }
                    <div class="topbar-end">
                        <OpenButton />
                        if let Some(who) = who {
                            <span class="chip" title={t!("who", by = who.by, account = who.account)}>
                                <span class="dot" aria-hidden="true"></span>
                                <span>{ &who.by }</span>
                            </span>
                            { icon_button(t!("lock"), icons::LOCK, desk.asks(Ask::Lock)) }
                        }
                        <ThemeButton />
                    </div>
                </div>
            </header>
            <main class="page" id="main" tabindex="-1">
                // Not `for`: its nodes join their siblings, and what comes and goes would build the others anew.
                if let Some(step) = props.step {
                    { stepper(step) }
                }
                if let Some((done, all)) = props.frame.progress {
                    { progress(done, all) }
                }
                if let Some(told) = &props.frame.notice {
                    { notice(told, &desk) }
                }
                { props.children.clone() }
            </main>
            <p class="visually-hidden" role="status">{ busy_text(props.frame.busy) }</p>
            { footer(brand) }
        </div>
    }
}

const READY: &str = "ready";
const STARTING: &str = "starting";

fn busy_text(busy: Option<Busy>) -> AttrValue {
    match busy {
        None => AttrValue::default(),
        Some(Busy::Reading) => t!("busy-reading"),
        Some(Busy::Unlocking) => t!("busy-unlocking"),
        Some(Busy::Signing) => t!("busy-signing"),
    }
}

fn tabs(frame: &Frame) -> Html {
    if frame.tabs.is_empty() {
        return html! {};
    }
    let tab = |page: &Page| {
        let current = (*page == frame.page).then_some("page");
        html! { <a class="tab" href={format!("#{}", page.fragment())} aria-current={current}>{ page_name(*page) }</a> }
    };
    html! { <nav class="tabs" aria-label={t!("tabs")}>{ for frame.tabs.iter().map(tab) }</nav> }
}

/// What a page is called.
pub fn page_name(page: Page) -> AttrValue {
    match page {
        Page::Job => t!("tab-job"),
        Page::Overview => t!("tab-overview"),
        Page::Token => t!("tab-token"),
        Page::Ledger => t!("tab-ledger"),
        Page::Inspect => t!("tab-inspect"),
    }
}

/// The five steps of the main job.
fn stepper(current: usize) -> Html {
    let steps = [t!("step-load"), t!("step-unlock"), t!("step-request"), t!("step-allocate"), t!("step-done")];
    let step = |(index, label): (usize, AttrValue)| {
        let number = index + 1;
        let class = match number.cmp(&current) {
            std::cmp::Ordering::Less => "step is-done",
            std::cmp::Ordering::Equal => "step is-current",
            std::cmp::Ordering::Greater => "step is-todo",
        };
        let now = (number == current).then_some("step");
        html! {
            <li {class} aria-current={now}>
                <span class="step-mark">{ number }</span>
                <span class="step-label">{ label }</span>
            </li>
        }
    };
    html! { <ol class="stepper" aria-label={t!("steps")}>{ for steps.into_iter().enumerate().map(step) }</ol> }
}

/// How far long work is. Its figures are said only here, to those who look: read out, each would hide the page.
fn progress(done: u64, all: u64) -> Html {
    html! {
        <div class="progress-line">
            <progress class="progress" value={done.to_string()} max={all.to_string()} aria-label={t!("progress-label")}>
            </progress>
            <span class="muted small" aria-hidden="true">{ t!("progress", done = done, all = all) }</span>
        </div>
    }
}

/// What became of the last file or step.
fn notice(notice: &Notice, desk: &Desk) -> Html {
    html! {
        <div class="notice">
            {
                match notice {
                    Notice::Refused(errors) => refusals(errors, desk),
                    Notice::Done(tone, text) => html! {
                        <div class={classes!("alert", alert_class(*tone))} role="status">
                            <p class="alert-body">{ text }</p>
                        </div>
                    },
                }
            }
            { icon_button(t!("dismiss"), icons::CLOSE, desk.asks(Ask::Dismiss)) }
        </div>
    }
}

/// Whose portal this is, whom to ask, and that nothing leaves the browser.
fn footer(brand: &Brand) -> Html {
    let link = |(label, address): &(String, String)| {
        html! { <a href={address.clone()} rel="noreferrer">{ label }</a> }
    };
    html! {
        <footer class="footer">
            <div class="footer-inner">
                <span>{ t!("footer") }</span>
                if let Some(contact) = &brand.contact {
                    <span>{ contact }</span>
                }
                <nav aria-label={t!("footer-links")}>
                    { for brand.links.iter().map(link) }
                    if let Some(organization) = &brand.organization {
                        <span>{ organization }</span>
                    }
                </nav>
            </div>
        </footer>
    }
}

/// Why nothing goes on.
#[derive(Clone, PartialEq, Properties)]
pub struct StoppedProps {
    /// What happened and what to do.
    pub error: Explained,
}

/// The page in place of all pages, where the site or the browser lets nothing go on.
#[component]
pub fn Stopped(props: &StoppedProps) -> Html {
    let desk = use_desk();
    html! {
        <section class="stack">
            <h1>{ t!("stopped-title") }</h1>
            { refusals(std::slice::from_ref(&props.error), &desk) }
        </section>
    }
}

/// Postern's mark: the arched gate in a castle wall.
#[component]
pub fn Gate() -> Html {
    html! {
        <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <path class="brand-wall" d="M3 6a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1v2h4V6a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1v2h4V6a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1v19a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3z" />
            <path class="brand-arch" d="M10 28v-8a6 6 0 0 1 12 0v8z" />
            <path class="brand-bars" d="M14 28V14.4M18 28V14.4M10 21h12" />
        </svg>
    }
}

/// Switches between light and dark, and remembers it.
#[component]
fn ThemeButton() -> Html {
    let shown = use_state(|| None::<Theme>);
    {
        let shown = shown.clone();
        use_effect_with((), move |()| {
            shown.set(Some(theme::current()));
        });
    }
    let onclick = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| {
            let next = theme::current().other();
            theme::choose(next);
            shown.set(Some(next));
        })
    };
    let (label, icon) = match *shown {
        Some(Theme::Dark) => (t!("theme-light"), icons::SUN),
        _ => (t!("theme-dark"), icons::MOON),
    };
    icon_button(label, icon, onclick)
}
