//! From the state to what the page draws: the words, and the elements that they stand in.

mod allocate;
mod batch;
mod begin;
mod changes;
mod done;
mod file;
mod guides;
mod handover;
mod icons;
mod job;
mod ledger;
mod load;
mod machine;
mod matter;
mod overview;
mod own;
mod parts;
mod request;
mod servers;
mod sheet;
mod shell;
mod stages;
mod tokens;
mod unlock;

use super::model::flow::{Flow, State};
use super::model::shown::Page;
use crate::screen::{Screen, Tag};
use crate::t;
use parts::refusals;
use sheet::Sheet;

/// What the page draws in this state.
pub fn screen(state: &State) -> Screen {
    let page = if shell::is_on(state.page, &state.brand) { state.page } else { Page::Job };
    let sheet = sheet(state, page);
    let sheet = match guides::back(state, page) {
        Some(back) => sheet.led(back),
        None => sheet,
    };
    Screen {
        title: state.brand.name.clone().into(),
        colours: state.brand.colors.properties().into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        address: page.fragment().into(),
        heading: sheet.heading.clone(),
        nodes: shell::around(state, page, sheet),
    }
}

fn sheet(state: &State, page: Page) -> Sheet {
    if let Flow::Stopped(error) = &state.flow {
        let title = Tag::H1.with(t!("stopped-title"));
        let section = Tag::Section.class("stack").with(title).with(refusals(std::slice::from_ref(error)));
        return Sheet::bare("stopped", section);
    }
    match page {
        Page::Job => job::sheet(state),
        Page::Overview => overview::overview(state),
        Page::Token => tokens::tokens(state),
        Page::Servers => servers::page(state),
        Page::Ledger => ledger::ledger(state),
        Page::Inspect => file::inspect(state),
    }
}
