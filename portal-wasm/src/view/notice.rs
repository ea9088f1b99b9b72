//! The line above a page: what became of the last file or step.

use yew::prelude::*;

use super::parts::{Icon, Refusals, icons};
use super::portal::use_portal;
use crate::model::flow::{Notice, Told};
use crate::t;
use crate::tasks::Intent;

/// The notice, if there is one.
#[component]
pub fn NoticeBar() -> Html {
    let portal = use_portal();
    let close = html! {
        <button class="icon-button" type="button" aria-label={t!("dismiss")} title={t!("dismiss")}
            onclick={portal.asks(Intent::Dismiss)}>
            <Icon path={icons::CLOSE} />
        </button>
    };
    match &portal.state.notice {
        None => html! {},
        Some(Notice::Refused(errors)) => html! {
            <div class="notice">
                <Refusals errors={errors.clone()} />
                { close }
            </div>
        },
        Some(Notice::Done(told)) => html! {
            <div class="notice">
                <div class={classes!("alert", tone(*told))} role="status">
                    <p class="alert-body">{ text(*told) }</p>
                </div>
                { close }
            </div>
        },
    }
}

fn tone(told: Told) -> &'static str {
    match told {
        Told::BundleRenewed | Told::LedgerImported | Told::KeyMade => "alert-success",
        Told::BundleSame | Told::FileWaits => "alert-info",
    }
}

fn text(told: Told) -> AttrValue {
    match told {
        Told::BundleRenewed => t!("told-bundle-renewed"),
        Told::BundleSame => t!("told-bundle-same"),
        Told::LedgerImported => t!("told-ledger-imported"),
        Told::FileWaits => t!("told-file-waits"),
        Told::KeyMade => t!("told-key-made"),
    }
}
