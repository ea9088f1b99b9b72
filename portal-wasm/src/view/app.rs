//! The root: owns the screen, runs the desk, and listens to the address and to dropped files.

use std::rc::Rc;

use yew::platform::spawn_local;
use yew::prelude::*;

use super::draw::Pen;
use crate::browser::desk_client::DeskClient;
use crate::browser::files::{self, DropTarget};
use crate::browser::{crash, page, site, theme};
use crate::screen::Screen;
use crate::talk::{Ask, Tell};

/// The whole page: what the desk told it last. Until then `index.html` says that the portal opens.
#[component]
pub fn App() -> Html {
    let shown = use_state(|| None::<Rc<Screen>>);
    let over = use_state(|| false);
    let client = use_mut_ref(|| None::<DeskClient>);
    let pen = {
        let client = client.clone();
        use_memo((), move |()| {
            Pen::new(Callback::from(move |ask: Ask| {
                if let Some(client) = client.borrow().as_ref() {
                    client.ask(&ask);
                }
            }))
        })
    };
    {
        let (pen, shown, over) = (pen.clone(), shown.setter(), over.setter());
        use_effect_with((), move |()| {
            let told = {
                let pen = pen.clone();
                move |tell| hear(tell, &shown, &pen)
            };
            match DeskClient::start(told) {
                Ok(started) => *client.borrow_mut() = Some(started),
                Err(detail) => crash::show_text(&detail),
            }
            let dropped = drop_target(&pen, over);
            follow_address(&pen);
            spawn_local(async move { pen.ask(Ask::Start(site::fetch("brand.json").await, theme::is_dark())) });
            move || drop(dropped)
        });
    }
    let opened = use_mut_ref(|| false);
    use_effect_with(shown.as_ref().map(|screen| screen.address.clone()), move |address| {
        let Some(address) = address else { return };
        // A step can change the page without the address; the address follows. At first it is the other way round.
        if opened.replace(true) {
            page::go(address);
        } else {
            page::opened();
        }
    });
    let looks = shown.as_ref().map(|screen| (screen.title.clone(), screen.colours.clone()));
    use_effect_with(looks, |looks| {
        if let Some((title, colours)) = looks {
            page::set_title(title);
            page::set_style(colours);
        }
    });
    use_effect_with(shown.as_ref().map(|screen| screen.heading.clone()), |heading| {
        if heading.as_ref().is_some_and(|heading| !heading.is_empty()) {
            page::focus_heading();
        }
    });
    match &*shown {
        None => Html::default(),
        Some(screen) => html! {
            <div class={classes!("app", over.then_some("is-over"))} data-desk={READY}>{ pen.draw(&screen.nodes) }</div>
        },
    }
}

/// The desk answers: for tests and support.
const READY: &str = "ready";

fn hear(tell: Tell, shown: &UseStateSetter<Option<Rc<Screen>>>, pen: &Rc<Pen>) {
    match tell {
        Tell::Show(screen) => shown.set(Some(Rc::from(screen))),
        Tell::Save(name, bytes) => {
            if let Err(detail) = files::download(&name, &bytes.0) {
                crash::show_text(&detail);
            }
        }
        Tell::Fetch(name) => {
            let pen = pen.clone();
            spawn_local(async move {
                let fetched = site::fetch(&name).await;
                pen.ask(Ask::Fetched(name, fetched));
            });
        }
        Tell::Measured(name, nanoseconds) => page::measure(&name, nanoseconds),
        Tell::Crashed(detail) => crash::show_text(&detail),
    }
}

fn drop_target(pen: &Rc<Pen>, over: UseStateSetter<bool>) -> DropTarget {
    let pen = pen.clone();
    DropTarget::listen(
        move |hovering| over.set(hovering),
        move |picked| {
            let pen = pen.clone();
            spawn_local(async move { pen.ask(Ask::Files(files::read_all(picked).await)) });
        },
    )
}

fn follow_address(pen: &Rc<Pen>) {
    let pen = pen.clone();
    let went = move |fragment: String| pen.ask(Ask::Went(fragment));
    went(page::fragment());
    page::on_fragment(went);
}
