//! What a ledger says, added up: what each device holds, which tokens are whose, which requests were answered.

use postern_protocol::bundle_file::{Tree, VerifiedBundle};
use postern_protocol::documents::{
    Allowance, Ceiling, Checkpoint, Counted, Cycle, DeviceIdentity, Event, Installed, Issued, LedgerBase, LedgerEntry,
    SpentRight, Tombstone,
};
use postern_protocol::{Digest, Id, PublicKey, Time, Verified};
use rpds::{RedBlackTreeMapSync, VectorSync};

use crate::carried::Carried;
use crate::children::{self, Child};
use crate::desk::Desk;
use crate::holders::{Counted as Counts, Holders};
use crate::ledger::Ledger;
use crate::seats::{Taken, seats_at};
use crate::spent;

/// The ledger, added up on top of the bundle's base. Cheap to clone: each ledger carries its own, and the next one's
/// shares all but what an entry changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books {
    /// Every device that was ever heard of.
    pub(crate) devices: RedBlackTreeMapSync<PublicKey, Device>,
    /// Enablement tokens by the digest of their document.
    pub(crate) tokens: RedBlackTreeMapSync<Digest, Token>,
    /// The license, time ticket or receipt that each request or deactivation was answered with.
    pub(crate) answers: RedBlackTreeMapSync<Digest, Digest>,
    /// When each request that got no answer was recorded.
    pub(crate) synced: RedBlackTreeMapSync<Digest, Time>,
    /// What was spent of rights that have a count, oldest first.
    pub(crate) spent: VectorSync<SpentRight>,
    /// The devices that were released as dead.
    tombstones: RedBlackTreeMapSync<PublicKey, Tombstone>,
    /// Who holds what.
    pub(crate) holders: Holders,
    /// Child license servers, by the ids of their grants.
    pub(crate) children: RedBlackTreeMapSync<Id, Child>,
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
        seats_at(&self.allocation, self.usable_until, seat_type, time)
    }
}

impl Books {
    /// Everything that is known: what the ledger carries, or else added up anew.
    pub(crate) fn read(bundle: &VerifiedBundle, ledger: Option<&Ledger>) -> Self {
        match ledger {
            Some(ledger) => Carried::of(bundle, ledger).books,
            None => {
                let mut books = Self::default();
                if let Some(base) = &bundle.bundle.ledger_base {
                    books.rebase(&bundle.tree, base, bundle.bundle.issued_at);
                }
                books
            }
        }
    }

    /// With nothing in them yet.
    pub(crate) fn of(subject: PublicKey) -> Self {
        Self { holders: Holders::of(subject), ..Self::default() }
    }

    /// Adds up a whole ledger of somebody else's.
    pub(crate) fn added_up(tree: &Tree, subject: PublicKey, entries: &[Verified<LedgerEntry>]) -> Self {
        let mut books = Self::of(subject);
        entries.iter().for_each(|entry| books.record(tree, entry));
        books
    }

    /// Devices that hold a live license under the grant at the end of the desk's chain, but for one.
    pub(crate) fn devices_live(&self, desk: &Desk<'_>, but: Option<PublicKey>) -> u64 {
        let counted = Counts::here(desk, self);
        let live = |device: &&Device| {
            device.holdings.iter().any(|one| one.usable_until.allows(desk.now) && counted.counts(one))
        };
        counted.others(but).filter(live).count() as u64
    }

    /// From here on the devices hold what the vendor reconciled; what happened before stays known.
    pub(crate) fn rebase(&mut self, tree: &Tree, base: &LedgerBase, at: Time) {
        let known: Vec<PublicKey> = self.devices.keys().copied().collect();
        for device in known {
            self.devices.get_mut(&device).into_iter().for_each(|device| device.holdings.clear());
        }
        for held in &base.held {
            self.change(held.device, |device| {
                device.in_base = true;
                device.sequence = device.sequence.max(held.sequence);
            });
            let holding = Holding {
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
            };
            self.hold(tree, held.device, holding);
        }
        for child in &base.children {
            self.delegated(child, children::parent(child), at);
        }
        for seen in &base.seen {
            self.child_seen(seen, at);
        }
        for settled in &base.settled {
            let told = Told {
                at,
                usage: None,
                genesis: settled.genesis,
                consumption: settled.consumption.clone(),
                accepted: false,
            };
            self.change(settled.device, |device| {
                device.in_base = true;
                device.told.push(told);
            });
        }
        for dead in &base.tombstones {
            self.tombstones.insert_mut(dead.device, dead.clone());
            // Its seats are what the base says: another branch of the ledger may not have known that it was released.
            self.change(DeviceIdentity { key: dead.device, epoch: 0 }, |device| {
                device.closed.push(dead.activation.clone());
                device.tombstone = Some(dead.clone());
            });
        }
        // A base inside the ledger says again what the entries before it have said.
        let mut spent: Vec<SpentRight> = self.spent.iter().copied().collect();
        let unsaid: Vec<SpentRight> = base.spent.iter().filter(|one| !spent.contains(one)).copied().collect();
        spent.extend(unsaid);
        spent.sort_by_key(|one| one.at);
        self.spent = spent.into_iter().collect();
    }

    /// Adds one entry, which follows what was added before.
    pub(crate) fn record(&mut self, tree: &Tree, entry: &LedgerEntry) {
        if let Some(spent) = spent::by(entry) {
            self.spent.push_back_mut(spent);
        }
        match &entry.event {
            Event::Issued(issued) => self.issued(tree, issued, entry.at),
            Event::TokenMade { token, id, license_id, issued_at } => {
                let made =
                    Token { id: id.clone(), license_id: license_id.clone(), issued_at: *issued_at, device: None };
                self.tokens.insert_mut(*token, made);
            }
            Event::Settled { deactivation, receipt, device, activation, usage, consumption, .. } => {
                self.answers.insert_mut(*deactivation, *receipt);
                self.change(*device, |device| {
                    device.close(activation);
                    device.tell(entry.at, *usage, consumption, false);
                });
            }
            Event::Synced { request, device, installed, usage, consumption } => {
                self.synced.insert_mut(*request, entry.at);
                self.change(*device, |device| {
                    device.confirm(installed);
                    device.tell(entry.at, *usage, consumption, false);
                });
            }
            Event::ReleasedDead { device, activation, .. } => {
                let tombstone = Tombstone { device: device.key, activation: activation.clone(), at: entry.at };
                self.tombstones.insert_mut(device.key, tombstone.clone());
                self.change(*device, |device| {
                    // Releasing is what frees the seats of a machine that may run on: its quota bounds how many.
                    device.holdings.clear();
                    device.close(activation);
                    device.tombstone = Some(tombstone);
                });
            }
            Event::ClockRepaired { request, ticket, .. } => self.answers.insert_mut(*request, *ticket),
            Event::Delegated(delegated) => self.delegated(delegated, entry.grant, entry.at),
            Event::ChildSeen(seen) => self.child_seen(seen, entry.at),
            Event::Begun { .. } | Event::HandedOver { .. } | Event::TakenOver { .. } => {}
        }
    }

    fn issued(&mut self, tree: &Tree, issued: &Issued, at: Time) {
        if let Some(token) = issued.enablement.and_then(|token| self.tokens.get_mut(&token)) {
            token.device.get_or_insert(issued.device.key);
        }
        if let Some(request) = issued.request {
            self.answers.insert_mut(request, issued.license);
        }
        self.change(issued.device, |device| {
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
        });
        let holding = Holding {
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
        };
        self.hold(tree, issued.device, holding);
    }

    /// Every machine that was released as dead.
    pub(crate) fn tombstones(&self) -> Vec<Tombstone> {
        self.tombstones.values().cloned().collect()
    }

    fn hold(&mut self, tree: &Tree, identity: DeviceIdentity, holding: Holding) {
        self.holders.add(tree, &holding.license_id, identity.key);
        self.change(identity, |device| device.hold(holding));
    }

    fn change(&mut self, identity: DeviceIdentity, change: impl FnOnce(&mut Device)) {
        if !self.devices.contains_key(&identity.key) {
            self.devices.insert_mut(identity.key, Device::default());
        }
        if let Some(device) = self.devices.get_mut(&identity.key) {
            device.epoch = device.epoch.max(identity.epoch);
            change(device);
        }
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
