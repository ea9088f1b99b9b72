//! Ledgers whose entries were changed and chained and signed again: what imports can be exported and issued from.

use std::sync::OnceLock;

use arbitrary::{Result, Unstructured};
use postern_issuer::{
    Choice, Comparison, Decision, Desk, Ledger, Outcome, begin_ledger, chains_of, decide_license, decide_token,
    examine, overview,
};
use postern_protocol::bundle_file::{VerifiedBundle, verify_ledger};
use postern_protocol::documents::{Ceiling, License, Request};
use postern_protocol::{Chain, Digest, File, Kind, Limits, Reader, Time, Unverified, Verified};
use postern_testkit::{World, forge, id, key, now, public, sign, time};
use serde_json::{Value, json};

use crate::edit::{edited, json_of, lines, payload};
use crate::legible::{described, explained, or_explained};

/// What imports exports the same, is the same as what is stored line by line, and whatever it says, the portal answers
/// a machine with a license that its reader accepts and a ledger that goes on, or says why not.
pub(crate) fn ledger(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok(bytes) = changed(&mut input) else { return };
    let limits = Limits::DEFAULT;
    let Portal { world, bundle, chain, .. } = portal();
    if let Ok(file) = File::parse(&bytes, &limits) {
        described(&file);
    }
    let trust = world.trust_state();
    let verified = or_explained(verify_ledger(&bytes, &trust, &limits));
    let Some(ledger) = or_explained(Ledger::import(bundle, chain, &bytes, &limits)) else { return };
    if let Some(verified) = verified {
        assert!(verified.entries.iter().eq(ledger.entries()), "two readers read the same");
    }
    let lines: Vec<_> = ledger.entries().iter().map(|entry| entry.envelope().line().to_vec()).collect();
    let restored = Ledger::restore(bundle, chain, &lines, &limits).expect("stored lines read as the file does");
    assert_eq!((restored.compare(&ledger), restored.next()), (Comparison::Same, ledger.next()));
    let exported = ledger.to_file(bundle, chain).to_bytes();
    verify_ledger(&exported, &trust, &limits).expect("an exported ledger verifies");
    let imported = Ledger::import(bundle, chain, &exported, &limits).expect("an exported ledger imports");
    assert_eq!(imported.compare(&ledger), Comparison::Same);
    for (entry, next) in ledger.entries().iter().zip(ledger.entries().iter().skip(1)) {
        assert_eq!(next.place.position, entry.place.position + 1);
        assert_eq!(next.place.previous, entry.digest());
    }
    let _ = goes_on(&mut input, &ledger);
}

/// Goes on with a ledger: looks at it, makes a token, and answers a machine unless that is refused.
pub(crate) fn goes_on(input: &mut Unstructured<'_>, ledger: &Ledger) -> Result<bool> {
    let Portal { world, bundle, chain, request, .. } = portal();
    let now = now().plus(u64::from(input.arbitrary::<u16>()?) * 60);
    let desk = Desk { bundle, chain, ledger: Some(ledger), revocations: &[], by: "B. Deputy", now };
    let seen = overview(&desk);
    for sum in &seen.seats {
        let free = sum.free.limit().copied().unwrap_or(u64::MAX);
        assert!(sum.bought.limit().is_none_or(|bought| free == bought.saturating_sub(sum.allocated)), "{sum:?}");
    }
    let examination = examine(&desk, request);
    examination.refusals.iter().for_each(explained);
    let free: Vec<_> = examination.seats.iter().map(|row| row.free.limit().copied().unwrap_or(9)).collect();
    decided(decide_token(&desk, &id("cr-1"), id("t-new")), world, ledger);
    let asked = [input.arbitrary::<u8>()?, input.arbitrary::<u8>()?].map(|asked| 1 + u64::from(asked));
    let seats: Vec<_> =
        examination.seats.iter().zip(asked).map(|(row, asked)| (row.seat_type.clone(), asked)).collect();
    let end: Time = time("2027-06-30T23:59:59Z");
    let choice = Choice { start: examination.start_default, end: Ceiling::Limited(end), seats, accept_fork: false };
    let Some(outcome) = decided(decide_license(&desk, request, &choice), world, ledger) else { return Ok(false) };
    assert!(choice.seats.iter().zip(free).all(|((_, asked), free)| *asked <= free), "more was given than was free");
    let trust = world.trust_state();
    let reader = Reader { trust: &trust, revocations: &[], limits: Limits::DEFAULT };
    let bytes = outcome.file.expect("an answer is a file").to_bytes();
    let license = reader.file::<License>(&bytes).expect("the machine reads the license").document;
    assert_eq!((license.device, license.request), (request.device, Some(request.digest())));
    Ok(true)
}

/// Signs what was decided, and reads the ledger that it makes.
fn decided(
    decision: std::result::Result<Decision, Vec<postern_issuer::Refusal>>,
    world: &World,
    before: &Ledger,
) -> Option<Outcome> {
    let Portal { bundle, chain, .. } = portal();
    let decision = decision
        .inspect_err(|refusals| {
            assert!(!refusals.is_empty(), "refused without a reason");
            refusals.iter().for_each(explained);
        })
        .ok()?;
    let preparation = decision.prepare();
    let signatures: Vec<_> = preparation.messages().iter().map(|message| world.portal_key.sign(message)).collect();
    let outcome = preparation.finish(&signatures).expect("what was decided can be finished");
    let exported = outcome.ledger.to_file(bundle, chain).to_bytes();
    let read = Ledger::import(bundle, chain, &exported, &Limits::DEFAULT).expect("the longer ledger imports");
    assert_eq!((read.compare(before), before.compare(&read)), (Comparison::Newer, Comparison::Older));
    Some(outcome)
}

/// A portal that made a token and answered one machine, and what a second machine asks.
pub(crate) struct Portal {
    world: World,
    pub(crate) bundle: VerifiedBundle,
    pub(crate) chain: Chain,
    entries: Vec<Value>,
    request: Verified<Request>,
}

pub(crate) fn portal() -> &'static Portal {
    static PORTAL: OnceLock<Portal> = OnceLock::new();
    PORTAL.get_or_init(|| {
        let world = World::new();
        let bundle = world.bundle();
        let chain = chains_of(&bundle, public(&world.portal_key)).remove(0);
        let mut ledger = None;
        let mut step = |decide: &dyn Fn(&Desk<'_>) -> Decision| {
            let desk = Desk {
                bundle: &bundle,
                chain: &chain,
                ledger: ledger.as_ref(),
                revocations: &[],
                by: "A. Administrator",
                now: now(),
            };
            let preparation = decide(&desk).prepare();
            let signatures: Vec<_> =
                preparation.messages().iter().map(|message| world.portal_key.sign(message)).collect();
            let outcome = preparation.finish(&signatures).unwrap();
            ledger = Some(outcome.ledger);
            outcome.document
        };
        step(&|desk| begin_ledger(desk).unwrap());
        let tokens = ["t-1", "t-2"].map(|token| step(&|desk| decide_token(desk, &id("cr-1"), id(token)).unwrap()));
        let first = request(&world, 30, tokens[0]);
        let seats = vec![(id("bot-creator"), 4), (id("bot-runner"), 7)];
        let end = Ceiling::Limited(time("2027-06-30T23:59:59Z"));
        let choice = Choice { start: now().day_start(), end, seats, accept_fork: false };
        step(&|desk| decide_license(desk, &first, &choice).unwrap());
        let request = request(&world, 31, tokens[1]);
        let ledger = ledger.unwrap();
        let entries = ledger.entries().iter().map(|entry| json_of(entry.get())).collect();
        Portal { world, bundle, chain, entries, request }
    })
}

fn request(world: &World, machine: u8, token: Option<Digest>) -> Verified<Request> {
    let key = key(machine);
    let mut request = world.request(public(&key), token);
    request.activation = id(&format!("a-{machine}"));
    Unverified::new(sign(&request, &[&key])).unwrap().verify_by_named_signers(&Limits::DEFAULT).unwrap()
}

/// The portal's ledger file.
pub(crate) fn changed(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let Portal { world, entries, .. } = portal();
    let mut entries = entries.clone();
    // Whole entries in another order, twice, or left out; chained anew below.
    for _ in 0..input.arbitrary::<u8>()?.saturating_sub(223).min(4) {
        let (from, to) = (input.choose_index(entries.len())?, input.choose_index(entries.len())?);
        if input.arbitrary::<bool>()? {
            entries.insert(to, entries[from].clone());
        } else {
            entries.swap(from, to);
        }
    }
    let mut file: Vec<_> = world.file(world.account_envelope()).grants.iter().map(|one| one.line().to_vec()).collect();
    let mut previous = Digest::of(b"");
    for (mut entry, position) in entries.into_iter().zip(1_u64..) {
        (entry["place"]["position"], entry["place"]["previous"]) = (json!(position), json!(previous));
        edited(input, &mut entry)?;
        let payload = payload(input, &entry)?;
        previous = Digest::of(&payload);
        file.push(forge::line(Kind::LedgerEntry, &payload, &[&world.portal_key]));
    }
    lines(input, &mut file)?;
    Ok(forge::file(&file))
}
