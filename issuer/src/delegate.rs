//! Deciding a child license server: its grant, its standing, and the bundle that carries both (seed 003, design §5).

use postern_protocol::bundle_file::contents;
use postern_protocol::documents::{
    Bundle, Ceiling, CountedRight, Delegated, Document, Entry, Event, Grant, Grantor, InstalledEffect, Label, Parent,
    RevocationSerial, Revocations, Standing, Target, Version,
};
use postern_protocol::within::within;
use postern_protocol::{Envelope, File, Id, Kind, Prepared, Time, revocation};

use crate::books::Books;
use crate::child_refusal::ChildRefusal;
use crate::children::Child;
use crate::decision::{Change, Decision, Made, MadeBundle};
use crate::desk::Desk;
use crate::outcome::assembled;
use crate::refusal::Refusal;
use crate::rules;
use crate::seats::{Capacity, Misfit, Span};
use crate::server_terms::ServerTerms;
use crate::spent;

/// Decides a child license server, or other terms for one. Where the new terms are less in anything, what the child was
/// given before is void; `effect` says whether licenses that its machines have installed stop as well.
///
/// # Errors
/// Every reason against it, at once.
pub fn decide_server(desk: &Desk<'_>, terms: &ServerTerms, effect: InstalledEffect) -> Result<Decision, Vec<Refusal>> {
    let books = Books::read(desk.bundle, desk.ledger);
    let mut refusals = allowed(desk);
    terms.check(&mut refusals);
    let known = books.children.get(&terms.id);
    if known.is_some_and(|child| child.current.standing == Standing::Revoked) {
        refusals.push(Refusal::Child(ChildRefusal::Revoked { child: terms.id.clone() }));
    }
    let before = known.map(|child| &child.current);
    let child = terms.grant(desk, before.map(|before| before.child.as_ref()));
    refusals.extend(
        child.check().err().map(|problem| Refusal::Child(ChildRefusal::Exceeds { field: "grant", detail: problem })),
    );
    judge(desk, &books, &child, &mut refusals);
    let cut = before.is_some_and(|before| exceeds(&before.child, &child));
    if before.is_some_and(|before| same(&before.child, &child)) {
        refusals.push(Refusal::Child(ChildRefusal::Same { child: terms.id.clone() }));
    }
    let (standing, kept, void) =
        before.map_or((Standing::Active, InstalledEffect::Keep, 0), |one| (one.standing, one.effect, one.min_serial));
    let stands =
        Stands { standing, min_serial: if cut { child.serial } else { void }, effect: if cut { effect } else { kept } };
    decided(desk, &books, child, stands, &terms.contact, refusals)
}

/// Decides that a child is suspended, resumed (`Active`) or revoked for ever.
///
/// # Errors
/// Every reason against it, at once.
pub fn decide_standing(
    desk: &Desk<'_>,
    child: &Id,
    standing: Standing,
    effect: InstalledEffect,
) -> Result<Decision, Vec<Refusal>> {
    again(desk, child, |before| {
        let same = before.standing == standing && before.effect == effect;
        let stands = Stands { standing, min_serial: before.min_serial, effect };
        if same { Err(ChildRefusal::Same { child: child.clone() }) } else { Ok(stands) }
    })
}

/// Decides the bundle of a child anew, as the child stands: where its file is lost, or its parent's entitlement was
/// renewed, from which the child hangs from then on.
///
/// # Errors
/// Every reason against it, at once.
pub fn decide_renewal(desk: &Desk<'_>, child: &Id) -> Result<Decision, Vec<Refusal>> {
    again(desk, child, |before| {
        Ok(Stands { standing: before.standing, min_serial: before.min_serial, effect: before.effect })
    })
}

fn again(
    desk: &Desk<'_>,
    child: &Id,
    stands: impl FnOnce(&Delegated) -> Result<Stands, ChildRefusal>,
) -> Result<Decision, Vec<Refusal>> {
    let books = Books::read(desk.bundle, desk.ledger);
    let mut refusals = allowed(desk);
    let Some(known) = books.children.get(child) else {
        refusals.push(Refusal::Child(ChildRefusal::Unknown { child: child.clone() }));
        return Err(refusals);
    };
    let before = &known.current;
    if before.standing == Standing::Revoked {
        refusals.push(Refusal::Child(ChildRefusal::Revoked { child: child.clone() }));
        return Err(refusals);
    }
    let mut grant = before.child.as_ref().clone();
    let parent = Parent::Grant(desk.chain.leaf().digest());
    if grant.parent != parent {
        grant = Grant { parent, serial: grant.serial + 1, issued_at: desk.now, ..grant };
        judge(desk, &books, &grant, &mut refusals);
    }
    match stands(before) {
        Ok(stands) => decided(desk, &books, grant, stands, &desk.bundle.bundle.contact, refusals),
        Err(refusal) => {
            refusals.push(Refusal::Child(refusal));
            Err(refusals)
        }
    }
}

/// How a child is to stand.
struct Stands {
    standing: Standing,
    min_serial: u64,
    effect: InstalledEffect,
}

/// What a child needs whatever its terms are.
fn allowed(desk: &Desk<'_>) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    rules::desk(desk, None, &mut refusals);
    rules::recording(desk, &mut refusals);
    rules::issue_window(desk, &mut refusals);
    if let Err(grant) = revocation::fresh(desk.chain, desk.revocations, desk.now) {
        refusals.push(Refusal::RevocationsStale { grant });
    }
    if desk.chain.leaf().rights.delegate == 0 {
        refusals.push(Refusal::RightMissing { right: "delegate" });
    }
    refusals
}

/// The child stays within its parent, and within what the parent has not given elsewhere.
fn judge(desk: &Desk<'_>, books: &Books, child: &Grant, refusals: &mut Vec<Refusal>) {
    let leaf = desk.chain.leaf();
    let excesses = within(leaf, child);
    let exceeds = !excesses.is_empty();
    refusals.extend(
        excesses.into_iter().map(|one| Refusal::Child(ChildRefusal::Exceeds { field: one.field, detail: one.detail })),
    );
    if child.subject == leaf.subject {
        refusals.push(Refusal::Child(ChildRefusal::OwnKey));
    }
    let elsewhere = |(id, other): (&Id, &Child)| {
        (*id != child.id && other.current.child.subject == child.subject).then(|| id.clone())
    };
    refusals.extend(
        books.children.iter().find_map(elsewhere).map(|child| Refusal::Child(ChildRefusal::KeyTaken { child })),
    );
    if exceeds {
        return;
    }
    let span = Span::new(child.issue_from, child.run_until, &child.expiry);
    for (asked, capacity) in Capacity::of_child(desk, books, child) {
        for one in &asked {
            let seat_type = one.seat_type.clone();
            refusals.extend(capacity.first_misfit(one, &span).map(|(asked, misfit)| match misfit {
                Misfit::Ceiling { at, allowed } => Refusal::SeatsExceedGrant { seat_type, asked, allowed, at },
                Misfit::Held { at, free, elsewhere } => {
                    Refusal::SeatsExceedFree { seat_type, asked, free, elsewhere, at }
                }
            }));
        }
    }
    if let (Ceiling::Limited(limit), Ceiling::Limited(asked)) = (leaf.license_count, child.license_count) {
        let taken = books.devices_given(desk, Some(&child.id)).saturating_add(books.devices_live(desk, None));
        let free = limit.saturating_sub(taken);
        if asked > free {
            refusals.push(Refusal::Child(ChildRefusal::Licenses { asked, free }));
        }
    }
    quotas(desk, books, child, refusals);
}

/// Releases and clock repairs that are given away are spent for the parent.
fn quotas(desk: &Desk<'_>, books: &Books, child: &Grant, refusals: &mut Vec<Refusal>) {
    for what in [CountedRight::ReleaseDead, CountedRight::RepairClock] {
        let (asked, free) = (spent::allowed(what, &child.rights), books.left(desk, what, Some(&child.id)));
        if asked > free {
            refusals.push(Refusal::Child(ChildRefusal::Quota { right: what.as_str(), asked, free }));
        }
    }
}

/// Whether a grant gives more than another one in anything: then a newer serial is a cut.
fn exceeds(before: &Grant, after: &Grant) -> bool {
    let more = within(after, before).into_iter().any(|excess| excess.field != "rights.delegate");
    more || before.rights.delegate > after.rights.delegate || before.subject != after.subject
}

/// Whether two forms differ in nothing but serial and time.
fn same(before: &Grant, after: &Grant) -> bool {
    *before == Grant { serial: before.serial, issued_at: before.issued_at, ..after.clone() }
}

fn decided(
    desk: &Desk<'_>,
    books: &Books,
    child: Grant,
    stands: Stands,
    contact: &str,
    refusals: Vec<Refusal>,
) -> Result<Decision, Vec<Refusal>> {
    let Some(ledger) = desk.ledger.filter(|_| refusals.is_empty()) else { return Err(refusals) };
    let known = books.children.get(&child.id);
    let prepared = Prepared::new(&child);
    let list = revocations(desk, books, &child, &stands);
    let list_prepared = Prepared::new(&list);
    let unsigned = |prepared: &Prepared| prepared.finish(&[]);
    let others: Vec<Envelope> = rules::revocations(desk).into_iter().map(|one| one.envelope().clone()).collect();
    let file = assembled(desk.chain, 0, &others, vec![unsigned(&prepared), unsigned(&list_prepared)], None);
    let bundle = bundle(desk, &child, &list, known.map_or(1, |known| known.current.bundle_serial + 1), contact, &file);
    let bundle_prepared = Prepared::new(&bundle);
    let event = Event::Delegated(Delegated {
        child: Box::new(child.clone()),
        standing: stands.standing,
        min_serial: stands.min_serial,
        effect: stands.effect,
        revocations: list.serial,
        bundle_serial: bundle.serial,
        bundle: bundle_prepared.digest(),
    });
    let change = change(&child, known.map(|known| known.current.child.as_ref()), desk.now);
    let made = MadeBundle { child: prepared, list: list_prepared, bundle: Box::new(bundle), prepared: bundle_prepared };
    Ok(Decision::new(desk, Some(ledger), Some(Made::Bundle(made)), event).changing(change))
}

fn change(child: &Grant, before: Option<&Grant>, now: Time) -> Change {
    let seats = |grant: Option<&Grant>| -> Vec<(Id, u64)> {
        let list = grant.and_then(|grant| grant.allowances.limit()).into_iter().flatten();
        list.map(|one| (one.seat_type.clone(), one.at(now))).collect()
    };
    let (before_seats, after_seats) = (seats(before), seats(Some(child)));
    let each = before_seats.iter().map(|(seat_type, quantity)| (seat_type, *quantity, 0));
    let each = each.chain(after_seats.iter().map(|(seat_type, quantity)| (seat_type, 0, *quantity)));
    Change::seats_of(each, before.map(|before| before.run_until), child.run_until)
}

/// The key's whole list, with how this child is to stand.
fn revocations(desk: &Desk<'_>, books: &Books, child: &Grant, stands: &Stands) -> Revocations {
    let grantor = Grantor::Key(desk.chain.leaf().subject);
    let entry = |id: &Id, standing: Standing, min_serial: u64, effect: InstalledEffect| {
        let target = Target::Grant { grantor, id: id.clone() };
        (standing != Standing::Active || min_serial > 0).then_some(Entry { target, standing, min_serial, effect })
    };
    let others = books.children.values().filter(|other| other.current.child.id != child.id).filter_map(|other| {
        let one = &other.current;
        entry(&one.child.id, one.standing, one.min_serial, one.effect)
    });
    let mut entries: Vec<Entry> = others.collect();
    entries.extend(entry(&child.id, stands.standing, stands.min_serial, stands.effect));
    Revocations {
        kind: Kind::Revocations,
        version: Version,
        product: child.product.clone(),
        issuer: grantor,
        // Each change makes a new list: two lists of one serial would not agree on when they were made.
        serial: books.revocations + 1,
        issued_at: desk.now,
        entries,
        extensions: vec![],
    }
}

fn bundle(desk: &Desk<'_>, child: &Grant, list: &Revocations, serial: u64, contact: &str, file: &File) -> Bundle {
    let account = child.account.limit().unwrap_or(&child.id).clone();
    let (count, merkle_root) = contents(file);
    let others = rules::revocations(desk);
    let serials = others.iter().map(|one| RevocationSerial { issuer: one.issuer, serial: one.serial });
    let name = child.server.as_ref().map_or_else(|| child.id.to_string(), |server| server.client_name.clone());
    let seats = child.allowances.limit().into_iter().flatten().map(|one| &one.seat_type);
    let features = child.features.limit().into_iter().flatten().map(|one| &one.name);
    let counters = child.consumption.limit().into_iter().flatten().map(|one| &one.counter);
    let ids = child.installations.limit().into_iter().flatten().map(|one| &one.license_id);
    // Names of what the child does not have are none of its business.
    let used: Vec<&Id> = seats.chain(features).chain(counters).chain(ids).filter(|id| **id != account).collect();
    let labels = desk.bundle.bundle.labels.iter().filter(|label| used.contains(&&label.id)).cloned();
    Bundle {
        kind: Kind::Bundle,
        version: Version,
        product: child.product.clone(),
        account: account.clone(),
        signed_under: child.parent,
        serial,
        issued_at: desk.now,
        expires_at: child.issue_until,
        count,
        merkle_root,
        ledger_base: None,
        revocations: serials.chain([RevocationSerial { issuer: list.issuer, serial: list.serial }]).collect(),
        sealed_key: None,
        labels: [Label { id: account, text: name }].into_iter().chain(labels).collect(),
        contact: contact.trim().into(),
        extensions: vec![],
    }
}
