//! What a machine shows of itself in anything it sends, and the rules that hold for all of it: whose it is, which life it
//! is in, and that it remembers nothing that the ledger does not hold.

use postern_protocol::documents::{Deactivation, DeviceIdentity, Installed, LedgerReference, Request};
use postern_protocol::{Digest, Id};

use crate::books::Device;
use crate::desk::{Desk, self_service};
use crate::ledger::Ledger;
use crate::refusal::Refusal;

/// What a request or a deactivation says of its machine.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a> {
    product: &'a Id,
    account: Option<&'a Id>,
    device: DeviceIdentity,
    activation: &'a Id,
    installed: Installed,
    ledgers: &'a [LedgerReference],
    /// A restored or rebuilt machine asks to be accepted as it is now: it need not show what it showed before.
    recovering: bool,
}

impl<'a> From<&'a Request> for Shown<'a> {
    fn from(request: &'a Request) -> Self {
        Self {
            product: &request.product,
            account: request.account.as_ref(),
            device: request.device,
            activation: &request.activation,
            installed: request.installed,
            ledgers: &request.ledgers,
            recovering: request.recovers.is_some(),
        }
    }
}

impl<'a> From<&'a Deactivation> for Shown<'a> {
    fn from(given_back: &'a Deactivation) -> Self {
        Self {
            product: &given_back.product,
            account: Some(&given_back.account),
            device: given_back.device,
            activation: &given_back.activation,
            installed: Installed { license: Some(given_back.license), sequence: given_back.sequence },
            ledgers: &given_back.ledgers,
            recovering: false,
        }
    }
}

impl Shown<'_> {
    /// For this product and account.
    pub(crate) fn addressed(&self, desk: &Desk<'_>, refusals: &mut Vec<Refusal>) {
        let bundle = &desk.bundle.bundle;
        if *self.product != bundle.product {
            let (expected, found) = (bundle.product.clone(), self.product.clone());
            refusals.push(Refusal::OtherProduct { expected, found });
        }
        if let Some(found) = self.account.filter(|account| **account != bundle.account) {
            let (expected, found) = (bundle.account.clone(), found.clone());
            refusals.push(Refusal::OtherAccount { expected, found });
        }
    }

    /// The machine is one that is dealt with, in the life and the activation that the ledger knows.
    pub(crate) fn life(&self, device: Option<&Device>, refusals: &mut Vec<Refusal>) {
        if let Some(tombstone) = device.and_then(|device| device.tombstone.as_ref()) {
            refusals.push(Refusal::MachineReleased { at: tombstone.at });
        }
        let known = device.map_or(0, |device| device.epoch);
        // A machine that asks to be accepted may come from an earlier life, never from a later one.
        if self.device.epoch > known || (self.device.epoch < known && !self.recovering) {
            refusals.push(Refusal::MachineEpoch { known, found: self.device });
        }
        if device.is_some_and(|device| device.closed.contains(self.activation)) {
            refusals.push(Refusal::ActivationClosed { activation: self.activation.clone() });
        }
    }

    /// The machine remembers nothing of our ledger that the ledger does not hold.
    pub(crate) fn memory(&self, desk: &Desk<'_>, device: Option<&Device>, refusals: &mut Vec<Refusal>) {
        let Some(ledger) = desk.ledger else { return };
        refusals.extend(gaps(ledger, self.ledgers));
        // In self-service each browser keeps its own ledger, which need not know what another one handed out.
        if self.recovering || self_service(desk.chain.leaf()) {
            return;
        }
        let issued = |license: Digest| device.is_some_and(|device| device.license(license).is_some());
        if let Some(license) = self.installed.license.filter(|license| !issued(*license)) {
            let detail = format!("license {}, which the ledger does not know", license.short());
            refusals.push(Refusal::LedgerStale { detail });
        } else if self.installed.sequence > device.map_or(0, |device| device.sequence) {
            let detail = format!("license number {}, which the ledger does not know", self.installed.sequence);
            refusals.push(Refusal::LedgerStale { detail });
        }
    }
}

/// What a machine remembers of a ledger that this one does not hold.
pub(crate) fn gaps(ledger: &Ledger, remembered: &[LedgerReference]) -> Vec<Refusal> {
    let known = ledger.id();
    let gap = |LedgerReference { ledger: id, position, previous }: &LedgerReference| {
        if id.key != known.key || id.epoch < known.epoch {
            None
        } else if id.epoch > known.epoch {
            Some(Refusal::LedgerEpoch { known: known.epoch, found: id.epoch })
        } else if *position >= ledger.next().position {
            let held = ledger.next().position - 1;
            Some(Refusal::LedgerStale { detail: format!("entry {position}; here are {held}") })
        } else if ledger.place(*position).is_some_and(|place| place.previous != *previous) {
            Some(Refusal::LedgerForked { position: *position })
        } else {
            None
        }
    };
    remembered.iter().filter_map(gap).collect()
}
