//! Rights: a subject signs only what its grant lets it.

use postern_protocol::documents::{
    Approval, ApprovalRight, Enablement, License, Receipt, RepairClock, Rights, TimeTicket,
};
use postern_testkit::{World, full, sign};

use crate::scene::Scene;

fn with(change: impl FnOnce(&mut World)) -> Scene {
    let mut world = World::new();
    change(&mut world);
    world.link();
    Scene::of(world)
}

fn with_rights(change: impl FnOnce(&mut Rights)) -> Scene {
    with(|world| change(&mut world.account.rights))
}

fn code_of_token(scene: &Scene) -> Result<(), &'static str> {
    let token = sign(&scene.world.token("t-1"), &[&scene.world.portal_key]);
    scene.read::<Enablement>(&scene.world.file(token).to_bytes()).map(|_| ())
}

fn refresh(scene: &Scene) -> Vec<u8> {
    let license = License { request: None, ..scene.license() };
    scene.world.file(sign(&license, &[&scene.world.portal_key])).to_bytes()
}

#[test]
fn without_issue_no_answer() {
    let scene = with_rights(|rights| rights.issue = false);
    assert_eq!(scene.code(&scene.lines()), "right-missing");
    assert_eq!(scene.code_of_bytes(&refresh(&scene)), "read");
}

#[test]
fn without_refresh_no_license_that_was_not_asked_for() {
    let scene = with_rights(|rights| rights.refresh = false);
    assert_eq!(scene.code_of_bytes(&refresh(&scene)), "right-missing");
    assert_eq!(scene.code(&scene.lines()), "read");
}

#[test]
fn without_enable_no_token() {
    assert_eq!(code_of_token(&Scene::new()), Ok(()));
    assert_eq!(code_of_token(&with_rights(|rights| rights.enable = false)), Err("right-missing"));
}

/// To be allowed to approve others is not to be approved.
#[test]
fn without_approval_no_token() {
    for right in [ApprovalRight::None, ApprovalRight::MayApprove] {
        let scene = with(|world| world.account.approval = Approval::Right(right));
        assert_eq!(code_of_token(&scene), Err("right-missing"), "{right}");
    }
}

#[test]
fn without_issue_and_refresh_no_receipt() {
    let read = |scene: &Scene| {
        let receipt = Receipt { grant: scene.world.account_digest(), ..full::receipt() };
        let file = scene.world.file(sign(&receipt, &[&scene.world.portal_key]));
        scene.read::<Receipt>(&file.to_bytes()).map(|_| ())
    };
    assert_eq!(read(&Scene::new()), Ok(()));
    assert_eq!(read(&with_rights(|rights| rights.issue = false)), Ok(()));
    let neither = with_rights(|rights| (rights.issue, rights.refresh) = (false, false));
    assert_eq!(read(&neither), Err("right-missing"));
}

#[test]
fn without_repair_clock_no_time_ticket() {
    let read = |scene: &Scene| {
        let ticket = TimeTicket { grant: scene.world.account_digest(), ..full::time_ticket() };
        let file = scene.world.file(sign(&ticket, &[&scene.world.portal_key]));
        scene.read::<TimeTicket>(&file.to_bytes()).map(|_| ())
    };
    assert_eq!(read(&Scene::new()), Ok(()));
    let none = with_rights(|rights| rights.repair_clock = RepairClock { count: 0, max_back: 0 });
    assert_eq!(read(&none), Err("right-missing"));
}

/// A portal key whose time is over repairs no clocks: its tickets would tell a time at which nothing is issued.
#[test]
fn a_time_ticket_outside_the_issuing_window() {
    let scene = Scene::new();
    let read = |time| {
        let ticket = TimeTicket { grant: scene.world.account_digest(), time, ..full::time_ticket() };
        let file = scene.world.file(sign(&ticket, &[&scene.world.portal_key]));
        scene.read::<TimeTicket>(&file.to_bytes()).map(|_| ())
    };
    let account = &scene.world.account;
    for inside in [account.issue_from, account.issue_until] {
        assert_eq!(read(inside), Ok(()), "{inside}");
    }
    for outside in [account.issue_from.minus(1), account.issue_until.plus(1)] {
        assert_eq!(read(outside), Err("document-exceeds-grant"), "{outside}");
    }
}
