//! Every refusal and error says what happened and what to do, under a code of its own.

use std::collections::BTreeSet;

use postern_issuer::{FinishError, LedgerError, Refusal};
use postern_protocol::documents::{self, DeviceIdentity, InstalledEffect, Label, Standing};
use postern_protocol::revocation::Hit;
use postern_protocol::{ChainError, Digest, DocumentError, Explain, Kind};
use postern_testkit::*;

use crate::portal::DAY;

fn refusals() -> Vec<Refusal> {
    use Refusal::*;
    let (at, digest, device) = (now(), Digest::of(b"document"), public(&key(30)));
    let found = DeviceIdentity { key: device, epoch: 1 };
    let hit =
        Hit { what: "The entitlement 'acme-1'".into(), standing: Standing::Revoked, effect: InstalledEffect::Keep };
    let seat_type = id("bot-creator");
    vec![
        LedgerMissing,
        LedgerExists,
        NotHandedOver,
        HandedOver { to: "B. Deputy".into(), at },
        NotSelfService,
        Ledger(LedgerError::NoBeginning),
        BundleExpired { at },
        ClockBehind { now: at, known: at },
        IssueWindow { from: at, until: at, now: at.plus(1) },
        Revoked(hit),
        RevocationsStale { grant: "acme-1".into() },
        NotApproved { account: id("acme"), contact: "Northwind".into() },
        RightMissing { right: "issue" },
        OfflineNotAllowed,
        Subscription,
        Name,
        OtherProduct { expected: id("automation"), found: id("other") },
        OtherAccount { expected: id("acme"), found: id("other") },
        LicenseIdUnknown { license_id: id("cr-9") },
        LicenseIdMissing,
        Reason,
        RefreshInstallation,
        MachineUnknown { device },
        MachineHoldsNothing { device },
        Settled { receipt: digest },
        Recorded { at },
        UsageOlder { at },
        DeactivationUnknown { license: digest },
        TokenIdTaken { token: id("t") },
        Purpose { due: documents::Purpose::Lfr, found: documents::Purpose::Sync },
        Used { answer: digest },
        Superseded { cycle: 1, number: 2 },
        RequestExpired { since: at },
        CycleExpired { since: at },
        RequestFuture { generated_at: at, now: at },
        Recovers,
        RecoversNot,
        ReleasesSpent { quota: 2 },
        ReleaseTooSoon { until: at },
        MachineReleased { at },
        MachineNotNamed { device },
        MachineEpoch { known: 0, found },
        MachineRolledBack { detail: "its usage record".into() },
        MachinesTooMany { limit: 5 },
        ActivationClosed { activation: id("a-1") },
        CredentialMissing,
        CredentialUnknown,
        LedgerStale { detail: "entry 3".into() },
        LedgerForked { position: 2 },
        LedgerEpoch { known: 0, found: 1 },
        BundleBehindMachine { what: "root" },
        TrustGap { machine: 1, first: 3 },
        TokenMissing,
        TokenUnknown { token: digest },
        TokenOtherLicense { license_id: id("cr-9") },
        TokenOtherMachine { device },
        TokenNewerThanRequest { issued_at: at },
        ClockRepairsSpent { count: 2 },
        ClockTooFarBack { back: 2 * DAY, max_back: DAY },
        StartTooEarly { earliest: at },
        EndBeforeStart,
        EndPast { now: at },
        EndTooLate { latest: at },
        DurationTooLong { longest: 30 * DAY, latest: at },
        SeatTypeUnknown { seat_type: seat_type.clone() },
        SeatTypeTwice { seat_type: seat_type.clone() },
        SeatsExceedGrant { seat_type: seat_type.clone(), asked: 11, allowed: 10, at },
        SeatsExceedFree { seat_type, asked: 6, free: 5, elsewhere: 5, at },
        SeatsNone,
    ]
}

fn ledger_errors() -> Vec<LedgerError> {
    use LedgerError::*;
    vec![
        Document(DocumentError::Empty),
        Empty,
        OtherKey,
        OtherAccount { found: id("other") },
        NoBeginning,
        Broken { position: 2 },
        BehindBase { position: 2, base: 5 },
        ForkedFromBase { position: 2 },
        Replaced,
        BundleOlder,
    ]
}

fn finish_errors() -> Vec<FinishError> {
    vec![
        FinishError::SignatureCount { expected: 2, found: 1 },
        FinishError::WouldBeRefused(DocumentError::SignatureInvalid { kind: Kind::License }.into()),
        FinishError::WouldBeRefused(ChainError::Contents),
        FinishError::Differs,
    ]
}

pub(crate) fn assert_told<T: Explain>(errors: &[T]) -> BTreeSet<&'static str> {
    let mut codes = BTreeSet::new();
    for error in errors {
        let (code, what, advice) = (error.code(), error.to_string(), error.advice());
        assert!(codes.insert(code), "the code {code} stands twice");
        assert!(code.bytes().all(|c| c.is_ascii_lowercase() || c == b'-'), "{code}");
        assert!(what.len() > 10 && what.ends_with('.'), "{code}: {what}");
        assert!(advice.len() > 10 && advice.ends_with('.'), "{code}: {advice}");
        assert!(what.starts_with(|c: char| c.is_uppercase() || c.is_numeric()), "{code}: {what}");
        let text = format!("{what} {advice}").to_lowercase();
        assert!(!text.contains("device") && !text.contains("grant"), "the words are machine and entitlement: {text}");
    }
    codes
}

/// Every `=> "code"` in a source text.
pub(crate) fn codes_in(source: &'static str) -> BTreeSet<&'static str> {
    let after = source.split("code(&self) -> &'static str").nth(1).unwrap();
    let body = after.split("\n    }\n").next().unwrap();
    body.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn every_refusal_has_its_pair_and_code() {
    let told = assert_told(&refusals());
    let written = codes_in(include_str!("../../src/refusal.rs"));
    assert!(written.len() > 40, "{written:?}");
    assert_eq!(written.difference(&told).collect::<Vec<_>>(), [&""; 0], "codes without a sample here");
}

#[test]
fn refusals_name_what_the_bundle_names() {
    let labels = [("bot-creator", "Bot Creator"), ("acme", "Acme Manufacturing")];
    let labels = labels.map(|(one, text)| Label { id: id(one), text: text.into() });
    let exceeds = Refusal::SeatsExceedGrant { seat_type: id("bot-creator"), asked: 11, allowed: 10, at: now() };
    let other = Refusal::OtherAccount { expected: id("acme"), found: id("globex") };
    let told = [&exceeds, &other].map(|refusal| refusal.in_words(&labels));
    assert_eq!(told[0], "11 'Bot Creator' were chosen; on 2026-11-22 the entitlement allows 10 on this machine.");
    assert_eq!(told[1], "The request is for the account 'globex'; this bundle is for 'Acme Manufacturing'.");
    for refusal in refusals() {
        assert_eq!(refusal.in_words(&[]), refusal.to_string());
    }
}

#[test]
fn every_ledger_error_has_its_pair_and_code() {
    let told = assert_told(&ledger_errors());
    let written = codes_in(include_str!("../../src/ledger_error.rs"));
    assert_eq!(written.difference(&told).collect::<Vec<_>>(), [&""; 0], "codes without a sample here");
    assert_eq!(told.len(), written.len() + 1);
}

#[test]
fn every_finish_error_has_its_pair_and_code() {
    let told = assert_told(&finish_errors());
    assert_eq!(told, codes_in(include_str!("../../src/outcome.rs")));
}
