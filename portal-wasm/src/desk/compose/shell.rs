//! The frame around every page: the top bar with the pages, steps and notice, the footer.

use yew::AttrValue;

use super::icons::{self, gate};
use super::parts::{Tone, file_input, icon_button, refusals};
use super::servers::has_servers;
use super::sheet::Sheet;
use crate::desk::model::account::Way;
use crate::desk::model::brand::Brand;
use crate::desk::model::command::Command;
use crate::desk::model::flow::{Flow, Notice, State, Told};
use crate::desk::model::shown::{Busy, Page};
use crate::desk::model::words;
use crate::screen::{Act, Attr, Element, Node, Tag};
use crate::t;

/// A page or step in its frame.
pub(super) fn around(state: &State, page: Page, sheet: Sheet) -> Vec<Node> {
    // Whatever comes and goes keeps its place: the page below is not drawn anew.
    let main = Tag::Main
        .class("page")
        .set(Attr::Id, "main")
        .set(Attr::Tabindex, "-1")
        .with(sheet.step.map(stepper))
        .with(state.progress.map(progress))
        .with(state.notice.as_ref().map(notice))
        .with(Node::Group(sheet.into_nodes()));
    let busy = Tag::P.class("visually-hidden").set(Attr::Role, "status").with(busy_text(state.busy));
    vec![
        Tag::A.class("skip-link").set(Attr::Href, "#main").with(t!("skip")).into(),
        Tag::Header.class("topbar").with(top_bar(state, page)).into(),
        main.into(),
        busy.into(),
        footer(&state.brand).into(),
    ]
}

fn top_bar(state: &State, page: Page) -> Element {
    let brand = &state.brand;
    let mark = match &brand.logo {
        Some(logo) => Tag::Img.class("brand-mark").set(Attr::Src, logo.as_str().to_owned()).set(Attr::Alt, ""),
        None => gate(),
    };
    let name = Tag::Span.class("brand-name").with(&brand.name);
    let who = state.flow.account().map(|account| {
        let of = words::label(account.bundle(), &account.bundle().account);
        let dot = Tag::Span.class("dot").set(Attr::AriaHidden, "true");
        let chip = Tag::Span.class("chip").set(Attr::Title, t!("who", by = account.by, account = of));
        vec![
            chip.with(dot).with(Tag::Span.with(&account.by)),
            icon_button(t!("lock"), icons::LOCK, Command::Lock.click()),
        ]
    });
    let theme = match state.dark {
        true => icon_button(t!("theme-light"), icons::SUN, Act::Theme),
        false => icon_button(t!("theme-dark"), icons::MOON, Act::Theme),
    };
    let end = Tag::Div.class("topbar-end").with(open_button()).with(who.map(Node::from)).with(theme);
    Tag::Div
        .class("topbar-inner")
        .with(Tag::A.class("brand").set(Attr::Href, "#/").with(mark).with(name))
        .with(tabs(state, page))
        .with(end)
}

/// A small button that opens a file from anywhere: what dropping is for the mouse.
fn open_button() -> Element {
    let input = file_input().set(Attr::AriaLabel, t!("open-file"));
    Tag::Label.class("icon-button").set(Attr::Title, t!("open-file")).with(input).with(icons::icon(icons::FOLDER))
}

/// The pages that can be gone to; none before there is anything to see.
fn tabs(state: &State, page: Page) -> Option<Element> {
    let anything = state.flow.loaded().is_some() || state.inspected.is_some() || page != Page::Job;
    if !anything || matches!(state.flow, Flow::Stopped(_)) {
        return None;
    }
    let own = state.flow.loaded().is_some_and(|loaded| loaded.way == Way::Credential);
    // Who answers only their own machine has no account to look at.
    let makes = state.flow.account().is_some_and(|account| has_servers(account, state.now));
    let for_them = |page: &Page| match page {
        Page::Servers => makes,
        page => !own || matches!(page, Page::Job | Page::Inspect),
    };
    let tab = |one: Page| {
        let tab = Tag::A.class("tab").set(Attr::Href, format!("#{}", one.fragment())).with(page_name(one));
        if one == page { tab.set(Attr::AriaCurrent, "page") } else { tab }
    };
    let pages = Page::ALL.into_iter().filter(|page| is_on(*page, &state.brand)).filter(for_them);
    Some(Tag::Nav.class("tabs").set(Attr::AriaLabel, t!("tabs")).each(pages.map(tab)))
}

/// Whether the brand has this page. The main job and the ledger always are there.
pub(super) fn is_on(page: Page, brand: &Brand) -> bool {
    match page {
        Page::Job | Page::Ledger => true,
        Page::Overview => brand.pages.overview,
        Page::Token => brand.pages.token,
        Page::Servers => brand.pages.servers,
        Page::Inspect => brand.pages.inspect,
    }
}

/// What a page is called.
pub(super) fn page_name(page: Page) -> AttrValue {
    match page {
        Page::Job => t!("tab-job"),
        Page::Overview => t!("tab-overview"),
        Page::Token => t!("tab-token"),
        Page::Servers => t!("tab-servers"),
        Page::Ledger => t!("tab-ledger"),
        Page::Inspect => t!("tab-inspect"),
    }
}

/// The five steps of the main job.
fn stepper(current: usize) -> Element {
    let steps = [t!("step-load"), t!("step-unlock"), t!("step-request"), t!("step-allocate"), t!("step-done")];
    let step = |(index, label): (usize, AttrValue)| {
        let number = index + 1;
        let item = match number.cmp(&current) {
            std::cmp::Ordering::Less => Tag::Li.class("step is-done"),
            std::cmp::Ordering::Equal => Tag::Li.class("step is-current").set(Attr::AriaCurrent, "step"),
            std::cmp::Ordering::Greater => Tag::Li.class("step is-todo"),
        };
        item.with(Tag::Span.class("step-mark").with(number.to_string())).with(Tag::Span.class("step-label").with(label))
    };
    Tag::Ol.class("stepper").set(Attr::AriaLabel, t!("steps")).each(steps.into_iter().enumerate().map(step))
}

/// How far long work is. Its figures are said only here, to those who look: read out, each would hide the page.
fn progress((done, all): (u64, u64)) -> Element {
    let bar = Tag::Progress
        .class("progress")
        .set(Attr::Value, done.to_string())
        .set(Attr::Max, all.to_string())
        .set(Attr::AriaLabel, t!("progress-label"));
    let text = Tag::Span.class("muted small").set(Attr::AriaHidden, "true");
    Tag::Div.class("progress-line").with(bar).with(text.with(t!("progress", done = done, all = all)))
}

fn busy_text(busy: Option<Busy>) -> AttrValue {
    match busy {
        None => AttrValue::default(),
        Some(Busy::Reading) => t!("busy-reading"),
        Some(Busy::Unlocking) => t!("busy-unlocking"),
        Some(Busy::Signing) => t!("busy-signing"),
    }
}

/// What became of the last file or step.
fn notice(notice: &Notice) -> Element {
    let told = match notice {
        Notice::Refused(errors) => refusals(errors),
        Notice::Done(told) => {
            let (tone, text) = in_words(*told);
            let class = if tone == Tone::Ok { "alert alert-success" } else { "alert alert-info" };
            Some(Tag::Div.class(class).set(Attr::Role, "status").with(Tag::P.class("alert-body").with(text)))
        }
    };
    let dismiss = icon_button(t!("dismiss"), icons::CLOSE, Command::Dismiss.click());
    Tag::Div.class("notice").with(told).with(dismiss)
}

fn in_words(told: Told) -> (Tone, AttrValue) {
    match told {
        Told::BundleRenewed => (Tone::Ok, t!("told-bundle-renewed")),
        Told::BundleSame => (Tone::Info, t!("told-bundle-same")),
        Told::LedgerImported => (Tone::Ok, t!("told-ledger-imported")),
        Told::FileWaits => (Tone::Info, t!("told-file-waits")),
        Told::FilesWait => (Tone::Info, t!("told-files-wait")),
        Told::KeyMade => (Tone::Ok, t!("told-key-made")),
        Told::Recorded => (Tone::Ok, t!("told-recorded")),
        Told::Released => (Tone::Ok, t!("told-released")),
        Told::TakenOver => (Tone::Ok, t!("told-taken-over")),
        Told::ChildSeen => (Tone::Ok, t!("told-child-seen")),
        Told::HandedOver => (Tone::Ok, t!("told-handed-over")),
    }
}

/// Whose portal this is, whom to ask, and that nothing leaves the browser.
fn footer(brand: &Brand) -> Element {
    let contact = brand.contact.as_ref().map(|contact| {
        let ways: Vec<&str> = [&contact.email, &contact.phone].into_iter().flatten().map(String::as_str).collect();
        Tag::Span.with(t!("footer-contact", name = contact.name, ways = ways.join(", ")))
    });
    let links = brand.links.iter().map(|link| {
        let address = link.href.as_str().to_owned();
        Tag::A.empty().set(Attr::Href, address).set(Attr::Rel, "noreferrer").with(&link.label)
    });
    let organization = brand.organization.as_ref().map(|organization| Tag::Span.with(organization));
    let links = Tag::Nav.empty().set(Attr::AriaLabel, t!("footer-links")).each(links).with(organization);
    let inner = Tag::Div.class("footer-inner").with(Tag::Span.with(t!("footer"))).with(contact).with(links);
    Tag::Footer.class("footer").with(inner)
}
