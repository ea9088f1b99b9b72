//! Step 5: the license is issued; where it goes now, and what the ledger says.

use postern_protocol::Digest;
use postern_protocol::documents::Event;
use yew::prelude::*;

use super::allocate::changes;
use super::parts::{Heading, row};
use super::portal::use_portal;
use crate::model::account::Account;
use crate::model::flow::Issued;
use crate::model::shared::Shared;
use crate::model::words;
use crate::t;
use crate::tasks::Intent;

/// What was issued.
#[derive(Clone, PartialEq, Properties)]
pub struct DoneProps {
    /// The account, with its newest ledger.
    pub account: Shared<Account>,
    /// The file.
    pub issued: Shared<Issued>,
}

/// The last step.
#[component]
pub fn Done(props: &DoneProps) -> Html {
    let portal = use_portal();
    let DoneProps { account, issued } = props;
    let (Some(document), Some(asked)) = (issued.document, &issued.asked) else { return html! {} };
    let machine = asked.request.device.key.short();
    let deadline = install_before(account, document);
    html! {
        <>
            <Heading title={t!("done-title", machine = machine)} lead={t!("done-lead", name = issued.name)} />
            <div class="split">
                <section class="card">
                    <div class="card-head">
                        <h2>{ t!("done-next") }</h2>
                        <span class="badge badge-ok">{ t!("done-stored") }</span>
                    </div>
                    <div class="card-body">
                        <ol class="next">
                            <li>{ t!("done-carry", name = issued.name, machine = machine) }</li>
                            <li>
                                { t!("done-install") }
                                <pre class="log" tabindex="0">{ t!("done-command", name = issued.name) }</pre>
                            </li>
                            if let Some(deadline) = deadline {
                                <li>
                                    {
                                        t!("done-deadline", at = words::instant(deadline),
                                            left = words::from_now(portal.state.now, deadline))
                                    }
                                </li>
                            }
                        </ol>
                        if let Some(change) = &asked.verdict.change {
                            { changes(account, change) }
                        }
                    </div>
                    <div class="card-foot">
                        <button class="button" type="button" onclick={portal.asks(Intent::Download(document))}>
                            { t!("download-again") }
                        </button>
                        <button class="button button-primary push" type="button" onclick={portal.asks(Intent::Again)}>
                            { t!("next-request") }
                        </button>
                    </div>
                </section>
                <aside class="card">
                    <div class="card-head"><h2>{ t!("done-file") }</h2></div>
                    <div class="card-body">
                        <dl class="summary">
                            { row(t!("file-name"), issued.name.clone()) }
                            { row(t!("file-size"), t!("bytes", n = issued.bytes.len())) }
                            { row(t!("file-digest"), html! { <code>{ Digest::of(&issued.bytes).to_string() }</code> }) }
                            { row(t!("ledger-position"), position(account)) }
                        </dl>
                    </div>
                    <div class="card-foot">
                        <p class="small muted">{ t!("done-export-why") }</p>
                        <button class="button button-small" type="button"
                            onclick={portal.asks(Intent::ExportLedger)}>
                            { t!("export") }
                        </button>
                    </div>
                </aside>
            </div>
        </>
    }
}

/// The newest position of the ledger.
fn position(account: &Account) -> AttrValue {
    let last = account.ledger.as_ref().and_then(|ledger| ledger.entries().last());
    last.map(|entry| entry.place.position.to_string()).unwrap_or_default().into()
}

fn install_before(account: &Account, document: Digest) -> Option<postern_protocol::Time> {
    account.ledger.as_ref()?.entries().iter().rev().find_map(|entry| match &entry.event {
        Event::Issued(issued) if issued.license == document => Some(issued.install_before),
        _ => None,
    })
}
