//! Looking into any file: what it is, whether it verifies, what it says, what to do with it.

use postern_protocol::describe::Section;
use yew::prelude::*;

use super::drop_zone::DropZone;
use super::parts::{Heading, Refusals, row};
use super::portal::use_portal;
use crate::model::inspection::{Inspection, Standing, kind_name, kind_use};
use crate::t;

/// The page.
#[component]
pub fn Inspect() -> Html {
    let portal = use_portal();
    html! {
        <>
            <Heading title={t!("inspect-title")} lead={t!("inspect-lead")} />
            <DropZone title={t!("inspect-drop")} hint={t!("inspect-hint")} />
            if let Some(inspected) = &portal.state.inspected {
                { file(inspected) }
                { for inspected.sections.iter().map(section) }
            }
        </>
    }
}

fn file(inspected: &Inspection) -> Html {
    html! {
        <section class="card" data-kind={inspected.kind.as_str()}>
            <div class="card-head">
                <h2>{ kind_name(inspected.kind) }</h2>
                { badge(&inspected.standing) }
            </div>
            <div class="card-body">
                <p>{ kind_use(inspected.kind) }</p>
                if let Standing::Refused(error) = &inspected.standing {
                    <Refusals errors={vec![error.clone()]} />
                }
                <dl class="summary">
                    { row(t!("file-name"), inspected.name.clone()) }
                    { row(t!("file-size"), t!("bytes", n = inspected.size)) }
                    { row(t!("file-digest"), html! { <code>{ inspected.digest.to_string() }</code> }) }
                    { row(t!("standing"), standing(&inspected.standing)) }
                </dl>
            </div>
        </section>
    }
}

fn badge(standing: &Standing) -> Html {
    let (class, text) = match standing {
        Standing::Vendor | Standing::Machine => ("badge-ok", t!("verified")),
        Standing::NoRoot | Standing::OnlyInside => ("badge-warn", t!("not-checked")),
        Standing::Refused(_) => ("badge-danger", t!("not-valid")),
    };
    html! { <span class={classes!("badge", class)}>{ text }</span> }
}

fn standing(standing: &Standing) -> AttrValue {
    match standing {
        Standing::Vendor => t!("standing-vendor"),
        Standing::Machine => t!("standing-machine"),
        Standing::NoRoot => t!("standing-no-root"),
        Standing::OnlyInside => t!("standing-only-inside"),
        Standing::Refused(error) => error.what.clone().into(),
    }
}

fn section(section: &Section) -> Html {
    html! {
        <section class="card">
            <div class="card-head"><h2>{ &section.title }</h2></div>
            <div class="card-body">
                <dl class="summary">
                    { for section.rows.iter().map(|one| row(AttrValue::Static(one.label), one.value.clone())) }
                </dl>
            </div>
        </section>
    }
}
