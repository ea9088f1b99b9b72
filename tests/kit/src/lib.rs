//! A small world for tests: a vendor with root and operations keys, an account with a portal, machines.
//!
//! Keys come from one-byte seeds, so every run makes the same bytes. Panics where a test would.

pub mod forge;
pub mod full;
pub mod ledgers;
pub mod many;
pub mod rotation;
pub mod spec;

use postern_protocol::Kind;
use postern_protocol::documents::*;
use postern_protocol::{
    Chain, Digest, Envelope, File, Id, Limits, Prepared, PublicKey, Reader, SecretKey, Time, TrustState,
    bundle_file::{self, VerifiedBundle},
};

/// An id that is known to be one.
pub fn id(text: &str) -> Id {
    text.parse().unwrap()
}

/// An instant that is known to be one.
pub fn time(text: &str) -> Time {
    text.parse().unwrap()
}

/// A key from a one-byte seed.
pub fn key(seed: u8) -> SecretKey {
    SecretKey::from_bytes(&[seed; 32])
}

/// The public half of a key.
pub fn public(key: &SecretKey) -> PublicKey {
    PublicKey::from_bytes(key.public_bytes())
}

/// Signs a document with these keys.
pub fn sign<T: Document>(document: &T, keys: &[&SecretKey]) -> Envelope {
    let prepared = Prepared::new(document);
    let message = prepared.to_sign();
    let signatures: Vec<_> = keys.iter().map(|key| (public(key), key.sign(&message))).collect();
    prepared.finish(&signatures)
}

/// "Now" in tests: 2026-11-22T09:00:00Z.
pub fn now() -> Time {
    time("2026-11-22T09:00:00Z")
}

/// A seat allowance that holds from 2026-01-01 on.
pub fn seats(seat_type: &str, quantity: u64) -> Allowance {
    Allowance { seat_type: id(seat_type), steps: vec![Step { from: time("2026-01-01T00:00:00Z"), quantity }] }
}

/// A vendor and one approved account with 10 bot creators and 20 bot runners under the license id `cr-1`.
pub struct World {
    /// Root keys; the threshold is `trust.threshold`.
    pub roots: Vec<SecretKey>,
    /// The vendor's daily key.
    pub ops_key: SecretKey,
    /// The account's portal key.
    pub portal_key: SecretKey,
    /// The trust document.
    pub trust: Trust,
    /// The operations grant.
    pub ops: Grant,
    /// The account's grant; hangs from `ops` once `link` ran.
    pub account: Grant,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// The default world.
    pub fn new() -> Self {
        let (roots, ops_key, portal_key) = (vec![key(1)], key(10), key(20));
        let trust = Trust {
            kind: Kind::Trust,
            version: Version,
            product: id("automation"),
            vendor: id("northwind"),
            number: 1,
            keys: roots.iter().map(public).collect(),
            threshold: 1,
            key_derivation: KeyDerivation { argon2id_memory_kib: 65536, argon2id_passes: 3, argon2id_lanes: 4 },
            issued_at: time("2026-01-01T00:00:00Z"),
            extensions: vec![],
        };
        let ops = ops_grant(public(&ops_key));
        let account = account_grant(public(&portal_key));
        let mut world = Self { roots, ops_key, portal_key, trust, ops, account };
        world.link();
        world
    }

    /// Hangs the account's grant from the operations grant as it is now. Call after changing `ops`.
    pub fn link(&mut self) {
        self.account.parent = Parent::Grant(Prepared::new(&self.ops).digest());
    }

    /// The signed trust document.
    pub fn trust_envelope(&self) -> Envelope {
        sign(&self.trust, &self.roots.iter().collect::<Vec<_>>())
    }

    /// The pinned trust.
    pub fn trust_state(&self) -> TrustState {
        TrustState::begin(self.trust_envelope(), &Limits::DEFAULT).unwrap()
    }

    /// The signed operations grant.
    pub fn ops_envelope(&self) -> Envelope {
        sign(&self.ops, &self.roots.iter().collect::<Vec<_>>())
    }

    /// The signed account grant.
    pub fn account_envelope(&self) -> Envelope {
        sign(&self.account, &[&self.ops_key])
    }

    /// The account grant's digest.
    pub fn account_digest(&self) -> Digest {
        Prepared::new(&self.account).digest()
    }

    /// A file that carries this document under the two grants.
    pub fn file(&self, document: Envelope) -> File {
        File {
            grants: vec![self.ops_envelope(), self.account_envelope()],
            documents: vec![document],
            ..File::default()
        }
    }

    /// A license for a device, answering a request digest, signed by the portal key: a template to change.
    pub fn license(&self, device: PublicKey, request: Option<Digest>) -> License {
        License {
            kind: Kind::License,
            version: Version,
            product: id("automation"),
            account: id("acme"),
            license_id: id("cr-1"),
            license_type: LicenseType::OnPremises,
            grant: self.account_digest(),
            request,
            device: DeviceIdentity { key: device, epoch: 0 },
            activation: id("a-1"),
            sequence: 1,
            fingerprint: FingerprintPolicy { parts: vec![], required: 0 },
            allocation: vec![Allowance {
                seat_type: id("bot-creator"),
                steps: vec![Step { from: now().day_start(), quantity: 5 }],
            }],
            features: vec![],
            consumption: vec![],
            consumption_base: vec![],
            starts_at: now().day_start(),
            ends_at: Ceiling::Limited(time("2027-06-30T23:59:59Z")),
            issued_at: now(),
            install_before: now().plus(48 * 3600),
            longest_session: Ceiling::Limited(28_800),
            cycle: CyclePolicy::default(),
            expiry: self.account.expiry,
            acknowledged: vec![],
            ledger: LedgerReference {
                ledger: LedgerId { key: public(&self.portal_key), epoch: 0 },
                position: 2,
                previous: Digest::of(b"entry 1"),
            },
            tombstones: vec![],
            accept_fork: None,
            extensions: vec![],
        }
    }

    /// An enablement token, made now: a template to change.
    pub fn token(&self, token: &str) -> Enablement {
        Enablement {
            kind: Kind::Enablement,
            version: Version,
            product: id("automation"),
            account: id("acme"),
            id: id(token),
            license_id: id("cr-1"),
            grant: self.account_digest(),
            issued_at: now(),
            ledger: LedgerReference {
                ledger: LedgerId { key: public(&self.portal_key), epoch: 0 },
                position: 1,
                previous: Digest::of(b""),
            },
            extensions: vec![],
        }
    }

    /// An LFR of a machine that has nothing installed: a template to change. Sign it with the device key.
    pub fn request(&self, device: PublicKey, enablement: Option<Digest>) -> Request {
        Request {
            kind: Kind::Request,
            version: Version,
            purpose: Purpose::Lfr,
            product: id("automation"),
            account: Some(id("acme")),
            license_id: Some(id("cr-1")),
            enablement,
            device: DeviceIdentity { key: device, epoch: 0 },
            activation: id("a-1"),
            cycle: Cycle { cycle: 1, number: 1, first_generated_at: now(), generated_at: now() },
            nonce: id("00112233445566778899aabbccddeeff"),
            fingerprint: vec![],
            installed: Installed { license: None, sequence: 0 },
            trust_number: 1,
            revocations: vec![],
            ledgers: vec![],
            usage: Checkpoint { genesis: Digest::of(b"genesis"), count: 1, head: Digest::of(b"genesis") },
            consumption: vec![],
            seats: vec![],
            extensions_used: vec![],
            variables: vec![],
            understands: Understands { versions: vec![1], extensions: vec![] },
            credential: None,
            clock: None,
            recovers: None,
            extensions: vec![],
        }
    }

    /// The bundle file, without a sealed key.
    pub fn bundle_file(&self) -> File {
        self.bundle_with(vec![])
    }

    /// The bundle file with these revocation lists.
    pub fn bundle_with(&self, revocations: Vec<Envelope>) -> File {
        let mut file = File {
            trust: vec![self.trust_envelope()],
            grants: vec![self.ops_envelope(), self.account_envelope()],
            revocations,
            ..File::default()
        };
        let (count, merkle_root) = bundle_file::contents(&file);
        let bundle = Bundle {
            kind: Kind::Bundle,
            version: Version,
            product: id("automation"),
            account: id("acme"),
            signed_under: self.account.parent,
            serial: 1,
            issued_at: now(),
            expires_at: time("2027-12-31T23:59:59Z"),
            count,
            merkle_root,
            ledger_base: None,
            revocations: vec![],
            sealed_key: None,
            labels: vec![],
            contact: "Northwind licensing, licensing@northwind.example".into(),
            extensions: vec![],
        };
        file.documents.push(sign(&bundle, &[&self.ops_key]));
        file
    }

    /// The verified bundle.
    pub fn bundle(&self) -> VerifiedBundle {
        bundle_file::verify_bundle(&self.bundle_file().to_bytes(), &self.trust_state(), &Limits::DEFAULT).unwrap()
    }

    /// The chain that the account's portal issues under.
    pub fn chain(&self) -> Chain {
        self.bundle().tree.chains_of(public(&self.portal_key)).remove(0)
    }

    /// A reader that has only the pinned trust.
    pub fn reader<'a>(&self, trust: &'a TrustState) -> Reader<'a> {
        Reader { trust, revocations: &[], limits: Limits::DEFAULT }
    }
}

/// An operations grant that allows everything for the product for 2026 and 2027.
pub fn ops_grant(subject: PublicKey) -> Grant {
    Grant {
        kind: Kind::Grant,
        version: Version,
        product: id("automation"),
        id: id("operations"),
        serial: 1,
        parent: Parent::Root,
        subject,
        rights: Rights {
            issue: true,
            refresh: true,
            delegate: 7,
            enable: true,
            release_dead: ReleaseDead { quota: 100, cooldown: 86_400 },
            repair_clock: RepairClock { count: 100, max_back: 31_536_000 },
        },
        account: Ceiling::Unlimited,
        license_type: Ceiling::Unlimited,
        allowances: Ceiling::Unlimited,
        features: Ceiling::Unlimited,
        consumption: Ceiling::Unlimited,
        credentials: vec![],
        devices: Devices::Pool,
        installations: Ceiling::Unlimited,
        issue_from: time("2026-01-01T00:00:00Z"),
        issue_until: time("2027-12-31T23:59:59Z"),
        run_until: Ceiling::Unlimited,
        longest_duration: Ceiling::Unlimited,
        longest_session: Ceiling::Unlimited,
        license_count: Ceiling::Unlimited,
        cycle: CyclePolicy::default(),
        expiry: ExpiryPolicy { grace: Ceiling::Unlimited, after_end: AfterEnd::Warn, extension: Ceiling::Unlimited },
        allow_offline_activation: true,
        approval: Approval::Right(ApprovalRight::MayApprove),
        revocation_max_age: Ceiling::Unlimited,
        policy: None,
        server: None,
        issued_at: time("2026-01-01T00:00:00Z"),
        extensions: vec![],
    }
}

/// The grant of the account `acme`: approved, 10 bot creators, 20 bot runners, until 2027-06-30. Parent to be set.
pub fn account_grant(subject: PublicKey) -> Grant {
    let both = vec![seats("bot-creator", 10), seats("bot-runner", 20)];
    Grant {
        id: id("acme-1"),
        rights: Rights {
            issue: true,
            refresh: true,
            delegate: 0,
            enable: true,
            release_dead: ReleaseDead { quota: 2, cooldown: 86_400 },
            repair_clock: RepairClock { count: 2, max_back: 86_400 },
        },
        account: Ceiling::Limited(id("acme")),
        license_type: Ceiling::Limited(LicenseType::OnPremises),
        allowances: Ceiling::Limited(both.clone()),
        features: Ceiling::Limited(vec![
            Feature { name: id("process-discovery"), value: FeatureValue::On },
            Feature { name: id("api-tasks"), value: FeatureValue::Number(50) },
        ]),
        consumption: Ceiling::Limited(vec![Consumption {
            counter: id("pages"),
            feature: None,
            limit: Ceiling::Limited(10_000),
            overage: Ceiling::Limited(500),
            reset_period: Ceiling::Limited(2_592_000),
        }]),
        installations: Ceiling::Limited(vec![Installation { license_id: id("cr-1"), allowances: both }]),
        issue_from: time("2026-06-01T00:00:00Z"),
        issue_until: time("2027-05-31T23:59:59Z"),
        run_until: Ceiling::Limited(time("2027-06-30T23:59:59Z")),
        longest_duration: Ceiling::Limited(400 * 86_400),
        longest_session: Ceiling::Limited(28_800),
        license_count: Ceiling::Limited(5),
        expiry: ExpiryPolicy {
            grace: Ceiling::Limited(14 * 86_400),
            after_end: AfterEnd::ReadOnly,
            extension: Ceiling::Limited(7 * 86_400),
        },
        approval: Approval::Approved {
            reason: "Air-gapped plant network".into(),
            reviewer: "D. Reviewer".into(),
            at: time("2026-06-01T00:00:00Z"),
        },
        ..ops_grant(subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_world_holds() {
        let world = World::new();
        let license = world.license(public(&key(30)), Some(Digest::of(b"request")));
        license.check().unwrap();
        let file = world.file(sign(&license, &[&world.portal_key]));
        let trust = world.trust_state();
        world.reader(&trust).file::<License>(&file.to_bytes()).unwrap();
        let token = world.file(sign(&world.token("t-1"), &[&world.portal_key]));
        world.reader(&trust).file::<Enablement>(&token.to_bytes()).unwrap();
        assert_eq!(world.chain().grants().len(), 2);
    }
}
