//! A bundle file verified in pieces, so that whoever waits can be told how far it is.

use super::tree::Tree;
use super::{VerifiedBundle, bundle_document};
use crate::chain_error::ChainError;
use crate::file::File;
use crate::kind::Kind;
use crate::limits::Limits;
use crate::trust::TrustState;

/// A bundle file that is being verified: [`begin`](Self::begin), [`go_on`](Self::go_on) until it is through,
/// [`finish`](Self::finish). Nothing of the bundle is given out before the last step.
#[derive(Clone, Debug)]
pub struct BundleSteps {
    file: File,
    limits: Limits,
    tree: Tree,
    /// How many grants are verified.
    done: usize,
}

impl BundleSteps {
    /// Takes a bundle file, and verifies its trust documents.
    ///
    /// # Errors
    /// It is no bundle file, or its trust does not hold.
    pub fn begin(file: File, trust: &TrustState, limits: &Limits) -> Result<Self, ChainError> {
        file.document(Kind::Bundle)?;
        let tree = Tree::new(trust.advance(&file.trust, limits)?);
        Ok(Self { file, limits: *limits, tree, done: 0 })
    }

    /// Verifies at most so many more grants; tells whether some are left.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn go_on(&mut self, grants: usize) -> Result<bool, ChainError> {
        for envelope in self.file.grants.iter().skip(self.done).take(grants) {
            self.tree.add(envelope, self.file.trust.len() + self.done + 1, &self.limits)?;
            self.done += 1;
        }
        Ok(self.done < self.file.grants.len())
    }

    /// How many grants are verified, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.done, self.file.grants.len())
    }

    /// Verifies what is left of the grants, the revocations, and the bundle over all of it.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn finish(mut self) -> Result<VerifiedBundle, ChainError> {
        self.go_on(usize::MAX)?;
        for envelope in &self.file.revocations {
            self.tree.revoke(envelope, &self.limits)?;
        }
        let bundle = bundle_document(&self.tree, &self.file, self.file.document(Kind::Bundle)?, &self.limits)?;
        Ok(VerifiedBundle { tree: self.tree, bundle })
    }
}
