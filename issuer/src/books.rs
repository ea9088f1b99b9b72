//! What a ledger says, added up: what each device holds, which tokens are whose, which requests were answered.

use std::collections::BTreeMap;

use postern_protocol::bundle_file::VerifiedBundle;
use postern_protocol::documents::{
    Allowance, Ceiling, Checkpoint, Counted, Cycle, DeviceIdentity, Event, Installed, Issued, LedgerBase, LedgerEntry,
    Tombstone,
};
use postern_protocol::{Digest, Id, PublicKey, Time};

use crate::desk::{Desk, made_here};
use crate::ledger::Ledger;

/// The ledger, added up on top of the bundle's base.
#[derive(Clone, Debug, Default)]
pub(crate) struct Books {
    /// Every device that was ever heard of.
    pub(crate) devices: BTreeMap<PublicKey, Device>,
    /// Enablement tokens by the digest of their document.
    pub(crate) tokens: BTreeMap<Digest, Token>,
    /// The license or time ticket that each request was answered with.
    pub(crate) answers: BTreeMap<Digest, Digest>,
    /// What was spent of rights that have a count, oldest first.
    pub(crate) spent: Vec<Spent>,
}

/// An entry that counts against a right's count or quota.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    pub(crate) what: Spending,
    /// The grant that it was made under.
    pub(crate) grant: Digest,
    pub(crate) device: PublicKey,
    pub(crate) at: Time,
}

/// What is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spending {
    /// A clock repair backward.
    ClockRepair,
}

/// What is known of one device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Device {
    /// The newest epoch.
    pub(crate) epoch: u64,
    /// What it proved installed, and every later license that it could have installed since.
    pub(crate) holdings: Vec<Holding>,
    /// The newest request that was answered.
    pub(crate) newest: Option<(Cycle, Digest)>,
    /// The highest sequence that was issued.
    pub(crate) sequence: u64,
    /// The highest sequence that it proved installed.
    pub(crate) proved_sequence: u64,
    /// Every license that it was ever issued.
    pub(crate) licenses: Vec<Digest>,
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
    pub(crate) allocation: Vec<Allowance>,
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
        let mut base = bundle.bundle.ledger_base.as_ref();
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

    /// From here on the devices hold what the vendor reconciled; what happened before stays known.
    fn rebase(&mut self, base: &LedgerBase, at: Time) {
        for device in self.devices.values_mut() {
            device.holdings.clear();
        }
        for held in &base.held {
            let device = self.device(held.device);
            device.in_base = true;
            device.sequence = device.sequence.max(held.sequence);
            device.licensed(held.license, &held.license_id);
            device.holdings.push(Holding {
                license: held.license,
                license_id: held.license_id.clone(),
                activation: held.activation.clone(),
                allocation: held.allocation.clone(),
                ends_at: None,
                usable_until: held.usable_until,
                proved: true,
            });
        }
        for settled in &base.settled {
            let device = self.device(settled.device);
            device.in_base = true;
            device.told.push(Told {
                at,
                usage: None,
                genesis: settled.genesis,
                consumption: settled.consumption.clone(),
            });
        }
    }

    fn record(&mut self, entry: &LedgerEntry) {
        match &entry.event {
            Event::Issued(issued) => self.issued(issued, entry.at),
            Event::TokenMade { token, id, license_id, issued_at } => {
                let made =
                    Token { id: id.clone(), license_id: license_id.clone(), issued_at: *issued_at, device: None };
                self.tokens.insert(*token, made);
            }
            Event::Settled { device, activation, usage, consumption, .. } => {
                let device = self.device(*device);
                device.close(activation);
                device.tell(entry.at, *usage, consumption);
            }
            Event::Synced { device, installed, usage, consumption, .. } => {
                let device = self.device(*device);
                device.confirm(installed);
                device.tell(entry.at, *usage, consumption);
            }
            Event::ReleasedDead { device, activation, .. } => {
                let key = device.key;
                let device = self.device(*device);
                // Releasing is what frees the seats of a machine that may run on: its quota bounds how many.
                device.holdings.clear();
                device.close(activation);
                device.tombstone = Some(Tombstone { device: key, activation: activation.clone(), at: entry.at });
            }
            Event::ClockRepaired { request, ticket, device, back } => {
                self.answers.insert(*request, *ticket);
                // Forward a clock may be set as often as it needs to be.
                if *back > 0 {
                    self.spend(Spending::ClockRepair, device.key, entry);
                }
            }
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
        if let Some(proved) = &issued.proved {
            device.prove(proved);
        }
        if let Some((cycle, request)) = issued.cycle.zip(issued.request) {
            device.newest = Some((cycle, request));
        }
        if let Some(usage) = issued.usage {
            device.tell(at, usage, &issued.consumption);
        }
        device.sequence = device.sequence.max(issued.sequence);
        device.licensed(issued.license, &issued.license_id);
        device.holdings.push(Holding {
            license: issued.license,
            license_id: issued.license_id.clone(),
            activation: issued.activation.clone(),
            allocation: issued.allocation.clone(),
            ends_at: Some(issued.ends_at),
            usable_until: issued.usable_until,
            proved: false,
        });
    }

    fn spend(&mut self, what: Spending, device: PublicKey, entry: &LedgerEntry) {
        self.spent.push(Spent { what, grant: entry.grant, device, at: entry.at });
    }

    /// When each of these was spent under the grant at the end of this chain, oldest first.
    pub(crate) fn spent(&self, desk: &Desk<'_>, what: Spending) -> Vec<Time> {
        let here = |one: &&Spent| {
            let license_ids = self.devices.get(&one.device).map_or(&[][..], |device| &device.license_ids);
            one.what == what && made_here(desk, one.grant, license_ids)
        };
        self.spent.iter().filter(here).map(|one| one.at).collect()
    }

    fn device(&mut self, identity: DeviceIdentity) -> &mut Device {
        let device = self.devices.entry(identity.key).or_default();
        device.epoch = device.epoch.max(identity.epoch);
        device
    }
}

impl Device {
    /// A newer request voids every answer that it does not show as installed: only what it shows is held.
    fn prove(&mut self, installed: &Installed) {
        self.proved_sequence = self.proved_sequence.max(installed.sequence);
        self.holdings.retain(|holding| Some(holding.license) == installed.license);
        self.holdings.iter_mut().for_each(|holding| holding.proved = true);
    }

    /// A request that wants no license voids nothing; what it shows as installed replaces what was issued before that.
    fn confirm(&mut self, installed: &Installed) {
        self.proved_sequence = self.proved_sequence.max(installed.sequence);
        if let Some(index) = self.holdings.iter().position(|holding| Some(holding.license) == installed.license) {
            self.holdings.drain(..index);
            self.holdings.iter_mut().take(1).for_each(|holding| holding.proved = true);
        }
    }

    fn licensed(&mut self, license: Digest, license_id: &Id) {
        self.licenses.push(license);
        if !self.license_ids.contains(license_id) {
            self.license_ids.push(license_id.clone());
        }
    }

    fn close(&mut self, activation: &Id) {
        self.holdings.retain(|holding| holding.activation != *activation);
        self.closed.push(activation.clone());
    }

    fn tell(&mut self, at: Time, usage: Checkpoint, consumption: &[Counted]) {
        self.told.push(Told { at, usage: Some(usage), genesis: usage.genesis, consumption: consumption.to_vec() });
    }

    /// Seats of one type that it could be using at an instant: the largest of its holdings that count.
    pub(crate) fn held(&self, seat_type: &Id, time: Time, counts: impl Fn(&Holding) -> bool) -> u64 {
        let counted = self.holdings.iter().filter(|holding| counts(holding));
        counted.map(|holding| holding.at(seat_type, time)).max().unwrap_or(0)
    }
}
