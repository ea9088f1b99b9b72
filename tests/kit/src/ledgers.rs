//! Many accounts, each with a portal of its own whose ledger is as long as it is asked for: honest, or forked.

use postern_protocol::documents::*;
use postern_protocol::{Digest, Envelope, File, Id, Kind, SecretKey, Time, bundle_file};

use crate::{World, id, public, seats, sign};

/// Machines of each account; they take turns.
const MACHINES: u64 = 5;

/// An account of the world's vendor.
pub struct Account {
    /// Its id.
    pub id: Id,
    /// Its portal's key.
    pub portal_key: SecretKey,
    /// Its grant.
    pub grant: Grant,
    bundle: Digest,
    world: World,
}

impl Account {
    /// The account with this number: five machines, ten seats each.
    pub fn new(number: u64) -> Self {
        let mut world = World::new();
        world.link();
        let account = id(&format!("account-{number}"));
        let portal_key = secret(b"portal", number, 0);
        let ten = vec![seats("bot-creator", 10 * MACHINES)];
        let grant = Grant {
            id: id("control-rooms"),
            account: Ceiling::Limited(account.clone()),
            subject: public(&portal_key),
            license_count: Ceiling::Limited(MACHINES),
            allowances: Ceiling::Limited(ten.clone()),
            installations: Ceiling::Limited(vec![Installation { license_id: id("cr-1"), allowances: ten }]),
            ..world.account.clone()
        };
        let bundle = Digest::of(format!("bundle {number}").as_bytes());
        Self { id: account, portal_key, grant, bundle, world }
    }

    /// The machine with this number.
    pub fn machine(&self, number: u64) -> SecretKey {
        secret(self.id.as_str().as_bytes(), number, 1)
    }

    /// The bundle file, without a sealed key.
    pub fn bundle_file(&self) -> File {
        let world = &self.world;
        let mut file = self.frame();
        let (count, merkle_root) = bundle_file::contents(&file);
        let bundle = world.bundle_file().documents.remove(0);
        let bundle: Bundle = serde_json::from_slice(bundle.payload()).unwrap();
        let bundle = Bundle { account: self.id.clone(), count, merkle_root, ..bundle };
        file.documents.push(sign(&bundle, &[&world.ops_key]));
        file
    }

    /// The ledger file with so many entries, by whoever `by` is; from `shared` entries on two of them differ.
    pub fn ledger_file(&self, entries: u64, shared: u64, by: &str) -> File {
        let mut file = self.frame();
        let mut place = LedgerReference {
            ledger: LedgerId { key: public(&self.portal_key), epoch: 0 },
            position: 1,
            previous: Digest::of(b""),
        };
        let grant = file.grants[1].digest();
        let mut installed = vec![Installed { license: None, sequence: 0 }; MACHINES as usize];
        for number in 0..entries {
            let by = if number < shared { "A. Administrator" } else { by };
            let event = match number {
                0 => Event::Begun { bundle: self.bundle },
                _ => self.issued(number, by, &mut installed),
            };
            let entry = LedgerEntry {
                kind: Kind::LedgerEntry,
                version: Version,
                product: self.grant.product.clone(),
                account: self.id.clone(),
                place,
                grant,
                event,
                at: begin().plus(number * 600),
                by: by.into(),
                extensions: vec![],
            };
            let envelope = sign(&entry, &[&self.portal_key]);
            place = LedgerReference { position: place.position + 1, previous: envelope.digest(), ..place };
            file.documents.push(envelope);
        }
        file
    }

    /// Trust and grants.
    fn frame(&self) -> File {
        let account: Envelope = sign(&self.grant, &[&self.world.ops_key]);
        File {
            trust: vec![self.world.trust_envelope()],
            grants: vec![self.world.ops_envelope(), account],
            ..File::default()
        }
    }

    /// The next license of the machine whose turn it is, which shows the one before as installed.
    fn issued(&self, number: u64, by: &str, installed: &mut [Installed]) -> Event {
        let (turn, round) = (number % MACHINES, number / MACHINES + 1);
        let named = |what: &str| Digest::of(format!("{what} {} {number} {by}", self.id).as_bytes());
        let shown = installed[turn as usize];
        let (license, sequence) = (named("license"), shown.sequence + 1);
        installed[turn as usize] = Installed { license: Some(license), sequence };
        let at = begin().plus(number * 600);
        let ends_at = Ceiling::Limited(at.plus(200 * 86_400));
        Event::Issued(Issued {
            license,
            request: Some(named("request")),
            cycle: Some(Cycle { cycle: round, number: 1, first_generated_at: at, generated_at: at }),
            enablement: None,
            proved: Some(shown),
            license_id: id("cr-1"),
            device: DeviceIdentity { key: public(&self.machine(turn)), epoch: 0 },
            activation: id("a-1"),
            sequence,
            allocation: vec![Allowance {
                seat_type: id("bot-creator"),
                steps: vec![Step { from: at, quantity: 1 + number % 10 }],
            }],
            starts_at: at,
            ends_at,
            usable_until: Ceiling::Limited(at.plus(221 * 86_400)),
            install_before: at.plus(48 * 3600),
            usage: Some(Checkpoint {
                genesis: Digest::of(self.machine(turn).public_bytes().as_slice()),
                count: round,
                head: Digest::of(&round.to_be_bytes()),
            }),
            consumption: vec![Counted { counter: id("pages"), total: round * 100 }],
            accepted_fork: false,
        })
    }
}

fn begin() -> Time {
    crate::time("2026-06-02T00:00:00Z")
}

fn secret(domain: &[u8], number: u64, what: u8) -> SecretKey {
    let seed = Digest::of(&[domain, &[what], &number.to_be_bytes()].concat());
    SecretKey::from_bytes(seed.as_bytes())
}
