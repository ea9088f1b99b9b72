//! Installing a file of revocations: a bundle, or trust documents, grants and revocation lists alone.

use postern_protocol::bundle_file::verify_revocations;
use postern_protocol::documents::Revocations;
use postern_protocol::{ChainError, DocumentError, File, Limits, Time, Verified};

use super::Verifier;
use crate::outcome::{Installation, News};
use crate::rules::hearing;
use crate::rules::install_error::InstallError;
use crate::status::Entitlement;
use crate::store::{Event, Work};

impl Verifier {
    /// Takes in what is new of a verified file: newer trust, and newer lists by those whom this machine hears.
    pub(super) fn hear_in(&self, work: &mut Work<'_>, file: File, now: Time) -> Result<Installation, InstallError> {
        let facts = work.facts()?;
        let was = Entitlement::of(facts, now);
        let named = file.envelopes().last().ok_or(ChainError::from(DocumentError::Empty))?.digest();
        let tree = verify_revocations(file, &facts.trust, &Limits::DEFAULT)?;
        let lists = hearing::news(facts, &tree, now)?;
        let trust = tree.trust().current().number;
        let news = News {
            lists: lists.iter().map(|list| list.get().into()).collect(),
            trust: (trust > facts.trust.current().number).then_some(trust),
        };
        if news.lists.is_empty() && news.trust.is_none() {
            return Ok(Installation { already_installed: true, news: Some(news), before: was.clone(), after: was });
        }
        if lists.is_empty() {
            work.save_newer_trust(tree.trust())?;
        } else {
            // The whole file may hold ten thousand grants, and what is kept is verified each time the state is read.
            let kept = tree.revocations_file(&lists).to_bytes();
            let kept_file = File::parse(&kept, &Limits::DEFAULT).map_err(ChainError::from)?;
            verify_revocations(kept_file, tree.trust(), &Limits::DEFAULT)?;
            let lists: Vec<Verified<Revocations>> = lists.into_iter().cloned().collect();
            work.save_lists(&kept, tree.trust(), &lists)?;
        }
        let after = work.record_change(now, Event::RevocationsInstalled { file: named.into() })?;
        Ok(Installation { already_installed: false, news: Some(news), before: was, after: Entitlement::of(after, now) })
    }
}
