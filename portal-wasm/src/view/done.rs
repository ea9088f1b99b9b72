//! Step 5: the license or time ticket is issued; where it goes now, and what the ledger says.

use yew::prelude::*;

use super::ask::use_desk;
use super::parts::{Heading, badge, button, changes, summary};
use crate::screen::{DoneView, Tone};
use crate::t;
use crate::talk::Ask;

/// What was issued.
#[derive(Clone, PartialEq, Properties)]
pub struct DoneProps {
    /// The license or time ticket.
    pub view: DoneView,
}

/// The last step.
#[component]
pub fn Done(props: &DoneProps) -> Html {
    let desk = use_desk();
    let DoneView { title, machine, act, command, file, document, deadline, change, figures, own } = &props.view;
    html! {
        <>
            <Heading title={title.clone()} lead={t!("done-lead", name = file)} />
            <div class="split">
                <section class="card">
                    <div class="card-head">
                        <h2>{ t!("done-next") }</h2>
                        { badge(Tone::Ok, t!("done-stored")) }
                    </div>
                    <div class="card-body">
                        <ol class="next">
                            <li>{ t!("done-carry", name = file, machine = machine) }</li>
                            <li>
                                { act }
                                <pre class="log" tabindex="0">{ command }</pre>
                            </li>
                            if let Some(deadline) = deadline {
                                <li>{ deadline }</li>
                            }
                        </ol>
                        if let Some(change) = change {
                            { changes(change) }
                        }
                    </div>
                    <div class="card-foot">
                        { button("button", t!("download-again"), desk.asks(Ask::Download(document.clone()))) }
                        { button("button button-primary push", t!("next-request"), desk.asks(Ask::Again)) }
                    </div>
                </section>
                <aside class="card">
                    <div class="card-head"><h2>{ t!("done-file") }</h2></div>
                    <div class="card-body">{ summary(figures) }</div>
                    if !own {
                        <div class="card-foot">
                            <p class="small muted">{ t!("done-export-why") }</p>
                            { button("button button-small", t!("export"), desk.asks(Ask::ExportLedger)) }
                        </div>
                    }
                </aside>
            </div>
        </>
    }
}
