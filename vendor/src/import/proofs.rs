//! Proofs of findings: files that anybody can verify with `postern inspect`, without the registry.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use postern_protocol::documents::LedgerEntry;
use postern_protocol::walk::walk;
use postern_protocol::{Digest, Envelope, File, Limits};

use crate::fail::Fail;
use crate::files::{self, Access};
use crate::registry::{Found, Registry, RegistryError};

/// Writes the proofs of every finding, and tells the files of each. What is there is replaced: it is named after what
/// it holds.
pub(super) fn write(registry: &Registry, found: &[Found], folder: &Path) -> Result<Vec<Vec<PathBuf>>, Fail> {
    found.iter().map(|one| one_finding(registry, one, folder)).collect()
}

fn one_finding(registry: &Registry, found: &Found, folder: &Path) -> Result<Vec<PathBuf>, Fail> {
    let account = match found.account.grantor {
        None => found.account.id.to_string(),
        Some(grantor) => format!("{}-of-{}", found.account.id, grantor.short()),
    };
    let folder = folder.join(account);
    let mut paths = Vec::new();
    for witness in &found.witnesses {
        let (file, ending) = match registry.sent_line(found.row, *witness)? {
            Some(document) => (File { documents: vec![document], ..File::default() }, "req"),
            None => (branch(registry, found, *witness)?, "ledger"),
        };
        // Nothing leaves this tool as a proof that proves nothing.
        if let Some((_, error)) = walk(&file, None, &[], &Limits::DEFAULT).failure() {
            return Err(error.clone().into());
        }
        let path = folder.join(format!("{}-{}.{ending}", found.code.trim_start_matches("found-"), witness.short()));
        files::folder(&folder)?;
        files::write(&path, &file.to_bytes(), Access::Shared, true)?;
        paths.push(path);
    }
    Ok(paths)
}

/// A ledger that ends with an entry: from the entry before the fork; from its beginning where it is about a sum; else from
/// the entry before.
fn branch(registry: &Registry, found: &Found, last: Digest) -> Result<File, Fail> {
    let mut entries: Vec<Envelope> = Vec::new();
    let mut next = Some(last);
    let mut begin = found.position.map(|position| position.saturating_sub(1));
    while let Some(digest) = next {
        let Some(envelope) = registry.find_entry(found.row, digest)? else { break };
        // It was verified when it came, and is verified again as a whole.
        let entry: LedgerEntry = serde_json::from_slice(envelope.payload())
            .map_err(|error| RegistryError::Database { detail: error.to_string() })?;
        entries.push(envelope);
        let about_a_sum = found.code == "found-over-issue";
        let from = *begin.get_or_insert(if about_a_sum { 1 } else { entry.place.position.saturating_sub(1) });
        next = (entry.place.position > from.max(1)).then_some(entry.place.previous);
    }
    entries.reverse();
    let grants = registry.grant_lines(found.row)?;
    let grants =
        grants.iter().map(|(_, line)| Envelope::parse(line, &Limits::DEFAULT)).collect::<Result<Vec<_>, _>>()?;
    let verified = registry.gather(&grants, entries)?;
    // Only what these entries rest on: the grants of their key, and those above.
    let key = verified.entries.first().map(|entry| entry.place.ledger.key);
    let own = verified.tree.grants().filter(|grant| Some(grant.subject) == key);
    let paths = own.filter_map(|grant| verified.tree.chain(grant.digest()));
    let kept: HashSet<Digest> =
        paths.flat_map(|chain| chain.grants().iter().map(|grant| grant.digest()).collect::<Vec<_>>()).collect();
    Ok(File {
        trust: verified.tree.trust().history().iter().map(|trust| trust.envelope().clone()).collect(),
        grants: (verified.tree.grants())
            .filter(|grant| kept.contains(&grant.digest()))
            .map(|grant| grant.envelope().clone())
            .collect(),
        revocations: vec![],
        documents: verified.entries.iter().map(|entry| entry.envelope().clone()).collect(),
    })
}
