//! What is said of an import.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::pipeline::Imported;
use crate::fail::Told;
use crate::registry::Found;
use crate::report::Report;

/// The exit code where everything was taken and something was found.
const FOUND: u8 = 4;

pub(super) fn report(imported: &Imported, found: &[Found], proofs: &[Vec<PathBuf>]) -> Report {
    let report = Report::new(text(imported, found, proofs), &data(imported, found, proofs));
    match (imported.refused.is_empty(), found.is_empty()) {
        (false, _) => report.refusing(true),
        (true, false) => report.with_exit(FOUND),
        (true, true) => report,
    }
}

fn text(imported: &Imported, found: &[Found], proofs: &[Vec<PathBuf>]) -> String {
    let mut text = format!(
        "Files imported: {}, with {} new ledger entries. Known before: {}.\n",
        imported.taken, imported.entries, imported.known
    );
    if imported.other > 0 {
        text.push_str(&format!("Left out, because they are something else: {}.\n", imported.other));
    }
    for (name, errors) in &imported.refused {
        for Told { code, message, advice } in errors {
            text.push_str(&format!("\n{name}\n  refused [{code}]: {message}\n  → {advice}\n"));
        }
    }
    if found.is_empty() {
        text.push_str("\nNothing contradicts anything.\n");
    }
    for (index, one) in found.iter().enumerate() {
        text.push_str(&format!("\n{}\n  [{}] {}\n  → {}\n", one.account, one.code, one.message, one.advice));
        for path in proofs.get(index).into_iter().flatten() {
            text.push_str(&format!("  proof: {}\n", path.display()));
        }
    }
    if !found.is_empty() {
        text.push_str(&format!("\nFindings: {}.\n", found.len()));
    }
    text
}

fn data(imported: &Imported, found: &[Found], proofs: &[Vec<PathBuf>]) -> Value {
    let refused = imported.refused.iter().map(|(name, errors)| json!({ "file": name, "errors": errors }));
    let findings = found.iter().enumerate().map(|(index, one)| {
        json!({
            "account": one.account.id,
            "grantor": one.account.grantor,
            "code": one.code,
            "message": one.message,
            "advice": one.advice,
            "machines": one.devices,
            "witnesses": one.witnesses,
            "proofs": proofs.get(index),
        })
    });
    json!({
        "imported": imported.taken,
        "known": imported.known,
        "left_out": imported.other,
        "entries": imported.entries,
        "refused": refused.collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
    })
}
