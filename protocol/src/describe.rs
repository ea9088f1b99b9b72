//! Every document of a file in words, for security officers and support: what the file says of itself.
//!
//! Nothing here is verified: a forged file describes itself just as well. Whoever shows a description says beside it
//! whether the file verifies. Ids, keys and digests are written in full, so that they can be compared.

mod grant;
mod issued;
mod ledger;
mod machine;
mod support;
mod vendor;
mod wording;

use std::borrow::Cow;
use std::fmt::Display;

use serde::Serialize;

pub use support::{SUPPORT, support};
pub use vendor::grantor;
pub use wording::{duration, seats, time};

use crate::documents::{
    Bundle, Deactivation, Document, Enablement, Grant, Handover, LedgerEntry, License, Receipt, Request, Revocations,
    TimeTicket, Trust,
};
use crate::envelope::Envelope;
use crate::file::File;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::text;
use crate::verified::Unverified;

/// One document in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// What it is.
    pub title: String,
    /// What it says, in the order in which people ask. A label may come several times.
    pub rows: Vec<Row>,
}

/// One thing that a document says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it is about.
    pub label: Cow<'static, str>,
    /// What the document says about it.
    pub value: String,
}

/// What a file that ends with its grants may be: a license file cut exactly at a line's end looks the same.
const NO_DOCUMENT: &str = "It carries no document. That is right for an entitlement on its way to whoever issues \
    under it; a license file, token or bundle was cut off here: copy it again from where it was made.";

/// Describes every document of a file, in the file's order. A document that cannot be read says why in its section.
pub fn describe(file: &File, limits: &Limits) -> Vec<Section> {
    let mut sections: Vec<_> = file.envelopes().map(|envelope| section(envelope, limits)).collect();
    if let (Some(warning), Some(last)) = (no_document(file), sections.last_mut()) {
        last.rows.push(warning);
    }
    sections
}

/// What is to be said at the end of a file that carries no document, though it may have been meant to.
pub fn no_document(file: &File) -> Option<Row> {
    let none = matches!(file.kind(), Some(Kind::Grant | Kind::Revocations));
    none.then(|| Row { label: "File ends here".into(), value: NO_DOCUMENT.into() })
}

/// What a document lets whatever hangs from it do: the few rows that a chain is drawn with.
pub fn allows(envelope: &Envelope, limits: &Limits) -> Vec<Row> {
    let shown: &[&str] = match envelope.kind() {
        Kind::Trust => &["Product", "Keys that must sign"],
        Kind::Grant => &[
            "Account",
            "License type",
            "Rights",
            "Seats",
            "License id",
            "Licenses are issued",
            "Licenses end by",
            "Machines with a live license",
        ],
        _ => &[],
    };
    let rows = section(envelope, limits).rows;
    let of = |label: &&str| {
        let values: Vec<&Row> = rows.iter().filter(|row| row.label == **label).collect();
        let mut shown: Vec<Row> = values.iter().take(MOST_VALUES).map(|row| (*row).clone()).collect();
        if let (Some(first), more @ 1..) = (values.first(), values.len().saturating_sub(MOST_VALUES)) {
            shown.push(Row { label: first.label.clone(), value: format!("and {more} more") });
        }
        shown
    };
    shown.iter().flat_map(of).collect()
}

/// Values of one label that a drawn link shows.
const MOST_VALUES: usize = 3;

/// Describes one document.
pub fn section(envelope: &Envelope, limits: &Limits) -> Section {
    match envelope.kind() {
        Kind::Trust => read::<Trust>(envelope, limits, vendor::trust),
        Kind::Grant => read::<Grant>(envelope, limits, grant::grant),
        Kind::Revocations => read::<Revocations>(envelope, limits, vendor::revocations),
        Kind::Bundle => read::<Bundle>(envelope, limits, vendor::bundle),
        Kind::Enablement => read::<Enablement>(envelope, limits, issued::enablement),
        Kind::Request => read::<Request>(envelope, limits, machine::request),
        Kind::License => read::<License>(envelope, limits, issued::license),
        Kind::Deactivation => read::<Deactivation>(envelope, limits, machine::deactivation),
        Kind::Receipt => read::<Receipt>(envelope, limits, issued::receipt),
        Kind::LedgerEntry => read::<LedgerEntry>(envelope, limits, ledger::entry),
        Kind::Handover => read::<Handover>(envelope, limits, ledger::handover),
        Kind::TimeTicket => read::<TimeTicket>(envelope, limits, issued::time_ticket),
    }
}

fn read<T: Document>(envelope: &Envelope, limits: &Limits, describe: fn(&T) -> Section) -> Section {
    let document = Unverified::<T>::new(envelope.clone()).and_then(|document| document.peek(limits));
    let mut section = match &document {
        Ok(document) => describe(document),
        Err(error) => Section::new(format!("Document that cannot be read: {}", envelope.kind())).row("Problem", error),
    };
    for extension in document.iter().flat_map(Document::extensions) {
        section.push("Extension", format!("{} = {}", extension.name, extension.value));
    }
    section.push("Document digest", envelope.digest());
    for signature in envelope.signatures() {
        // Documents refuse text that deceives; the hint is the one text here that nobody signed.
        section
            .push("Signature by key id", signature.key_id.as_deref().map_or_else(|| "not named".into(), text::shown));
    }
    section
}

impl Section {
    fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), rows: Vec::new() }
    }

    fn push(&mut self, label: &'static str, value: impl Display) {
        self.rows.push(Row { label: label.into(), value: value.to_string() });
    }

    fn row(mut self, label: &'static str, value: impl Display) -> Self {
        self.push(label, value);
        self
    }

    fn row_if(self, label: &'static str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.row(label, value),
            None => self,
        }
    }

    /// A row for each item, or one that says that there is none.
    fn rows(mut self, label: &'static str, none: &str, values: impl IntoIterator<Item = String>) -> Self {
        let before = self.rows.len();
        values.into_iter().for_each(|value| self.push(label, value));
        if self.rows.len() == before { self.row(label, none) } else { self }
    }
}
