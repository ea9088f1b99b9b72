//! What a ledger says, added up: what each device holds, which tokens are whose, which requests were answered.

use std::collections::BTreeMap;

use postern_protocol::bundle_file::VerifiedBundle;
use postern_protocol::documents::{
    Allowance, Ceiling, Checkpoint, Counted, Cycle, DeviceIdentity, Event, Installed, Issued, LedgerBase, LedgerEntry,
    Tombstone,
};
use postern_protocol::{Digest, Id, PublicKey, Time, Verified};

use crate::children::{self, Child};
use crate::desk::{Desk, counts_here};
use crate::ledger::Ledger;
use crate::seats::Taken;
use crate::spent::Spent;

/// The ledger, added up on top of the bundle's base.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books {
    /// Every device that was ever heard of.
    pub(crate) devices: BTreeMap<PublicKey, Device>,
    /// Enablement tokens by the digest of their document.
    pub(crate) tokens: BTreeMap<Digest, Token>,
    /// The license, time ticket or receipt that each request or deactivation was answered with.
    pub(crate) answers: BTreeMap<Digest, Digest>,
    /// When each request that got no answer was recorded.
    pub(crate) synced: BTreeMap<Digest, Time>,
    /// What was spent of rights that have a count, oldest first.
    pub(crate) spent: Vec<Spent>,
    /// Child license servers, by the ids of their grants.
    pub(crate) children: BTreeMap<Id, Child>,
    /// The serial of the newest revocations that this key has made; 0 for none.
    pub(crate) revocations: u64,
}

/// What is known of one device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Device {
    /// The newest epoch.
    pub(crate) epoch: u64,
    /// What it proved installed, and every later license that it could have installed since.
    pub(crate) holdings: Vec<Holding>,
    /// Where in its cycle the newest answered request stood.
    pub(crate) newest: Option<Cycle>,
    /// Whether that answer accepted the machine as it was.
    pub(crate) accepted: bool,
    /// The highest sequence that was issued.
    pub(crate) sequence: u64,
    /// The highest sequence that it proved installed.
    pub(crate) proved_sequence: u64,
    /// Every license that it was ever issued.
    pub(crate) licenses: Vec<Holding>,
    /// Every license id that these were issued under.
    pub(crate) license_ids: Vec<Id>,
    /// Activations that ended.
    pub(crate) closed: Vec<Id>,
    /// Set where it was released as dead.
    pub(crate) tombstone: Option<Tombstone>,
    /// What it told of its usage chain, oldest first.
    pub(crate) told: Vec<Told>,
    /// Whether the bundle's base knows it: then it was enabled under an earlier ledger.
    pub(crate) in_base: bool,
}

/// A license that a device has, or could have.
#[derive(Clone, Debug)]
pub(crate) struct Holding {
    pub(crate) license: Digest,
    pub(crate) license_id: Id,
    pub(crate) activation: Id,
    pub(crate) sequence: u64,
    /// Whether a newer request does not void it: a refresh, or what the vendor reconciled.
    pub(crate) standing: bool,
    pub(crate) allocation: Vec<Allowance>,
    /// Not known of a holding in the bundle's base.
    pub(crate) starts_at: Option<Time>,
    /// Not known of a holding in the bundle's base.
    pub(crate) ends_at: Option<Ceiling<Time>>,
    pub(crate) usable_until: Ceiling<Time>,
    /// Whether a request proved it installed.
    pub(crate) proved: bool,
}

/// Usage as a device told it at one time.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) at: Time,
    /// None where only totals are known, from the bundle's base.
    pub(crate) usage: Option<Checkpoint>,
    pub(crate) genesis: Digest,
    pub(crate) consumption: Vec<Counted>,
    /// Whether the machine was accepted as it was then: what was told before may be another branch of the chain.
    pub(crate) accepted: bool,
}

/// An enablement token that was made.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) id: Id,
    pub(crate) license_id: Id,
    pub(crate) issued_at: Time,
    /// The first device that showed it.
    pub(crate) device: Option<PublicKey>,
}

impl Holding {
    /// The seats that it takes.
    pub(crate) fn taken(&self) -> Taken {
        Taken { allocation: self.allocation.clone(), usable_until: self.usable_until }
    }

    /// Seats of one type at an instant.
    pub(crate) fn at(&self, seat_type: &Id, time: Time) -> u64 {
        if !self.usable_until.allows(time) {
            return 0;
        }
        self.allocation.iter().find(|one| one.seat_type == *seat_type).map_or(0, |one| one.at(time))
    }
}

impl Books {
    /// Adds up everything that is known.
    pub(crate) fn read(bundle: &VerifiedBundle, ledger: Option<&Ledger>) -> Self {
        let mut books = Self::default();
        let base = bundle.bundle.ledger_base.as_ref();
        // In a bundle for several keys the base is one key's; the others begin empty.
        let mut base = base.filter(|base| ledger.is_none_or(|ledger| ledger.id().key == base.next.ledger.key));
        for entry in ledger.into_iter().flat_map(Ledger::entries) {
            if let Some(reached) = base.take_if(|base| base.next.position <= entry.place.position) {
                books.rebase(reached, bundle.bundle.issued_at);
            }
            books.record(entry);
        }
        if let Some(base) = base {
            books.rebase(base, bundle.bundle.issued_at);
        }
        books
    }

    /// Adds up a whole ledger of somebody else's.
    pub(crate) fn of<'a>(entries: impl Iterator<Item = &'a Verified<LedgerEntry>>) -> Self {
        let mut books = Self::default();
        entries.for_each(|entry| books.record(entry));
        books
    }

    /// Devices that hold a live license under the grant at the end of the desk's chain.
    pub(crate) fn devices_live(&self, desk: &Desk<'_>) -> u64 {
        let live = |device: &&Device| device.live(desk.now).any(|one| counts_here(desk, &one.license_id));
        self.devices.values().filter(live).count() as u64
    }

    /// From here on the devices hold what the vendor reconciled; what happened before stays known.
    fn rebase(&mut self, base: &LedgerBase, at: Time) {
        for device in self.devices.values_mut() {
            device.holdings.clear();
        }
        for held in &base.held {
            let device = self.device(held.device);
            device.in_base = true;
            device.sequence = device.sequence.max(held.sequence);
            device.hold(Holding {
                license: held.license,
                license_id: held.license_id.clone(),
                activation: held.activation.clone(),
                sequence: held.sequence,
                standing: false,
                allocation: held.allocation.clone(),
                starts_at: None,
                ends_at: None,
                usable_until: held.usable_until,
                proved: true,
            });
        }
        for child in &base.children {
            self.delegated(child, children::parent(child), at);
        }
        for seen in &base.seen {
            self.child_seen(seen, at);
        }
        for settled in &base.settled {
            let device = self.device(settled.device);
            device.in_base = true;
            device.told.push(Told {
                at,
                usage: None,
                genesis: settled.genesis,
                consumption: settled.consumption.clone(),
                accepted: false,
            });
        }
    }

    fn record(&mut self, entry: &LedgerEntry) {
        self.spent.extend(Spent::by(entry));
        match &entry.event {
            Event::Issued(issued) => self.issued(issued, entry.at),
            Event::TokenMade { token, id, license_id, issued_at } => {
                let made =
                    Token { id: id.clone(), license_id: license_id.clone(), issued_at: *issued_at, device: None };
                self.tokens.insert(*token, made);
            }
            Event::Settled { deactivation, receipt, device, activation, usage, consumption, .. } => {
                self.answers.insert(*deactivation, *receipt);
                let device = self.device(*device);
                device.close(activation);
                device.tell(entry.at, *usage, consumption, false);
            }
            Event::Synced { request, device, installed, usage, consumption } => {
                self.synced.insert(*request, entry.at);
                let device = self.device(*device);
                device.confirm(installed);
                device.tell(entry.at, *usage, consumption, false);
            }
            Event::ReleasedDead { device, activation, .. } => {
                let key = device.key;
                let device = self.device(*device);
                // Releasing is what frees the seats of a machine that may run on: its quota bounds how many.
                device.holdings.clear();
                device.close(activation);
                device.tombstone = Some(Tombstone { device: key, activation: activation.clone(), at: entry.at });
            }
            Event::ClockRepaired { request, ticket, .. } => {
                self.answers.insert(*request, *ticket);
            }
            Event::Delegated(delegated) => self.delegated(delegated, entry.grant, entry.at),
            Event::ChildSeen(seen) => self.child_seen(seen, entry.at),
            Event::Begun { .. } | Event::TakenOver { .. } => {}
        }
    }

    fn issued(&mut self, issued: &Issued, at: Time) {
        if let Some(token) = issued.enablement.and_then(|token| self.tokens.get_mut(&token)) {
            token.device.get_or_insert(issued.device.key);
        }
        if let Some(request) = issued.request {
            self.answers.insert(request, issued.license);
        }
        let device = self.device(issued.device);
        match &issued.proved {
            Some(shown) if issued.accepted_fork => device.accept(shown),
            Some(proved) => device.prove(proved),
            None => {}
        }
        if let Some(cycle) = issued.cycle {
            (device.newest, device.accepted) = (Some(cycle), issued.accepted_fork);
        }
        if let Some(usage) = issued.usage {
            device.tell(at, usage, &issued.consumption, issued.accepted_fork);
        } else if let Some(genesis) = device.genesis().filter(|_| !issued.consumption.is_empty()) {
            // A refresh that moved the base: what is told before it is behind the device.
            let consumption = issued.consumption.clone();
            device.told.push(Told { at, usage: None, genesis, consumption, accepted: false });
        }
        device.sequence = device.sequence.max(issued.sequence);
        device.hold(Holding {
            license: issued.license,
            license_id: issued.license_id.clone(),
            activation: issued.activation.clone(),
            sequence: issued.sequence,
            standing: issued.request.is_none(),
            allocation: issued.allocation.clone(),
            starts_at: Some(issued.starts_at),
            ends_at: Some(issued.ends_at),
            usable_until: issued.usable_until,
            proved: false,
        });
    }

    /// Every machine that was released as dead.
    pub(crate) fn tombstones(&self) -> Vec<Tombstone> {
        self.devices.values().filter_map(|device| device.tombstone.clone()).collect()
    }

    fn device(&mut self, identity: DeviceIdentity) -> &mut Device {
        let device = self.devices.entry(identity.key).or_default();
        device.epoch = device.epoch.max(identity.epoch);
        device
    }
}

impl Device {
    /// A newer request voids every answer that it does not show as installed: what it shows is held, and every refresh
    /// that can be installed on top of that.
    fn prove(&mut self, installed: &Installed) {
        self.confirm(installed);
        self.holdings.retain(|holding| Some(holding.license) == installed.license || holding.standing);
    }

    /// A request that wants no license voids nothing; what it shows as installed replaces what can follow it no more.
    fn confirm(&mut self, installed: &Installed) {
        self.proved_sequence = self.proved_sequence.max(installed.sequence);
        let shown = |holding: &Holding| Some(holding.license) == installed.license;
        self.holdings.retain(|holding| shown(holding) || holding.sequence > installed.sequence);
        self.holdings.iter_mut().filter(|holding| shown(holding)).for_each(|holding| holding.proved = true);
    }

    /// The newest checkpoint that it told, and when.
    pub(crate) fn told_last(&self) -> Option<(Checkpoint, Time)> {
        self.told.iter().rev().find_map(|told| Some((told.usage?, told.at)))
    }

    /// The newest usage chain that it told of.
    pub(crate) fn genesis(&self) -> Option<Digest> {
        self.told.last().map(|told| told.genesis)
    }

    /// What it could be using or installing still, newest last.
    pub(crate) fn live(&self, now: Time) -> impl DoubleEndedIterator<Item = &Holding> {
        self.holdings.iter().filter(move |holding| holding.usable_until.allows(now))
    }

    /// A machine that is accepted as it is runs on what it shows, until it installs the answer. What it held before may
    /// run on in a copy of it: it counts as well, until a request of the accepted machine proves it gone.
    fn accept(&mut self, shown: &Installed) {
        let gone = |license: &Digest| !self.holdings.iter().any(|held| held.license == *license);
        let back = shown.license.filter(gone).and_then(|license| self.license(license).cloned());
        self.holdings.splice(..0, back);
    }

    /// A license that it was issued, whatever became of it.
    pub(crate) fn license(&self, license: Digest) -> Option<&Holding> {
        self.licenses.iter().find(|one| one.license == license)
    }

    fn hold(&mut self, holding: Holding) {
        if !self.license_ids.contains(&holding.license_id) {
            self.license_ids.push(holding.license_id.clone());
        }
        self.licenses.push(holding.clone());
        self.holdings.push(holding);
    }

    fn close(&mut self, activation: &Id) {
        self.holdings.retain(|holding| holding.activation != *activation);
        self.closed.push(activation.clone());
    }

    fn tell(&mut self, at: Time, usage: Checkpoint, consumption: &[Counted], accepted: bool) {
        let (genesis, consumption) = (usage.genesis, consumption.to_vec());
        self.told.push(Told { at, usage: Some(usage), genesis, consumption, accepted });
    }

    /// Seats of one type that it could be using at an instant: the largest of its holdings that count.
    pub(crate) fn held(&self, seat_type: &Id, time: Time, counts: impl Fn(&Holding) -> bool) -> u64 {
        let counted = self.holdings.iter().filter(|holding| counts(holding));
        counted.map(|holding| holding.at(seat_type, time)).max().unwrap_or(0)
    }
}
