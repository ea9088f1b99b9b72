//! Roots that move on: thresholds over several keys, and the trust documents that follow one another.

use postern_protocol::documents::Trust;
use postern_protocol::{Envelope, Limits, PublicKey, TrustState};

use crate::{World, key, public, sign};

/// A world with root keys 1, 2, 3, of which two must sign.
pub fn two_of_three() -> World {
    let mut world = World::new();
    world.roots = [1, 2, 3].map(key).into_iter().collect();
    world.trust.keys = world.roots.iter().map(public).collect();
    world.trust.threshold = 2;
    world
}

/// The trust after a world's own: these keys and this threshold, signed by everyone who has to.
pub fn rotated(before: &Trust, old: &[u8], new: &[u8], threshold: u64) -> (Trust, Envelope) {
    let keys: Vec<PublicKey> = new.iter().map(|seed| public(&key(*seed))).collect();
    let trust = Trust { number: before.number + 1, keys, threshold, ..before.clone() };
    let mut seeds: Vec<u8> = old.iter().chain(new).copied().collect();
    seeds.sort_unstable();
    seeds.dedup();
    let signers: Vec<_> = seeds.into_iter().map(key).collect();
    let envelope = sign(&trust, &signers.iter().collect::<Vec<_>>());
    (trust, envelope)
}

/// The trust state after these documents.
pub fn trust_after(world: &World, envelopes: &[Envelope]) -> TrustState {
    world.trust_state().advance(envelopes, &Limits::DEFAULT).unwrap()
}
