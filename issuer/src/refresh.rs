//! A refresh: the current entitlements for a machine of the ledger, without a request of it (design §5, seed 004).

use postern_protocol::documents::{Allowance, DeviceIdentity};
use postern_protocol::documents::{
    Ceiling, Counted, Devices, Event, FingerprintPolicy, Issued, License, LicenseType, Step, Version,
};
use postern_protocol::{Kind, Prepared, PublicKey, Time};

use crate::books::{Books, Device, Holding};
use crate::consumption;
use crate::decision::{Change, Decision, Made};
use crate::desk::{Desk, counts_here};
use crate::ledger::Ledger;
use crate::license::{last_install, recorded};
use crate::refusal::Refusal;
use crate::request_rules;
use crate::rules::{self, Right};
use crate::seats::{Capacity, Span};

/// Decides a refresh for a machine. With `move_base` its consumption counters begin anew at what is recorded.
///
/// The license keeps the start of the one that it replaces, so a refresh prolongs nothing by itself: the end moves where
/// the vendor has moved the entitlement's.
///
/// # Errors
/// Every reason against it, at once.
pub fn decide_refresh(desk: &Desk<'_>, device: &PublicKey, move_base: bool) -> Result<Decision, Vec<Refusal>> {
    let books = Books::read(desk.bundle, desk.ledger);
    let mut refusals = Vec::new();
    rules::desk(desk, Some(*device), &mut refusals);
    let book = books.devices.get(device);
    let held = book.and_then(|book| newest(desk, book));
    refusals.extend(missing(*device, book, held));
    let leaf = desk.chain.leaf();
    if !rules::node_locked(leaf) {
        refusals.push(Refusal::RefreshInstallation);
    }
    if let Some(held) = held {
        rules::issuing(desk, Right::Refresh, Some(&held.license_id), &mut refusals);
    }
    if let Devices::Named(shares) = &leaf.devices
        && !shares.iter().any(|share| share.device == *device)
    {
        refusals.push(Refusal::MachineNotNamed { device: *device });
    }
    request_rules::room(desk, &books, *device, &mut refusals);
    let ((Some(book), Some(held)), Some(ledger)) = (book.zip(held).unzip(), desk.ledger) else { return Err(refusals) };
    let span = span(desk, held);
    if let Ceiling::Limited(end) = span.end
        && end < desk.now
    {
        refusals.push(Refusal::EndPast { now: desk.now });
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let refresh = Refresh { desk, books: &books, device: *device, book, held, span, move_base };
    Ok(refresh.decide(ledger))
}

/// The newest license that the machine has, or could still install, under this grant.
fn newest<'a>(desk: &Desk<'_>, book: &'a Device) -> Option<&'a Holding> {
    book.live(desk.now).rev().find(|held| counts_here(desk, &held.license_id))
}

/// Why there is nothing to refresh or to release. A machine that is dead may hold seats all the same, by what the vendor
/// reconciled.
pub(crate) fn missing(device: PublicKey, book: Option<&Device>, held: Option<&Holding>) -> Option<Refusal> {
    match (book, held) {
        (None, _) => Some(Refusal::MachineUnknown { device }),
        (Some(Device { tombstone: Some(tombstone), .. }), _) => Some(Refusal::MachineReleased { at: tombstone.at }),
        (Some(_), None) => Some(Refusal::MachineHoldsNothing { device }),
        _ => None,
    }
}

/// From the start of what is held to the end that the entitlement allows now.
fn span(desk: &Desk<'_>, held: &Holding) -> Span {
    let links = desk.chain.grants();
    let start = held.starts_at.unwrap_or_else(|| desk.now.day_start()).max(desk.chain.issue_window().0);
    let longest = links.iter().map(|grant| grant.longest_duration).fold(Ceiling::Unlimited, Ceiling::min);
    let by_duration = match longest {
        Ceiling::Unlimited => Ceiling::Unlimited,
        Ceiling::Limited(seconds) => Ceiling::Limited(start.plus(seconds)),
    };
    let end = links.iter().map(|grant| grant.run_until).fold(by_duration, Ceiling::min);
    Span::new(start, end, &desk.chain.leaf().expiry)
}

/// Everything that a refresh is made of.
struct Refresh<'a> {
    desk: &'a Desk<'a>,
    books: &'a Books,
    device: PublicKey,
    book: &'a Device,
    held: &'a Holding,
    span: Span,
    move_base: bool,
}

impl Refresh<'_> {
    fn decide(&self, ledger: &Ledger) -> Decision {
        let totals = if self.move_base { self.totals() } else { Vec::new() };
        let license = self.license(ledger, &totals);
        let prepared = Prepared::new(&license);
        let issued = Issued { consumption: totals, ..recorded(&license, &prepared, self.span.usable_until) };
        let change = Change::of_refresh(self.held, &license, self.desk.now);
        let made = Made::License(Box::new(license), prepared);
        Decision::new(self.desk, Some(ledger), Some(made), Event::Issued(issued)).changing(change)
    }

    fn license(&self, ledger: &Ledger, moved: &[Counted]) -> License {
        let (desk, leaf) = (self.desk, self.desk.chain.leaf());
        let counters = leaf.consumption.limit().cloned().unwrap_or_default();
        let genesis = self.book.genesis();
        let bases = |genesis| {
            let moved = (!moved.is_empty()).then_some((desk.now, moved));
            consumption::bases_moved(Some(self.book), genesis, &counters, moved)
        };
        License {
            kind: Kind::License,
            version: Version,
            product: leaf.product.clone(),
            account: desk.bundle.bundle.account.clone(),
            license_id: self.held.license_id.clone(),
            license_type: leaf.license_type.limit().copied().unwrap_or(LicenseType::OnPremises),
            grant: leaf.digest(),
            request: None,
            device: DeviceIdentity { key: self.device, epoch: self.book.epoch },
            activation: self.held.activation.clone(),
            sequence: self.book.sequence.max(self.book.proved_sequence) + 1,
            // Nothing was measured: the machine keeps to what it is bound to.
            fingerprint: FingerprintPolicy { parts: Vec::new(), required: 0 },
            allocation: self.allocation(),
            features: leaf.features.limit().cloned().unwrap_or_default(),
            consumption_base: genesis.map(bases).unwrap_or_default(),
            consumption: counters,
            starts_at: self.span.start,
            ends_at: self.span.end,
            issued_at: desk.now,
            install_before: last_install(desk),
            longest_session: leaf.longest_session,
            cycle: leaf.cycle,
            expiry: leaf.expiry,
            acknowledged: genesis
                .map(|genesis| consumption::acknowledged(Some(self.book), genesis, None, false))
                .unwrap_or_default(),
            ledger: ledger.next(),
            tombstones: self.books.tombstones(),
            accept_fork: None,
            extensions: Vec::new(),
        }
    }

    /// All that is free for the machine from now on.
    fn allocation(&self) -> Vec<Allowance> {
        let capacity = Capacity::of(self.desk, self.books, self.device, Some(&self.held.license_id), &[]);
        let now = Span { start: self.span.start.max(self.desk.now), ..self.span };
        let allowance = |seat_type: &postern_protocol::Id| match capacity.free(seat_type, &now) {
            Ceiling::Limited(quantity) if quantity > 0 => {
                Some(Allowance { seat_type: seat_type.clone(), steps: vec![Step { from: now.start, quantity }] })
            }
            _ => None,
        };
        capacity.seat_types().iter().filter_map(allowance).collect()
    }

    /// The recorded totals of the machine's usage chain.
    fn totals(&self) -> Vec<Counted> {
        self.book.genesis().map(|genesis| consumption::recorded(Some(self.book), genesis, &[])).unwrap_or_default()
    }
}

impl Change {
    fn of_refresh(held: &Holding, license: &License, now: Time) -> Self {
        let before = held.allocation.iter().map(|one| (&one.seat_type, one.at(now), 0));
        let after = license.allocation.iter().map(|one| (&one.seat_type, 0, one.at(now.max(license.starts_at))));
        Self::seats_of(before.chain(after), held.ends_at, license.ends_at)
    }
}
