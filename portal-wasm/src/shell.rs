//! The frame around every page: the top bar, the place for the content, the footer.

use yew::prelude::*;

use crate::browser::theme::{self, Theme};
use crate::browser::worker::Worker;

/// The whole page.
#[component]
pub fn App() -> Html {
    let worker = use_state(|| WorkerState::Starting);
    {
        let worker = worker.clone();
        use_effect_with((), move |()| {
            // Started early, so that unlocking does not wait for a download.
            yew::platform::spawn_local(async move {
                let answered = match Worker::start() {
                    Ok(started) => started.ping().await,
                    Err(error) => Err(error),
                };
                worker.set(match answered {
                    Ok(()) => WorkerState::Ready,
                    Err(_) => WorkerState::Failed,
                });
            });
        });
    }
    html! { <Shell product="Postern" worker={*worker} /> }
}

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
    /// The name in the top bar.
    pub product: AttrValue,
    /// How far the background worker is.
    pub worker: WorkerState,
    /// The page's content.
    #[prop_or_default]
    pub children: Html,
}

/// The top bar, the content and the footer.
#[component]
pub fn Shell(props: &ShellProps) -> Html {
    html! {
        <div class="app" data-worker={props.worker.name()}>
            <a class="skip-link" href="#main">{ "Skip to content" }</a>
            <header class="topbar">
                <div class="topbar-inner">
                    <span class="brand">
                        <Gate />
                        <span class="brand-name">{ &props.product }</span>
                    </span>
                    <div class="topbar-end"><ThemeButton /></div>
                </div>
            </header>
            <main class="page" id="main" tabindex="-1">{ props.children.clone() }</main>
            <footer class="footer">
                <div class="footer-inner">
                    <span>{ "Everything happens in this browser. No file leaves it." }</span>
                </div>
            </footer>
        </div>
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
        Some(Theme::Dark) => ("Use light colours", SUN),
        _ => ("Use dark colours", MOON),
    };
    html! {
        <button class="icon-button" type="button" aria-label={label} title={label} {onclick}>
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d={icon} /></svg>
        </button>
    }
}

const MOON: &str = "M20 14.2A8 8 0 0 1 9.8 4 8 8 0 1 0 20 14.2z";
const SUN: &str = "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_renders_natively() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let html = tokio::task::LocalSet::new().block_on(&runtime, async {
            yew::LocalServerRenderer::<Shell>::with_props(ShellProps {
                product: "Northwind".into(),
                worker: WorkerState::Starting,
                children: html! { <p>{ "content" }</p> },
            })
            .render()
            .await
        });
        assert!(html.contains("Northwind") && html.contains("<p>content</p>"));
        assert!(!html.contains("style="), "the CSP refuses style attributes");
    }
}
