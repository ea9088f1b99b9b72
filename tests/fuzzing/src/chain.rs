//! A license below a path of grants, each changed and signed again: what verifies keeps within every link.

use std::sync::OnceLock;

use arbitrary::{Result, Unstructured};
use postern_protocol::documents::{Ceiling, Grant, License, Parent};
use postern_protocol::walk::walk;
use postern_protocol::within::{within, within_root};
use postern_protocol::{Chain, Digest, Explain, File, Kind, Limits, PublicKey, Reader, SecretKey, Time, TrustState};
use postern_testkit::{World, forge, full, key, public};

use crate::edit::{edited, json_of, lines, link, payload};
use crate::legible::{described, or_explained};

/// What verifies is within its chain by a second reckoning, and a cache of known grants never changes the verdict.
pub(crate) fn chain(data: &[u8]) {
    let Ok(bytes) = license_file(&mut Unstructured::new(data)) else { return };
    let (trust, known) = known();
    let reader = Reader { trust, revocations: &[], limits: Limits::DEFAULT };
    let result = reader.file::<License>(&bytes);
    let cached = reader.file_below::<License>(&bytes, known);
    assert_eq!(
        result.as_ref().map(|file| file.document.digest()).map_err(|error| error.to_string()),
        cached.as_ref().map(|file| file.document.digest()).map_err(|error| error.to_string()),
        "known grants changed the verdict"
    );
    walks_alike(&bytes, trust, result.is_ok());
    let Some(file) = or_explained(result) else { return };
    described(&File::parse(&bytes, &Limits::DEFAULT).unwrap());
    stays_within(&file.chain, trust);
    licensed_within(file.document.get(), &file.chain);
    let again = file.chain.file(file.document.envelope().clone(), trust.current().number).to_bytes();
    let again = reader.file::<License>(&again).map_err(|error| error.code()).expect("the chain makes the file again");
    assert_eq!(again.document, file.document);
    assert!(reader.reopen::<License>(&bytes).is_ok_and(|reopened| reopened.document == file.document));
}

/// Walking the chain link by link comes to the reader's verdict, and blames one link or what hangs from it.
fn walks_alike(bytes: &[u8], trust: &TrustState, read: bool) {
    let Ok(file) = File::parse(bytes, &Limits::DEFAULT) else { return };
    if file.kind() != Some(Kind::License) {
        return;
    }
    let walk = walk(&file, Some(trust), &[], &Limits::DEFAULT);
    assert_eq!(walk.holds(), Some(read), "the walk and the reader disagree");
    assert_eq!(walk.failure().is_none(), read, "what does not hold fails somewhere");
    assert_eq!(walk.links.len(), file.envelopes().count());
    for link in &walk.links {
        assert!(link.above.is_none_or(|above| above < link.line), "nothing hangs from what comes later");
    }
}

/// Each link is within its parent and hangs from it, and there are not too many.
pub(crate) fn stays_within(chain: &Chain, trust: &TrustState) {
    let grants = chain.grants();
    assert!((1..=Limits::DEFAULT.chain_depth).contains(&grants.len()));
    assert_eq!(within_root(trust.current(), &grants[0]), []);
    for pair in grants.windows(2) {
        assert_eq!(within(&pair[0], &pair[1]), []);
        assert_eq!(pair[1].parent, Parent::Grant(pair[0].digest()));
        assert!(pair[0].rights.delegate > pair[1].rights.delegate, "delegation comes to an end");
    }
    assert_eq!(chain.subject().public(), chain.leaf().subject);
}

/// A license's seats and end against every link, reckoned here again.
fn licensed_within(license: &License, chain: &Chain) {
    let at = |allowances: &[postern_protocol::documents::Allowance], seat_type, instant: Time| {
        let own = allowances.iter().find(|one| one.seat_type == seat_type);
        let step = own.and_then(|one| one.steps.iter().rfind(|step| step.from <= instant));
        step.map_or(0, |step| step.quantity)
    };
    for grant in chain.grants() {
        assert!(grant.run_until.admits(&license.ends_at, |until, end| end <= until), "it ends later than it may");
        assert!((grant.issue_from..=grant.issue_until).contains(&license.issued_at), "it was issued out of season");
        let Ceiling::Limited(allowed) = &grant.allowances else { continue };
        for own in &license.allocation {
            let breakpoints = allowed.iter().chain([own]).flat_map(|one| &one.steps).map(|step| step.from);
            let alive = |instant: &Time| {
                *instant >= license.starts_at && license.ends_at.limit().is_none_or(|end| instant <= end)
            };
            for instant in breakpoints.chain([license.starts_at]).filter(alive) {
                let (has, may) = (
                    at(&license.allocation, own.seat_type.clone(), instant),
                    at(allowed, own.seat_type.clone(), instant),
                );
                assert!(has <= may, "{has} seats of type {} at {instant}, of {may}", own.seat_type);
            }
        }
    }
}

/// The trust that every reader here has, and a chain that it verified before.
fn known() -> &'static (TrustState, Chain) {
    static KNOWN: OnceLock<(TrustState, Chain)> = OnceLock::new();
    KNOWN.get_or_init(|| (World::new().trust_state(), World::new().chain()))
}

/// The path of grants of a world, changed: root side first, each with its line.
pub(crate) struct Path {
    /// The lines.
    pub(crate) lines: Vec<Vec<u8>>,
    /// The last grant's payload.
    pub(crate) leaf: Vec<u8>,
}

/// Signs a world's grants, with up to eight more between them, each changed and hung from the one before.
pub(crate) fn path(input: &mut Unstructured<'_>, world: &World) -> Result<Path> {
    let mut grants = vec![(json_of(&world.ops), None)];
    if input.arbitrary::<u8>()? > 223 {
        let more = input.int_in_range(1..=8)?;
        grants.extend((1..=more).map(|index| (json_of(&between(world, index)), Some(between_key(index)))));
    }
    grants.push((json_of(&world.account), None));
    let mut signer: SecretKey = key(1);
    let mut path = Path { lines: Vec::new(), leaf: Vec::new() };
    for (mut grant, subject) in grants {
        link(&mut grant, "parent", &path.leaf);
        if path.lines.is_empty() {
            grant["parent"] = "root".into();
        }
        edited(input, &mut grant)?;
        path.leaf = payload(input, &grant)?;
        path.lines.push(forge::line(Kind::Grant, &path.leaf, &[&signer]));
        signer = subject.unwrap_or_else(|| key(10));
    }
    Ok(path)
}

/// A reseller's grant: the operations grant, a level down.
fn between(world: &World, index: u64) -> Grant {
    let rights = postern_protocol::documents::Rights {
        delegate: world.ops.rights.delegate.saturating_sub(index),
        ..world.ops.rights
    };
    let id = postern_testkit::id(&format!("reseller-{index}"));
    Grant {
        id,
        rights,
        parent: Parent::Grant(Digest::of(b"")),
        subject: public(&between_key(index)),
        ..world.ops.clone()
    }
}

fn between_key(index: u64) -> SecretKey {
    key(100 + u8::try_from(index).unwrap_or(100))
}

/// A license file of one of two worlds.
pub(crate) fn license_file(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let plain = input.arbitrary::<u8>()? & 1 == 0;
    let world = if plain { World::new() } else { full::world() };
    let path = path(input, &world)?;
    let device: PublicKey = public(&key(30));
    let license = if plain { world.license(device, Some(Digest::of(b"request"))) } else { full::license(&world) };
    let mut license = json_of(&license);
    link(&mut license, "grant", &path.leaf);
    edited(input, &mut license)?;
    let payload = payload(input, &license)?;
    let mut file = path.lines;
    if input.arbitrary::<u8>()? > 223 {
        let issuer = postern_protocol::documents::Grantor::Root;
        let mut revocations = json_of(&full::revocations(issuer));
        edited(input, &mut revocations)?;
        file.push(forge::line(Kind::Revocations, &crate::edit::payload(input, &revocations)?, &[&key(1)]));
    }
    file.push(forge::line(Kind::License, &payload, &[&world.portal_key]));
    lines(input, &mut file)?;
    Ok(forge::file(&file))
}
