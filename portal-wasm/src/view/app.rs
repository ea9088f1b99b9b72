//! The root: owns the reducer and the tasks, and listens to the address and to dropped files.

use std::rc::Rc;

use yew::prelude::*;

use super::inspect::Inspect;
use super::job::Job;
use super::ledger::LedgerPage;
use super::notice::NoticeBar;
use super::overview::OverviewPage;
use super::portal::Portal;
use super::shell::{Shell, Stopped, WorkerState};
use super::token::TokenPage;
use crate::browser::clock;
use crate::browser::files::DropTarget;
use crate::browser::page;
use crate::browser::worker::Worker;
use crate::model::change::{Action, Change};
use crate::model::flow::{Flow, State};
use crate::model::page::Page;
use crate::tasks::{Hands, Intent, Tasks};

/// The whole page.
#[component]
pub fn App() -> Html {
    let state = use_reducer(State::default);
    let hands = use_memo((), |()| Hands::default());
    let over = use_state(|| false);
    hands.saw(&state);

    let act = {
        let dispatcher = state.dispatcher();
        let hands = hands.clone();
        use_memo((), move |()| Tasks::new(hands, dispatcher).callback())
    };
    {
        let (act, dispatcher, over) = ((*act).clone(), state.dispatcher(), over.setter());
        use_effect_with((), move |()| {
            let went = move |fragment: String| {
                if let Some(page) = Page::of_fragment(&fragment) {
                    dispatcher.dispatch(Action { now: clock::now(), change: Change::Went(page) });
                }
            };
            went(page::fragment());
            page::on_fragment(went);
            act.emit(Intent::Start);
            let dropped = act.clone();
            let target =
                DropTarget::listen(move |hovering| over.set(hovering), move |files| dropped.emit(Intent::Files(files)));
            move || drop(target)
        });
    }
    use_effect_with(state.page, |page| {
        // A step can change the page without the address; the address follows.
        if Page::of_fragment(&page::fragment()) != Some(*page) {
            page::go(page.fragment());
        }
    });
    let worker = use_worker();
    let portal = Portal { state: (*state).clone(), act: (*act).clone() };
    html! {
        <ContextProvider<Portal> context={portal}>
            <Shell {worker} over={*over}>{ content(&state) }</Shell>
        </ContextProvider<Portal>>
    }
}

pub(super) fn content(state: &State) -> Html {
    if let Flow::Stopped(error) = &state.flow {
        return html! { <Stopped error={Rc::new(error.clone())} /> };
    }
    let page = if state.page.is_on(&state.brand) { state.page } else { Page::Job };
    html! {
        <>
            <NoticeBar />
            {
                match page {
                    Page::Job => html! { <Job /> },
                    Page::Overview => html! { <OverviewPage /> },
                    Page::Token => html! { <TokenPage /> },
                    Page::Ledger => html! { <LedgerPage /> },
                    Page::Inspect => html! { <Inspect /> },
                }
            }
        </>
    }
}

/// Starts a worker early, so that unlocking does not wait for a download.
#[hook]
fn use_worker() -> WorkerState {
    let worker = use_state(|| WorkerState::Starting);
    {
        let worker = worker.setter();
        use_effect_with((), move |()| {
            yew::platform::spawn_local(async move {
                let answered = match Worker::start() {
                    Ok(started) => started.ping().await,
                    Err(error) => Err(error),
                };
                worker.set(if answered.is_ok() { WorkerState::Ready } else { WorkerState::Failed });
            });
        });
    }
    *worker
}
