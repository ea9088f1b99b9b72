//! An account on the table, for tests: the testkit's world, unlocked, with a begun ledger and a token made.

use postern_issuer::{Decision, Outcome, begin_ledger, decide_token};
use postern_protocol::documents::{ClockReading, Purpose, Request, SeatUse};
use postern_protocol::{Digest, Kind, Limits, SecretKey, Unverified, Verified};
use postern_testkit::{World, id, key, now, public, sign};

use super::account::{Account, Loaded, Root};
use super::change::Change;
use super::flow::State;
use super::form::Asked;
use super::matter::{Matter, What};
use super::shared::Shared;

/// The world's bundle as the page loads it.
pub(crate) fn loaded(world: &World) -> Loaded {
    let file = world.bundle_file();
    Loaded::verify(file.clone(), Root::FirstUse, &[]).unwrap()
}

/// The unlocked account, without a ledger.
pub(crate) fn account(world: &World) -> Account {
    Account::open(loaded(world).into(), public(&world.portal_key), "Ada Admin".into()).unwrap()
}

/// Signs a decision with the portal's key.
pub(crate) fn finish(decision: Decision, key: &SecretKey) -> Outcome {
    let preparation = decision.prepare();
    let signatures: Vec<_> = preparation.messages().iter().map(|message| key.sign(message)).collect();
    preparation.finish(&signatures).unwrap()
}

/// The account with its ledger begun and one token made: the account and the token's digest.
pub(crate) fn ready(world: &World) -> (Account, Digest) {
    let account = account(world);
    let chain = account.any_chain().unwrap().clone();
    let begun = finish(begin_ledger(&account.desk(&chain, now())).unwrap(), &world.portal_key);
    let account = account.with_ledger(Some(begun.ledger));
    let decision = decide_token(&account.desk(&chain, now()), &id("cr-1"), id("token-1")).unwrap();
    let made = finish(decision, &world.portal_key);
    (account.with_ledger(Some(made.ledger)), made.document.unwrap())
}

/// A machine's request, changed and signed.
pub(crate) fn request(
    world: &World,
    machine: u8,
    token: Digest,
    change: impl FnOnce(&mut Request),
) -> Verified<Request> {
    let device = key(machine);
    let mut request = world.request(public(&device), Some(token));
    request.seats = vec![SeatUse { seat_type: id("bot-creator"), in_use: 2, holders: vec![] }];
    change(&mut request);
    let envelope = sign(&request, &[&device]);
    assert_eq!(envelope.kind(), Kind::Request);
    Unverified::<Request>::new(envelope).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap()
}

/// A clock challenge of the machine 30 on the table: its clock and floor are so many seconds ahead.
pub(crate) fn challenge(world: &World, account: &Account, token: Digest, ahead: u64) -> Matter {
    let request = request(world, 30, token, |request| {
        request.purpose = Purpose::Clock;
        request.clock = Some(ClockReading { now: now().plus(ahead), floor: now().plus(ahead) });
        request.nonce = id(&format!("challenge-{ahead}"));
    });
    Matter::new("clock.req".into(), What::Clock(request), account, now()).unwrap()
}

/// A request of the machine 30 on the table.
pub(crate) fn asked(world: &World, account: &Account, token: Digest) -> Asked {
    Asked::new("plant.lfr".into(), request(world, 30, token, |_| ()), account, now()).unwrap()
}

/// The state after these changes.
pub(crate) fn after(changes: Vec<Change>) -> State {
    let mut state = State::default();
    changes.into_iter().for_each(|change| state.apply(now(), change));
    state
}

/// A state in which a request is being answered.
pub(crate) fn allocating(world: &World) -> (State, Shared<Account>, Shared<Asked>) {
    let (account, token) = ready(world);
    let asked = Shared::new(asked(world, &account, token));
    let account = Shared::new(account);
    let state = after(vec![Change::Opened(account.clone()), Change::Asked(asked.clone())]);
    (state, account, asked)
}
