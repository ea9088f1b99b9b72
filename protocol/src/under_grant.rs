//! Documents that a grant's subject signs: what each must share with its grant, and the right that it takes.

use crate::chain::Chain;
use crate::chain_error::ChainError;
use crate::digest::Digest;
use crate::documents::{
    Approval, Document, Enablement, Grant, Handover, LedgerEntry, LedgerReference, License, Receipt, TimeTicket,
};
use crate::id::Id;
use crate::keys::PublicKey;
use crate::within::{self, Excess};

/// A document that a grant's subject signs.
pub trait UnderGrant: Document {
    /// The grant that it says it is issued under.
    fn grant(&self) -> Digest;
    /// Its product.
    fn product(&self) -> &Id;
    /// Its account; none for documents that have none.
    fn account(&self) -> Option<&Id>;
    /// The device that it gives something to; none for documents that give nothing to one.
    fn device(&self) -> Option<PublicKey>;
    /// Where it stands in its issuer's ledger.
    fn ledger(&self) -> &LedgerReference;
    /// Whether the last grant gives the right to make it.
    fn has_right(&self, leaf: &Grant) -> bool;
    /// Everything in which it exceeds the chain.
    fn excesses(&self, _chain: &Chain) -> Vec<Excess> {
        Vec::new()
    }
}

macro_rules! under_grant {
    ($type:ty, $ledger:ident, $account:expr, $device:expr, $right:expr $(, $excesses:path)?) => {
        impl UnderGrant for $type {
            fn grant(&self) -> Digest {
                self.grant
            }
            fn product(&self) -> &Id {
                &self.product
            }
            fn account(&self) -> Option<&Id> {
                let account: fn(&$type) -> Option<&Id> = $account;
                account(self)
            }
            fn device(&self) -> Option<PublicKey> {
                let device: fn(&$type) -> Option<PublicKey> = $device;
                device(self)
            }
            fn ledger(&self) -> &LedgerReference {
                &self.$ledger
            }
            fn has_right(&self, leaf: &Grant) -> bool {
                let right: fn(&$type, &Grant) -> bool = $right;
                right(self, leaf)
            }
            $(fn excesses(&self, chain: &Chain) -> Vec<Excess> {
                $excesses(self, chain)
            })?
        }
    };
}

under_grant!(
    License,
    ledger,
    |license| Some(&license.account),
    |license| Some(license.device.key),
    |license, leaf| if license.request.is_some() { leaf.rights.issue } else { leaf.rights.refresh },
    within::license_excesses
);
under_grant!(
    Enablement,
    ledger,
    |token| Some(&token.account),
    |_| None,
    |_, leaf| { leaf.rights.enable && matches!(leaf.approval, Approval::Approved { .. }) },
    within::enablement_excesses
);
// A receipt takes back; also a revoked machine's seats must be settled.
under_grant!(Receipt, ledger, |receipt| Some(&receipt.account), |_| None, |_, leaf| leaf.rights.issue
    || leaf.rights.refresh);
under_grant!(
    TimeTicket,
    ledger,
    |_| None,
    |ticket| Some(ticket.device.key),
    |_, leaf| leaf.rights.repair_clock.count > 0,
    within::time_ticket_excesses
);
under_grant!(Handover, ledger, |handover| Some(&handover.account), |_| None, |_, _| true);
under_grant!(LedgerEntry, place, |entry| Some(&entry.account), |_| None, |_, _| true);

/// Whether a document signed by a chain's subject is one that this chain allows.
///
/// # Errors
/// Another grant, product or account is named, the right is missing, or the document exceeds the chain.
pub(crate) fn check<T: UnderGrant>(chain: &Chain, document: &T) -> Result<(), ChainError> {
    let leaf = chain.leaf();
    if document.grant() != leaf.digest() {
        return Err(ChainError::OtherGrant { kind: T::KIND });
    }
    belongs(leaf, document)?;
    let ledger = document.ledger().ledger.key;
    if ledger != leaf.subject {
        // Devices bring ledger references back: a foreign one would make an honest portal look rolled back.
        let detail = format!("the ledger of {} where {} signs", ledger.short(), leaf.subject.short());
        return Err(ChainError::DocumentExceeds { kind: T::KIND, excesses: vec![Excess { field: "ledger", detail }] });
    }
    if !document.has_right(leaf) {
        return Err(ChainError::NoRight { kind: T::KIND, grant: leaf.id.clone() });
    }
    match document.excesses(chain) {
        excesses if excesses.is_empty() => Ok(()),
        excesses => Err(ChainError::DocumentExceeds { kind: T::KIND, excesses }),
    }
}

/// Whether a document names its grant's product and account.
pub(crate) fn belongs<T: UnderGrant>(grant: &Grant, document: &T) -> Result<(), ChainError> {
    if document.product() != &grant.product {
        return Err(ChainError::OtherProduct { expected: grant.product.clone(), found: document.product().clone() });
    }
    match (document.account(), grant.account.limit()) {
        (Some(found), Some(expected)) if found != expected => {
            Err(ChainError::OtherAccount { expected: expected.clone(), found: found.clone() })
        }
        _ => Ok(()),
    }
}
