//! What a person is shown is fit to be shown: no character that steers a terminal or turns text, and errors in pairs.

use std::fmt::Debug;

use postern_protocol::{Explain, File, Limits, describe};

/// Panics if a text would move a terminal's cursor, break a line or turn the direction of what follows.
pub(crate) fn legible(text: &str) {
    let deceives =
        |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    assert!(!text.contains(deceives), "not fit to be shown: {text:?}");
}

/// Panics if an error does not say in a legible way what happened and what to do.
pub(crate) fn explained<E: Explain + ?Sized>(error: &E) {
    let (message, advice) = (error.to_string(), error.advice());
    legible(&message);
    legible(&advice);
    assert!(!message.is_empty() && !advice.is_empty() && !error.code().is_empty(), "{message}: not a pair");
    assert!(message.len() < 8192, "{} floods the screen with {} bytes", error.code(), message.len());
}

/// Panics if a refusal is not explained; gives out what was not refused.
pub(crate) fn or_explained<T, E: Explain + Debug>(result: Result<T, E>) -> Option<T> {
    result.inspect_err(explained).ok()
}

/// Panics if a file's description is not legible or leaves a document out.
pub(crate) fn described(file: &File) {
    let sections = describe::describe(file, &Limits::DEFAULT);
    assert_eq!(sections.len(), file.envelopes().count(), "a section for each document");
    for section in sections {
        legible(&section.title);
        for row in section.rows {
            legible(&row.label);
            legible(&row.value);
        }
    }
}
