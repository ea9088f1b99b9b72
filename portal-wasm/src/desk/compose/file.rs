//! A file in words.

use postern_protocol::describe::SUPPORT;

use crate::desk::model::inspection::{Inspection, Standing, kind_name, kind_use};
use crate::screen::{InspectView, Row, Section, Tone};
use crate::t;

pub(super) fn inspect(inspected: &Inspection) -> InspectView {
    let standing = &inspected.standing;
    let (tone, badge, text) = match standing {
        Standing::Vendor => (Tone::Ok, t!("verified"), t!("standing-vendor")),
        Standing::Machine => (Tone::Ok, t!("verified"), t!("standing-machine")),
        Standing::NoRoot => (Tone::Warn, t!("not-checked"), t!("standing-no-root")),
        Standing::OnlyInside => (Tone::Warn, t!("not-checked"), t!("standing-only-inside")),
        Standing::Unsigned => (Tone::Warn, t!("not-checked"), t!("standing-unsigned")),
        Standing::Refused(error) => (Tone::Danger, t!("not-valid"), error.what.clone().into()),
    };
    InspectView {
        kind: inspected.kind.map_or_else(|| SUPPORT.into(), |kind| kind.to_string()),
        name: inspected.kind.map_or_else(|| t!("kind-support"), kind_name).to_string(),
        purpose: inspected.kind.map_or_else(|| t!("use-support"), kind_use).to_string(),
        badge: (tone, badge.to_string()),
        refused: match standing {
            Standing::Refused(error) => vec![error.clone()],
            _ => Vec::new(),
        },
        figures: vec![
            Row::new(t!("file-name"), &inspected.name),
            Row::new(t!("file-size"), t!("bytes", n = inspected.size)),
            Row::code(t!("file-digest"), inspected.digest),
            Row::new(t!("standing"), text),
        ],
        sections: inspected
            .sections
            .iter()
            .map(|section| Section {
                title: section.title.clone(),
                rows: section.rows.iter().map(|row| Row::new(&*row.label, &row.value)).collect(),
            })
            .collect(),
    }
}
