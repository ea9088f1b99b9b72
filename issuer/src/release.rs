//! What an administrator decides about a machine without a file of it: that it is dead.

use postern_protocol::PublicKey;
use postern_protocol::documents::{DeviceIdentity, Event};

use crate::books::Books;
use crate::decision::Decision;
use crate::desk::{Desk, counts_here};
use crate::refresh::missing;
use crate::refusal::Refusal;
use crate::rules;
use crate::spent;

/// The longest reason, in characters.
const REASON_CHARACTERS: usize = 256;

/// Decides that a machine is dead: its seats are free, and it gets no further files. It may run on until its end, which
/// is why a quota and a cooldown bound how many.
///
/// # Errors
/// Every reason against it, at once.
pub fn decide_release(desk: &Desk<'_>, device: &PublicKey, reason: &str) -> Result<Decision, Vec<Refusal>> {
    let books = Books::read(desk.bundle, desk.ledger);
    let mut refusals = Vec::new();
    rules::desk(desk, None, &mut refusals);
    rules::recording(desk, &mut refusals);
    rules::issue_window(desk, &mut refusals);
    spent::release(desk, &books, &mut refusals);
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARACTERS || reason.chars().any(char::is_control) {
        refusals.push(Refusal::Reason);
    }
    let book = books.devices.get(device);
    let held = book.and_then(|book| book.live(desk.now).rev().find(|one| counts_here(desk, &one.license_id)));
    refusals.extend(missing(*device, book, held));
    match (book.zip(held), desk.ledger) {
        (Some((book, held)), Some(ledger)) if refusals.is_empty() => {
            let device = DeviceIdentity { key: *device, epoch: book.epoch };
            let event = Event::ReleasedDead { device, activation: held.activation.clone(), reason: reason.into() };
            Ok(Decision::new(desk, Some(ledger), None, event))
        }
        _ => Err(refusals),
    }
}
