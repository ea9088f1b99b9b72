//! The root: owns the screen, runs the desk, and listens to the address and to dropped files.

use std::rc::Rc;

use yew::platform::spawn_local;
use yew::prelude::*;

use super::allocate::Allocate;
use super::ask::Desk;
use super::batch::Batch;
use super::begin::{Begin, Ready};
use super::done::Done;
use super::inspect::Inspect;
use super::ledger::Ledger;
use super::load::Load;
use super::matter::Matter;
use super::overview::Overview;
use super::own::Own;
use super::shell::{Shell, Stopped};
use super::token::{Locked, Tokens};
use super::unlock::Unlock;
use crate::browser::desk_client::DeskClient;
use crate::browser::files::{self, DropTarget};
use crate::browser::{crash, page, site};
use crate::screen::{Body, Page, Screen};
use crate::talk::{Ask, Tell};

/// What the page knows: what the desk told it last. The flow itself is the desk's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// Whether the desk has said anything yet.
    pub ready: bool,
    /// What it said to show.
    pub screen: Screen,
}

impl Reducible for Shown {
    type Action = Screen;

    fn reduce(self: Rc<Self>, screen: Screen) -> Rc<Self> {
        Rc::new(Self { ready: true, screen })
    }
}

/// The whole page.
#[component]
pub fn App() -> Html {
    let shown = use_reducer(Shown::default);
    let over = use_state(|| false);
    let client = use_mut_ref(|| None::<DeskClient>);
    let ask = {
        let client = client.clone();
        use_callback((), move |ask: Ask, ()| {
            if let Some(client) = client.borrow().as_ref() {
                client.ask(&ask);
            }
        })
    };
    {
        let (ask, dispatcher, over) = (ask.clone(), shown.dispatcher(), over.setter());
        use_effect_with((), move |()| {
            let told = {
                let ask = ask.clone();
                move |tell| hear(tell, &dispatcher, &ask)
            };
            match DeskClient::start(told) {
                Ok(started) => *client.borrow_mut() = Some(started),
                Err(detail) => crash::show_text(&detail),
            }
            let dropped = drop_target(&ask, over);
            follow_address(&ask);
            spawn_local(async move { ask.emit(Ask::Start(site::fetch("brand.json").await)) });
            move || drop(dropped)
        });
    }
    let Screen { frame, body } = &shown.screen;
    let opened = use_mut_ref(|| false);
    use_effect_with(frame.page, move |page| {
        // A step can change the page without the address; the address follows. At first it is the other way round.
        if opened.replace(true) && Page::of_fragment(&page::fragment()) != Some(*page) {
            page::go(page.fragment());
        }
    });
    use_effect_with(frame.brand.clone(), |brand| {
        if !brand.name.is_empty() {
            page::set_title(&brand.name);
            page::set_style(&brand.colours);
        }
    });
    html! {
        <ContextProvider<Desk> context={Desk(ask)}>
            <Shell frame={frame.clone()} step={body.step()} ready={shown.ready} over={*over}>
                { content(body, &shown.screen) }
            </Shell>
        </ContextProvider<Desk>>
    }
}

/// The page or step.
pub(super) fn content(body: &Body, screen: &Screen) -> Html {
    let frame = &screen.frame;
    match body.clone() {
        Body::Starting => html! { <span class="skeleton skeleton-block"></span> },
        Body::Stopped(error) => html! { <Stopped {error} /> },
        Body::Load => html! {
            <Load tagline={frame.brand.tagline.clone()} codes={frame.codes.clone()} keeps_keys={frame.keeps_keys}
                busy={frame.busy} />
        },
        Body::Unlock(view) => html! {
            <Unlock {view} codes={frame.codes.clone()} keeps_keys={frame.keeps_keys} busy={frame.busy} />
        },
        Body::Own(view) => html! { <Own {view} busy={frame.busy} /> },
        Body::Begin(view) => html! { <Begin {view} busy={frame.busy} /> },
        Body::Ready(account) => html! { <Ready {account} busy={frame.busy} /> },
        Body::Allocate(view) => html! { <Allocate view={*view} busy={frame.busy} /> },
        Body::Matter(view) => html! { <Matter view={*view} busy={frame.busy} /> },
        Body::Batch(view) => html! { <Batch {view} busy={frame.busy} /> },
        Body::Done(view) => html! { <Done {view} /> },
        Body::Overview(view) => html! { <Overview {view} /> },
        Body::Tokens(view) => html! { <Tokens {view} busy={frame.busy} /> },
        Body::Ledger(view) => html! { <Ledger {view} busy={frame.busy} /> },
        Body::Inspect(view) => html! { <Inspect {view} busy={frame.busy} /> },
        Body::Locked => html! { <Locked page={frame.page} /> },
    }
}

fn hear(tell: Tell, shown: &UseReducerDispatcher<Shown>, ask: &Callback<Ask>) {
    match tell {
        Tell::Show(screen) => shown.dispatch(*screen),
        Tell::Save(name, bytes) => {
            if let Err(detail) = files::download(&name, &bytes.0) {
                crash::show_text(&detail);
            }
        }
        Tell::Fetch(name) => {
            let ask = ask.clone();
            spawn_local(async move {
                let fetched = site::fetch(&name).await;
                ask.emit(Ask::Fetched(name, fetched));
            });
        }
        Tell::Measured(name, nanoseconds) => page::measure(&name, nanoseconds),
        Tell::Crashed(detail) => crash::show_text(&detail),
    }
}

fn drop_target(ask: &Callback<Ask>, over: UseStateSetter<bool>) -> DropTarget {
    let ask = ask.clone();
    DropTarget::listen(
        move |hovering| over.set(hovering),
        move |picked| {
            let ask = ask.clone();
            spawn_local(async move { ask.emit(Ask::Files(files::read_all(picked).await)) });
        },
    )
}

fn follow_address(ask: &Callback<Ask>) {
    let ask = ask.clone();
    let went = move |fragment: String| {
        if let Some(page) = Page::of_fragment(&fragment) {
            ask.emit(Ask::Went(page));
        }
    };
    went(page::fragment());
    page::on_fragment(went);
}
