//! The frame around every page: the top bar with the tabs, the place for the content, the footer.

use std::rc::Rc;

use yew::prelude::*;

use super::parts::{Icon, Refusals, icons};
use super::portal::use_portal;
use crate::browser::theme::{self, Theme};
use crate::model::brand::{Brand, Contact};
use crate::model::error::Explained;
use crate::model::flow::Busy;
use crate::model::page::Page;
use crate::t;
use crate::tasks::Intent;

/// How far the background worker is: `data-worker` on the shell, for tests and support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerState {
    /// Not answered yet.
    Starting,
    /// It answers.
    Ready,
    /// It does not run.
    Failed,
}

impl WorkerState {
    fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }
}

/// What the shell shows.
#[derive(Clone, PartialEq, Properties)]
pub struct ShellProps {
    /// How far the background worker is.
    pub worker: WorkerState,
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
    let portal = use_portal();
    let brand = &portal.state.brand;
    html! {
        <div class={classes!("app", props.over.then_some("is-over"))} data-worker={props.worker.name()}>
            <a class="skip-link" href="#main">{ t!("skip") }</a>
            <header class="topbar">
                <div class="topbar-inner">
                    <a class="brand" href="#/">
                        {
                            match &brand.logo {
                                Some(logo) => html! { <img class="brand-mark" src={logo.as_str().to_owned()} alt="" /> },
                                None => html! { <Gate /> },
                            }
                        }
                        <span class="brand-name">{ &brand.name }</span>
                    </a>
                    <Tabs />
                    <div class="topbar-end"><Who /><ThemeButton /></div>
                </div>
            </header>
            <main class="page" id="main" tabindex="-1">{ props.children.clone() }</main>
            <p class="visually-hidden" role="status">{ busy_text(portal.state.busy) }</p>
            <Footer brand={Rc::new((**brand).clone())} />
        </div>
    }
}

fn busy_text(busy: Option<Busy>) -> AttrValue {
    match busy {
        None => AttrValue::default(),
        Some(Busy::Reading) => t!("busy-reading"),
        Some(Busy::Unlocking) => t!("busy-unlocking"),
        Some(Busy::Signing) => t!("busy-signing"),
    }
}

/// The pages, once there is an account to show.
#[component]
fn Tabs() -> Html {
    let portal = use_portal();
    let state = &portal.state;
    if state.flow.loaded().is_none() && state.inspected.is_none() && state.page == Page::Job {
        return html! {};
    }
    let name = |page| match page {
        Page::Job => t!("tab-job"),
        Page::Overview => t!("tab-overview"),
        Page::Token => t!("tab-token"),
        Page::Ledger => t!("tab-ledger"),
        Page::Inspect => t!("tab-inspect"),
    };
    html! {
        <nav class="tabs" aria-label={t!("tabs")}>
            {
                for Page::ALL.into_iter().filter(|page| page.is_on(&state.brand)).map(|page| {
                    let current = (page == state.page).then_some("page");
                    html! {
                        <a class="tab" href={format!("#{}", page.fragment())} aria-current={current}>{ name(page) }</a>
                    }
                })
            }
        </nav>
    }
}

/// Who unlocked what, and the button that puts the key away.
#[component]
fn Who() -> Html {
    let portal = use_portal();
    let Some(account) = portal.state.flow.account() else { return html! {} };
    html! {
        <>
            <span class="chip" title={t!("who", by = account.by, account = account.bundle().account)}>
                <span class="dot" aria-hidden="true"></span>
                <span>{ &account.by }</span>
            </span>
            <button class="icon-button" type="button" aria-label={t!("lock")} title={t!("lock")}
                onclick={portal.asks(Intent::Lock)}>
                <Icon path={icons::LOCK} />
            </button>
        </>
    }
}

/// What the footer shows.
#[derive(Clone, PartialEq, Properties)]
struct FooterProps {
    brand: Rc<Brand>,
}

/// Whose portal this is, whom to ask, and that nothing leaves the browser.
#[component]
fn Footer(props: &FooterProps) -> Html {
    let brand = &props.brand;
    html! {
        <footer class="footer">
            <div class="footer-inner">
                <span>{ t!("footer") }</span>
                if let Some(contact) = &brand.contact {
                    <span>{ contact_line(contact) }</span>
                }
                <nav aria-label={t!("footer-links")}>
                    {
                        for brand.links.iter().map(|link| html! {
                            <a href={link.href.as_str().to_owned()} rel="noreferrer">{ &link.label }</a>
                        })
                    }
                    if let Some(organization) = &brand.organization {
                        <span>{ organization }</span>
                    }
                </nav>
            </div>
        </footer>
    }
}

fn contact_line(contact: &Contact) -> AttrValue {
    let ways: Vec<&str> = [&contact.email, &contact.phone].into_iter().flatten().map(String::as_str).collect();
    t!("footer-contact", name = contact.name, ways = ways.join(", "))
}

/// What the error page shows.
#[derive(Clone, PartialEq, Properties)]
pub struct StoppedProps {
    /// Why nothing goes on.
    pub error: Rc<Explained>,
}

/// The page in place of all pages, where the site or the browser lets nothing go on.
#[component]
pub fn Stopped(props: &StoppedProps) -> Html {
    html! {
        <section class="stack">
            <h1>{ t!("stopped-title") }</h1>
            <Refusals errors={vec![(*props.error).clone()]} />
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
    html! {
        <button class="icon-button" type="button" aria-label={label.clone()} title={label} {onclick}>
            <Icon path={icon} />
        </button>
    }
}
