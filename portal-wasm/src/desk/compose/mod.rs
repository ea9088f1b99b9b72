//! From the state to what the page shows, in words.

mod account;
mod batch;
mod file;
mod job;
mod matter;
mod own;

use super::model::account::Way;
use super::model::brand::Brand;
use super::model::flow::{Flow, Notice, State, Told};
use super::model::words;
use crate::screen::{self, Body, Frame, Page, Screen, Tone, Who};
use crate::t;

/// What the page shows in this state.
pub fn screen(state: &State) -> Screen {
    let page = if is_on(state.page, &state.brand) { state.page } else { Page::Job };
    Screen { frame: frame(state, page), body: body(state, page) }
}

fn body(state: &State, page: Page) -> Body {
    if let Flow::Stopped(error) = &state.flow {
        return Body::Stopped(error.clone());
    }
    match page {
        Page::Job => job::body(state),
        Page::Overview => account::overview(state),
        Page::Token => account::tokens(state),
        Page::Ledger => account::ledger(state),
        Page::Inspect => Body::Inspect(state.inspected.as_ref().map(|inspected| file::inspect(inspected))),
    }
}

fn frame(state: &State, page: Page) -> Frame {
    let anything = state.flow.loaded().is_some() || state.inspected.is_some() || page != Page::Job;
    let stopped = matches!(state.flow, Flow::Stopped(_));
    let own = state.flow.loaded().is_some_and(|loaded| loaded.way == Way::Credential);
    // Who answers only their own machine has no account to look at.
    let for_them = |page: &Page| !own || matches!(page, Page::Job | Page::Inspect);
    let tabs = Page::ALL.into_iter().filter(|page| is_on(*page, &state.brand)).filter(for_them);
    Frame {
        brand: brand(&state.brand),
        page,
        tabs: if anything && !stopped { tabs.collect() } else { Vec::new() },
        who: state.flow.account().map(|account| Who {
            by: account.by.clone(),
            account: words::label(account.bundle(), &account.bundle().account).to_string(),
        }),
        busy: state.busy,
        progress: state.progress,
        notice: state.notice.as_ref().map(notice),
        codes: state.keys.iter().map(|key| key.license_code()).collect(),
        keeps_keys: state.keeps_keys,
    }
}

fn brand(brand: &Brand) -> screen::Brand {
    let ways = |email: &Option<String>, phone: &Option<String>| {
        [email, phone].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    screen::Brand {
        name: brand.name.clone(),
        organization: brand.organization.clone(),
        logo: brand.logo.as_ref().map(|logo| logo.as_str().into()),
        tagline: brand.tagline.clone().unwrap_or_else(|| t!("load-lead").to_string()),
        contact: brand.contact.as_ref().map(|contact| {
            t!("footer-contact", name = contact.name, ways = ways(&contact.email, &contact.phone)).to_string()
        }),
        links: brand.links.iter().map(|link| (link.label.clone(), link.href.as_str().into())).collect(),
        colours: brand.colors.properties().into_iter().map(|(name, value)| (name.into(), value)).collect(),
    }
}

/// Whether the brand has this page. The main job and the ledger always are there.
fn is_on(page: Page, brand: &Brand) -> bool {
    match page {
        Page::Job | Page::Ledger => true,
        Page::Overview => brand.pages.overview,
        Page::Token => brand.pages.token,
        Page::Inspect => brand.pages.inspect,
    }
}

fn notice(notice: &Notice) -> screen::Notice {
    let (tone, text) = match notice {
        Notice::Refused(errors) => return screen::Notice::Refused(errors.clone()),
        Notice::Done(Told::BundleRenewed) => (Tone::Ok, t!("told-bundle-renewed")),
        Notice::Done(Told::BundleSame) => (Tone::Info, t!("told-bundle-same")),
        Notice::Done(Told::LedgerImported) => (Tone::Ok, t!("told-ledger-imported")),
        Notice::Done(Told::FileWaits) => (Tone::Info, t!("told-file-waits")),
        Notice::Done(Told::FilesWait) => (Tone::Info, t!("told-files-wait")),
        Notice::Done(Told::KeyMade) => (Tone::Ok, t!("told-key-made")),
        Notice::Done(Told::Recorded) => (Tone::Ok, t!("told-recorded")),
        Notice::Done(Told::Released) => (Tone::Ok, t!("told-released")),
        Notice::Done(Told::TakenOver) => (Tone::Ok, t!("told-taken-over")),
    };
    screen::Notice::Done(tone, text.to_string())
}
