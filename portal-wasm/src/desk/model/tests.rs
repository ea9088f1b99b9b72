//! The flow and the form, over real documents.

use postern_protocol::documents::Ceiling;
use postern_protocol::walk::State as WalkState;
use postern_protocol::{Explain, Kind};
use postern_testkit::{World, id, key, now, public, sign};

use super::account::{Loaded, Root, Way};
use super::change::Change;
use super::command::Edit;
use super::dropped::{Dropped, too_large};
use super::error::PortalError;
use super::flow::{Flow, Told};
use super::form::Asked;
use super::inspection::{Inspection, Standing};
use super::keys::KeyHere;
use super::shown::{Explained, Page};
use super::testing::*;
use crate::desk::compose;
use crate::screen::{Attr, Node};

/// The step of the main job that is marked as the current one.
fn current_step(nodes: &[Node]) -> Option<usize> {
    nodes.iter().find_map(|node| match node {
        Node::Text(_) => None,
        Node::Group(nodes) => current_step(nodes),
        Node::Element(element) if element.attributes.contains(&(Attr::AriaCurrent, "step".into())) => {
            let Some(Node::Element(mark)) = element.children.first() else { panic!("no mark: {element:?}") };
            let Some(Node::Text(number)) = mark.children.first() else { panic!("no number: {mark:?}") };
            Some(number.parse().unwrap())
        }
        Node::Element(element) => current_step(&element.children),
    })
}

#[test]
fn a_bundle_from_another_root_is_refused() {
    let world = World::new();
    let file = world.bundle_file();
    let mut other = World::new();
    other.roots = vec![key(2)];
    other.trust.keys = vec![public(&key(2))];
    let pinned = other.trust_state().anchor().root;
    let refused = Loaded::verify(file.clone(), Root::Pinned(pinned), &[]).unwrap_err();
    assert_eq!(refused.code, "trust-other-root");
    let own = Root::Pinned(world.trust_state().anchor().root);
    assert!(!Loaded::verify(file.clone(), own, &[]).unwrap().first_use);
}

#[test]
fn a_key_made_here_goes_before_all_other_ways() {
    let world = World::new();
    let loaded = loaded(&world);
    assert_eq!(loaded.way, Way::NotHere);
    assert_eq!(loaded.subjects(), [public(&world.portal_key)]);
    let here = KeyHere { public: public(&world.portal_key), sealed: None };
    assert_eq!(loaded.expected_codes(), [here.license_code()]);
    assert_eq!(loaded.with_keys(std::slice::from_ref(&here)).way, Way::Here(here.clone()));

    let state = after(vec![Change::Loaded(loaded.into()), Change::Keys(vec![here.clone()])]);
    let Flow::Unlock(loaded) = &state.flow else { panic!("not at the unlock step") };
    assert_eq!(loaded.way, Way::Here(here));
}

#[test]
fn the_flow_goes_through_its_steps() {
    let world = World::new();
    let (account, token) = ready(&world);
    let without = account.with_ledger(None);
    let step = |changes: Vec<Change>| current_step(&compose::screen(&after(changes)).nodes).unwrap();
    assert_eq!(step(vec![]), 1);
    assert_eq!(step(vec![Change::NoBundle]), 1);
    assert_eq!(step(vec![Change::Loaded(loaded(&world).into())]), 2);
    assert!(matches!(after(vec![Change::Opened(without.into())]).flow, Flow::Begin(_)));

    let opened = || Change::Opened(account.clone().into());
    assert_eq!(step(vec![opened()]), 3);
    let put = || Change::Asked(asked(&world, &account, token).into());
    assert_eq!(step(vec![opened(), put()]), 4);
    assert_eq!(step(vec![opened(), put(), Change::Again]), 3);
    assert_eq!(step(vec![opened(), put(), Change::Locked]), 2);
    // Nothing to answer without an account.
    assert_eq!(step(vec![put()]), 1);
}

#[test]
fn a_file_that_waits_is_used_once() {
    let world = World::new();
    let (account, token) = ready(&world);
    let request = request(&world, 30, token, |_| ());
    let bytes = postern_protocol::File { documents: vec![request.envelope().clone()], ..Default::default() };
    let dropped = Dropped::read("a.lfr".into(), bytes.to_bytes()).unwrap();
    assert_eq!(dropped.kind, Kind::Request);
    let waiting =
        vec![Change::Loaded(loaded(&world).into()), Change::Waits(dropped.into()), Change::Told(Told::FileWaits)];
    let state = after(waiting.clone());
    assert!(state.waiting.is_some() && state.notice.is_some());
    let answered = waiting
        .into_iter()
        .chain([Change::Opened(account.clone().into()), Change::Asked(asked(&world, &account, token).into())]);
    assert!(after(answered.collect()).waiting.is_none());
}

#[test]
fn a_page_change_clears_the_notice_and_the_same_page_does_not() {
    let told = || Change::Told(Told::BundleSame);
    assert!(after(vec![told(), Change::Went(Page::Ledger)]).notice.is_none());
    assert!(after(vec![told(), Change::Went(Page::Job)]).notice.is_some());
    assert_eq!(Page::of_fragment(""), Some(Page::Job));
    assert_eq!(Page::of_fragment("main"), None);
    for page in Page::ALL {
        assert_eq!(Page::of_fragment(page.fragment()), Some(page));
    }
}

#[test]
fn the_form_proposes_everything_up_to_the_end_and_no_seats() {
    let world = World::new();
    let (_, _, asked) = allocating(&world);
    assert_eq!((asked.form.start.as_str(), asked.form.end.as_str()), ("2026-11-22", "2027-06-30"));
    assert!(asked.form.seats.iter().all(|(_, typed)| typed == "0"));
    assert!(asked.verdict.nothing && asked.verdict.change.is_none());
}

#[test]
fn each_refusal_stands_beside_its_field() {
    let world = World::new();
    let (_, account, asked) = allocating(&world);
    let creators = || id("bot-creator");
    let seats = |typed: &str| Edit::Seats("bot-creator".into(), typed.into());
    let edit = |edits: &[Edit]| {
        let start = (*asked).clone();
        edits.iter().fold(start, |asked: Asked, edit| asked.edited(edit, &account, now()))
    };
    let of_seats = |typed: &str| -> Vec<String> {
        edit(&[seats(typed)]).verdict.seat(&creators()).map(|error| error.code.clone()).collect()
    };
    assert_eq!(of_seats("11"), ["seats-exceed-grant"]);
    for bad in ["-1", "1.5", "ten", "1e3", "99999999999999999999"] {
        assert_eq!(of_seats(bad), ["portal-field"], "{bad}");
    }
    assert!(of_seats("10").is_empty() && of_seats(" 4 ").is_empty());

    let start = |day: &str| edit(&[seats("1"), Edit::Start(day.into())]).verdict.start;
    assert_eq!(start("2026-11-21")[0].code, "start-too-early");
    assert_eq!(start("22.11.2026")[0].code, "portal-field");
    assert!(start("2026-11-23").is_empty());
    let end = |day: &str| edit(&[seats("1"), Edit::End(day.into())]).verdict.end;
    assert_eq!(end("2027-07-01")[0].code, "end-too-late");
    assert_eq!(end("2026-11-01")[0].code, "end-before-start");
    assert!(end("2027-06-30").is_empty());
    assert!(!edit(&[seats("1"), Edit::Endless(true)]).verdict.end.is_empty());
}

#[test]
fn a_choice_that_holds_shows_what_changes() {
    let world = World::new();
    let (state, account, _) = allocating(&world);
    let edited = after(vec![
        Change::Opened(account.clone()),
        match &state.flow {
            Flow::Allocate(_, asked) => Change::Asked(asked.clone()),
            _ => panic!("not allocating"),
        },
        Change::Edited(Edit::Seats("bot-creator".into(), "4".into())),
    ]);
    let Flow::Allocate(_, asked) = &edited.flow else { panic!("not allocating") };
    let change = asked.verdict.change.clone().unwrap();
    assert_eq!((change.seats[0].before, change.seats[0].after), (0, 4));
    let decision = asked.decide(&account, now()).unwrap();
    let license = decision.license().unwrap();
    assert_eq!(license.starts_at, now().day_start());
    assert_eq!(license.ends_at, Ceiling::Limited("2027-06-30T23:59:59Z".parse().unwrap()));
}

#[test]
fn what_another_machine_holds_is_not_free() {
    let world = World::new();
    let (_, account, asked) = allocating(&world);
    let chosen = asked.edited(&Edit::Seats("bot-creator".into(), "8".into()), &account, now());
    let outcome = finish(chosen.decide(&account, now()).unwrap(), &world.portal_key);
    let moved = account.with_ledger(Some(outcome.ledger));
    let (_, token) = ready(&world);

    // The same request again: the file that answered it is offered.
    let again = asked.again(&moved, now());
    assert_eq!(again.examination.earlier_answer, outcome.document);
    let codes: Vec<_> = again.examination.refusals.iter().map(Explain::code).collect();
    assert_eq!(codes, ["request-used"]);

    // Another machine gets what is left.
    let other = Asked::new("b.lfr".into(), request(&world, 31, token, |_| ()), &moved, now()).unwrap();
    assert_eq!(other.rows[0].free, Ceiling::Limited(2));
    let codes: Vec<_> = other.examination.refusals.iter().map(Explain::code).collect();
    assert_eq!(codes, ["token-other-machine"]);
}

#[test]
fn a_license_id_without_an_entitlement_is_refused() {
    let world = World::new();
    let (account, token) = ready(&world);
    let request = request(&world, 30, token, |request| request.license_id = Some(id("cr-9")));
    let refused = Asked::new("a.lfr".into(), request, &account, now()).unwrap_err();
    assert_eq!(refused.code(), "portal-no-entitlement");
}

#[test]
fn files_are_told_by_their_content() {
    assert_eq!(Dropped::read("a".into(), vec![]).unwrap_err().code(), "file-empty");
    assert_eq!(too_large((32 << 20) + 1).code(), "file-too-large");
    let world = World::new();
    let bundle = Dropped::read("holiday.jpg".into(), world.bundle_file().to_bytes()).unwrap();
    assert_eq!(bundle.kind, Kind::Bundle);
    assert_eq!(bundle.request().unwrap_err().code(), "kind-wrong");

    let trust = world.trust_state();
    let standing = |trust| Inspection::of(&bundle, trust, &[]).standing;
    let license = world.license(public(&key(30)), None);
    let license = world.file(sign(&license, &[&world.portal_key])).to_bytes();
    let license = Dropped::read("a.lic".into(), license).unwrap();
    assert_eq!(Inspection::of(&license, None, &[]).standing, Standing::NoRoot);
    assert_eq!(standing(Some(&trust)), Standing::Vendor);
    assert_eq!(standing(None), Standing::OwnRoot(world.trust_state().anchor().root));
    let mut forged = bundle.clone();
    forged.file.grants[1] = sign(&world.account, &[&key(99)]);
    let inspection = Inspection::of(&forged, Some(&world.trust_state()), &[]);
    assert!(matches!(&inspection.standing, Standing::Refused(error) if error.code == "signature-invalid"));
    let depths: Vec<_> = inspection.chain.iter().map(|link| (link.line, link.depth)).collect();
    assert_eq!(depths, [(1, 1), (2, 1), (3, 2), (4, 2)]);
    assert_eq!(inspection.chain[3].state, WalkState::Below(3));
}

#[test]
fn a_support_file_is_looked_into_and_nothing_else_is_taken_for_one() {
    let file = br#"{"kind":"postern-support","format":1,"problems":[{"code":"clock-behind"}]}"#;
    let inspection = Inspection::of_support("machine.json", file).unwrap();
    assert_eq!((inspection.kind, &inspection.standing), (None, &Standing::Unsigned));
    assert!(inspection.sections[0].rows.iter().any(|row| row.value == "code: clock-behind"));
    assert!(Inspection::of_support("a", &World::new().bundle_file().to_bytes()).is_none());
}

#[test]
fn a_refused_file_leaves_nothing_verified_on_the_screen() {
    let world = World::new();
    let file = Dropped::read("acme.bundle".into(), world.bundle_file().to_bytes()).unwrap();
    let inspected = || Change::Inspected(Inspection::of(&file, None, &[]).into());
    assert!(after(vec![inspected()]).inspected.is_some());
    let refused = Explained::from(&PortalError::SeveralFiles);
    assert!(after(vec![inspected(), Change::Refused(vec![refused])]).inspected.is_none());
}

#[test]
fn every_portal_error_says_what_and_what_to_do() {
    let detail = || "x".to_owned();
    let errors = [
        PortalError::SeveralFiles,
        PortalError::TooManyFiles { most: 1000 },
        PortalError::PackFailed(detail()),
        PortalError::FileUnreadable(detail()),
        PortalError::NeedsBundle,
        PortalError::BundleOlder { stored: 2, found: 1 },
        PortalError::SiteFile { name: detail(), detail: detail() },
        PortalError::BrandUnreachable(detail()),
        PortalError::KeyNotHere,
        PortalError::KeyFailed(detail()),
        PortalError::NoRandomness,
        PortalError::NoEntitlement { license_id: detail() },
        PortalError::NoCredential,
        PortalError::LedgerMoved,
        PortalError::LedgerOlder,
        PortalError::LedgerSame,
        PortalError::LedgerForked { position: 3 },
        PortalError::FileNotHere,
        PortalError::Storage(detail()),
    ];
    let mut codes: Vec<_> = errors.iter().map(Explain::code).collect();
    for error in &errors {
        let explained = Explained::from(error);
        assert!(explained.what.ends_with('.') && explained.advice.ends_with('.'), "{error:?}");
        assert!(explained.code.starts_with("portal-"));
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), errors.len(), "codes are unique");
}
