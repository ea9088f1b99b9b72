//! A decision: everything is judged, nothing is signed yet.

use postern_protocol::documents::{
    Bundle, Ceiling, Enablement, Event, LedgerEntry, LedgerId, LedgerReference, License, Receipt, TimeTicket, Version,
};
use postern_protocol::{Chain, Envelope, Id, Kind, Prepared, Time};

use crate::carried::Carried;
use crate::desk::Desk;
use crate::examine::Examination;
use crate::ledger::{Ledger, genesis};
use crate::outcome::Preparation;
use crate::rules;

/// What was decided. Only the deciding functions make one, and signing takes nothing else.
#[derive(Clone, Debug)]
pub struct Decision {
    pub(crate) chain: Chain,
    pub(crate) revocations: Vec<Envelope>,
    pub(crate) ledger: Option<Ledger>,
    pub(crate) made: Option<Made>,
    pub(crate) entry: LedgerEntry,
    pub(crate) reader_trust: u64,
    /// The books with this entry, for the ledger with it.
    pub(crate) carried: Option<Carried>,
    change: Change,
}

/// The document to hand out.
///
/// Encoded where it is decided: the ledger entry names its digest.
#[derive(Clone, Debug)]
pub(crate) enum Made {
    License(Box<License>, Prepared),
    Token(Box<Enablement>, Prepared),
    Ticket(Box<TimeTicket>, Prepared),
    Receipt(Box<Receipt>, Prepared),
    Bundle(MadeBundle),
}

/// A child license server's bundle, with the grant and the revocations that it carries.
#[derive(Clone, Debug)]
pub(crate) struct MadeBundle {
    pub(crate) child: Prepared,
    pub(crate) list: Prepared,
    pub(crate) bundle: Box<Bundle>,
    pub(crate) prepared: Prepared,
}

/// What a decision changes on the machine, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Each seat type that the machine has or gets.
    pub seats: Vec<SeatChange>,
    /// The end of what is installed; none where nothing is, or where the ledger does not know.
    pub end_before: Option<Ceiling<Time>>,
    /// The new end; none for what is no license.
    pub end_after: Option<Ceiling<Time>>,
}

/// Seats of one type before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatChange {
    /// The seat type.
    pub seat_type: Id,
    /// Seats of what is installed, now.
    pub before: u64,
    /// Seats of the new license.
    pub after: u64,
}

impl Decision {
    /// A decision that makes one ledger entry, and a document or none.
    pub(crate) fn new(desk: &Desk<'_>, ledger: Option<&Ledger>, made: Option<Made>, event: Event) -> Self {
        let place = ledger.map_or_else(|| first_place(desk), Ledger::next);
        Self::at(desk, place, ledger, made, event)
    }

    /// For an entry that begins a ledger elsewhere than the bundle says.
    pub(crate) fn at(
        desk: &Desk<'_>,
        place: LedgerReference,
        ledger: Option<&Ledger>,
        made: Option<Made>,
        event: Event,
    ) -> Self {
        let (bundle, leaf) = (&desk.bundle.bundle, desk.chain.leaf());
        let entry = LedgerEntry {
            kind: Kind::LedgerEntry,
            version: Version,
            product: bundle.product.clone(),
            account: bundle.account.clone(),
            place,
            grant: leaf.digest(),
            event,
            at: desk.now,
            by: desk.by.trim().into(),
            extensions: Vec::new(),
        };
        let before = ledger.map_or_else(|| Carried::read(desk.bundle, place, []), |one| Carried::of(desk.bundle, one));
        Self {
            carried: before.and(desk.bundle, &entry),
            chain: desk.chain.clone(),
            revocations: rules::revocations(desk).into_iter().map(|list| list.envelope().clone()).collect(),
            ledger: ledger.cloned(),
            made,
            entry,
            // Without word from the reader the file carries every trust document.
            reader_trust: 0,
            change: Change::default(),
        }
    }

    pub(crate) fn for_reader(self, trust_number: u64) -> Self {
        Self { reader_trust: trust_number, ..self }
    }

    pub(crate) fn changing(self, change: Change) -> Self {
        Self { change, ..self }
    }

    /// What changes on the machine; empty for what is no license.
    pub fn before_after(&self) -> &Change {
        &self.change
    }

    /// The license, where one was decided.
    pub fn license(&self) -> Option<&License> {
        match &self.made {
            Some(Made::License(license, _)) => Some(license),
            _ => None,
        }
    }

    /// The enablement token, where one was decided.
    pub fn token(&self) -> Option<&Enablement> {
        match &self.made {
            Some(Made::Token(token, _)) => Some(token),
            _ => None,
        }
    }

    /// The time ticket, where one was decided.
    pub fn ticket(&self) -> Option<&TimeTicket> {
        match &self.made {
            Some(Made::Ticket(ticket, _)) => Some(ticket),
            _ => None,
        }
    }

    /// The receipt, where one was decided.
    pub fn receipt(&self) -> Option<&Receipt> {
        match &self.made {
            Some(Made::Receipt(receipt, _)) => Some(receipt),
            _ => None,
        }
    }

    /// The child license server's bundle, where one was decided.
    pub fn bundle(&self) -> Option<&Bundle> {
        match &self.made {
            Some(Made::Bundle(made)) => Some(&made.bundle),
            _ => None,
        }
    }

    /// The ledger entry.
    pub fn entry(&self) -> &LedgerEntry {
        &self.entry
    }

    /// Turns the decision into the bytes to sign.
    pub fn prepare(self) -> Preparation {
        Preparation::new(self)
    }
}

impl Made {
    pub(crate) fn prepared(&self) -> &Prepared {
        match self {
            Self::License(_, prepared)
            | Self::Token(_, prepared)
            | Self::Ticket(_, prepared)
            | Self::Receipt(_, prepared) => prepared,
            Self::Bundle(made) => &made.prepared,
        }
    }

    /// Everything that is signed, the document last.
    pub(crate) fn documents(&self) -> Vec<&Prepared> {
        match self {
            Self::Bundle(made) => vec![&made.child, &made.list, &made.prepared],
            _ => vec![self.prepared()],
        }
    }

    pub(crate) fn file_name(&self) -> &'static str {
        match self {
            Self::License(license, _) if license.request.is_none() => "license_refresh.lic",
            Self::License(license, _) if license.license_type.node_locked() => "license.lic",
            Self::License(..) => "license.olf",
            Self::Token(..) => "enablement.token",
            Self::Ticket(..) => "clock.ticket",
            Self::Receipt(..) => "deactivation.receipt",
            Self::Bundle(..) => "server.bundle",
        }
    }
}

impl Change {
    pub(crate) fn between(examination: &Examination, license: &License) -> Self {
        let rows = examination.seats_between(license.starts_at, license.ends_at);
        let after = |seat_type: &Id| {
            let allowance = license.allocation.iter().find(|one| one.seat_type == *seat_type);
            allowance.map_or(0, |one| one.at(license.starts_at))
        };
        let changes = rows.into_iter().map(|row| SeatChange {
            before: row.held_by_this,
            after: after(&row.seat_type),
            seat_type: row.seat_type,
        });
        Self {
            seats: changes.filter(|change| change.before > 0 || change.after > 0).collect(),
            end_before: examination.shown().and_then(|shown| shown.ends_at),
            end_after: Some(license.ends_at),
        }
    }
}

impl Change {
    /// Adds up what each seat type was and becomes; a type may come twice, once for each.
    pub(crate) fn seats_of<'a>(
        each: impl Iterator<Item = (&'a Id, u64, u64)>,
        end_before: Option<Ceiling<Time>>,
        end_after: Ceiling<Time>,
    ) -> Self {
        let mut seats: Vec<SeatChange> = Vec::new();
        for (seat_type, before, after) in each {
            match seats.iter_mut().find(|one| one.seat_type == *seat_type) {
                Some(one) => (one.before, one.after) = (one.before + before, one.after + after),
                None => seats.push(SeatChange { seat_type: seat_type.clone(), before, after }),
            }
        }
        Self { seats, end_before, end_after: Some(end_after) }
    }
}

/// Where a ledger begins: at the bundle's base, or at position 1.
fn first_place(desk: &Desk<'_>) -> LedgerReference {
    let ledger = LedgerId { key: desk.chain.subject().public(), epoch: 0 };
    let beginning = LedgerReference { ledger, position: 1, previous: genesis() };
    desk.bundle.bundle.ledger_base.as_ref().map_or(beginning, |base| base.next)
}
