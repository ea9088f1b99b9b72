//! All branches of an account added up in the order of their times, each new license judged against what all hold.

use postern_protocol::documents::{Event, Grant, LedgerBase, LedgerEntry};
use postern_protocol::{PublicKey, Time, Verified};

use super::finding::Finding;
use super::{Received, over};
use crate::books::Books;

type Branch = [Verified<LedgerEntry>];

/// The books of every branch that counts at the end, and every license that went past its ceiling.
///
/// What the newest bundle's base goes on from (another key's ledger, an earlier epoch) is judged by itself and counts
/// no more: the base holds what was left of it.
pub(super) fn add_up(received: &Received<'_>) -> (Vec<Books>, Vec<Finding>) {
    let all = received.branches.iter().map(Vec::as_slice).filter(|branch| !branch.is_empty());
    let (old, current): (Vec<&Branch>, Vec<&Branch>) = all.partition(|branch| replaced(received, branch));
    let (_, mut findings) = Lines::new(received, old, None).run();
    let (books, more) = Lines::new(received, current, received.base).run();
    findings.extend(more);
    (books, findings)
}

fn replaced(received: &Received<'_>, branch: &Branch) -> bool {
    let Some(((base, _), first)) = received.base.zip(branch.first()) else { return false };
    let (ledger, goes_on) = (first.place.ledger, base.next.ledger);
    if ledger.key == goes_on.key { ledger.epoch < goes_on.epoch } else { succeeded(received, ledger.key) }
}

/// Whether everything that this key was granted has been granted to another one since.
fn succeeded(received: &Received<'_>, key: PublicKey) -> bool {
    let mut own = received.tree.grants().filter(|grant| grant.subject == key).peekable();
    let newer = |grant: &Grant| {
        let mut all = received.tree.grants();
        all.any(|other| other.subject != key && other.id == grant.id && other.serial > grant.serial)
    };
    own.peek().is_some() && own.all(|grant| newer(grant))
}

/// Branches that are read side by side.
struct Lines<'a> {
    received: &'a Received<'a>,
    lines: Vec<Line<'a>>,
    base: Option<(&'a LedgerBase, Time)>,
}

struct Line<'a> {
    /// What is still to be read.
    rest: &'a Branch,
    books: Books,
    /// Whether it goes on from the base, and has not come to it yet.
    before_base: bool,
}

impl<'a> Lines<'a> {
    fn new(received: &'a Received<'a>, branches: Vec<&'a Branch>, base: Option<(&'a LedgerBase, Time)>) -> Self {
        let own = |branch: &Branch| {
            base.zip(branch.first()).is_some_and(|((base, _), first)| base.next.ledger == first.place.ledger)
        };
        let books =
            |branch: &Branch| branch.first().map_or_else(Books::default, |first| Books::of(first.place.ledger.key));
        let line = |rest: &'a Branch| Line { rest, books: books(rest), before_base: own(rest) };
        let mut lines: Vec<Line<'a>> = branches.into_iter().map(line).collect();
        if base.is_some() && !lines.iter().any(|line| line.before_base) {
            // Nothing was recorded on the base yet.
            lines.push(Line { rest: &[], books: Books::default(), before_base: true });
        }
        Self { received, lines, base }
    }

    /// Reads to the end.
    fn run(mut self) -> (Vec<Books>, Vec<Finding>) {
        let mut findings: Vec<Finding> = Vec::new();
        while let Some(next) = self.next() {
            self.rebase(Some(next));
            if let Event::Issued(issued) = &next.event {
                let books: Vec<&Books> = self.lines.iter().map(|line| &line.books).collect();
                for finding in over::over_issued(self.received, &books, next, issued) {
                    over::keep_worst(&mut findings, finding);
                }
            }
            for line in self.lines.iter_mut().filter(|line| line.is_next(next)) {
                line.books.record(self.received.tree, next);
                line.rest = line.rest.get(1..).unwrap_or_default();
            }
        }
        self.rebase(None);
        (self.lines.into_iter().map(|line| line.books).collect(), findings)
    }

    /// The entry that is read next: of the branches' next ones the earliest.
    fn next(&self) -> Option<&'a Verified<LedgerEntry>> {
        let heads = self.lines.iter().filter_map(|line| line.rest.first());
        heads.min_by_key(|entry| (entry.at, entry.place, entry.digest()))
    }

    /// Takes in the base where this entry is the first on it; at the end wherever it was not reached.
    fn rebase(&mut self, next: Option<&Verified<LedgerEntry>>) {
        let Some((base, made_at)) = self.base else { return };
        for line in self.lines.iter_mut().filter(|line| line.before_base) {
            let reached = next.is_none_or(|next| line.is_next(next) && base.next.position <= next.place.position);
            if reached {
                line.before_base = false;
                line.books.rebase(self.received.tree, base, made_at);
            }
        }
    }
}

impl Line<'_> {
    fn is_next(&self, entry: &Verified<LedgerEntry>) -> bool {
        self.rest.first().is_some_and(|first| first.digest() == entry.digest())
    }
}
