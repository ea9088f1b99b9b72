//! Refusals in words: what happened, and what to do.

use std::fmt;

use postern_protocol::describe::{duration, time};
use postern_protocol::documents::{Label, Purpose};
use postern_protocol::{Explain, Id};

use crate::refusal::Refusal;

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, &[])
    }
}

impl Refusal {
    /// What happened, with the names that a bundle gives to ids.
    pub fn in_words(&self, labels: &[Label]) -> String {
        struct Named<'a>(&'a Refusal, &'a [Label]);
        impl fmt::Display for Named<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.write(f, self.1)
            }
        }
        Named(self, labels).to_string()
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, labels: &[Label]) -> fmt::Result {
        let name = |id: &Id| labels.iter().find(|one| one.id == *id).map_or(id.to_string(), |one| one.text.clone());
        match self {
            Self::Child(refusal) => write!(f, "{refusal}"),
            Self::LedgerMissing => write!(f, "There is no ledger for this account here yet."),
            Self::LedgerExists => write!(f, "This account's ledger is here already."),
            Self::HandedOver { to, at } => {
                write!(f, "The ledger was handed over to {to}, {}: nothing more is issued with it here.", time(*at))
            }
            Self::NotHandedOver => write!(f, "The ledger does not say that it was handed over."),
            Self::NotSelfService => write!(f, "This entitlement is not an end user's own."),
            Self::Ledger(error) => write!(f, "{error}"),
            Self::BundleExpired { at } => write!(f, "The bundle expired on {}.", at.date()),
            Self::ClockBehind { now, known } => {
                write!(
                    f,
                    "This computer says {now}, but it has seen documents from {known}.",
                    now = time(*now),
                    known = time(*known)
                )
            }
            Self::IssueWindow { from, until, now } if now < from => {
                write!(
                    f,
                    "The entitlement allows no files before {from}; its last day is {}.",
                    until.date(),
                    from = time(*from)
                )
            }
            Self::IssueWindow { until, .. } => {
                write!(f, "The entitlement has allowed no new files since {until}.", until = time(*until))
            }
            Self::Revoked(hit) => write!(f, "{hit}"),
            Self::RevocationsStale { grant } => {
                write!(f, "The vendor's revocation list for the entitlement '{grant}' is missing or too old.")
            }
            Self::NotApproved { account, .. } => {
                write!(f, "Offline licensing is not approved for the account '{}'.", name(account))
            }
            Self::RightMissing { right } => write!(f, "The entitlement does not give the right '{right}'."),
            Self::OfflineNotAllowed => write!(f, "The entitlement does not allow licenses on offline machines."),
            Self::Subscription => {
                write!(f, "This is a subscription: it is valid while it is paid, which an offline machine cannot see.")
            }
            Self::Name => write!(f, "The name of whoever decides is empty or too long for the ledger."),
            Self::OtherProduct { expected, found } => {
                let (expected, found) = (name(expected), name(found));
                write!(f, "The request is for the product '{found}'; this portal serves '{expected}'.")
            }
            Self::OtherAccount { expected, found } => {
                let (expected, found) = (name(expected), name(found));
                write!(f, "The request is for the account '{found}'; this bundle is for '{expected}'.")
            }
            Self::LicenseIdUnknown { license_id } => {
                write!(f, "The entitlement has no license id '{}'.", name(license_id))
            }
            Self::LicenseIdMissing => {
                write!(f, "The request names no license id, and the entitlement has not just one.")
            }
            Self::Reason => write!(f, "The reason is empty or too long for the ledger."),
            Self::RefreshInstallation => {
                write!(f, "This is the license of an installation: it changes only by a request of its machine.")
            }
            Self::MachineUnknown { device } => write!(f, "The ledger knows no machine {}.", device.short()),
            Self::MachineHoldsNothing { device } => {
                write!(f, "The machine {} holds no license under this entitlement.", device.short())
            }
            Self::TokenIdTaken { token } => write!(f, "A token with the id '{token}' was made before."),
            Self::Purpose { due, found } => {
                write!(f, "This request asks for {}, not for {}.", asked(*found), asked(*due))
            }
            Self::Used { .. } => write!(f, "This request was answered before; each request is answered once."),
            Self::Settled { .. } => write!(f, "This deactivation was settled before; nothing changes."),
            Self::Recorded { at } => {
                write!(f, "This report was recorded before, at {at}; nothing changes.", at = time(*at))
            }
            Self::UsageOlder { at } => {
                write!(f, "The machine has told of later use before, at {at}.", at = time(*at))
            }
            Self::DeactivationUnknown { license } => {
                write!(f, "The ledger has not issued the license {} to this machine.", license.short())
            }
            Self::Superseded { cycle, number } => {
                write!(
                    f,
                    "The machine has made a newer request (number {number} of cycle {cycle}), which was answered."
                )
            }
            Self::RequestExpired { since } => {
                write!(f, "The request is too old: its time ran out at {since}.", since = time(*since))
            }
            Self::CycleExpired { since } => {
                write!(
                    f,
                    "The machine's request cycle ran out at {since}: the machine is locked.",
                    since = time(*since)
                )
            }
            Self::RequestFuture { generated_at, now } => {
                write!(
                    f,
                    "The request says that it was made at {generated_at}; here it is {now}.",
                    now = time(*now),
                    generated_at = time(*generated_at)
                )
            }
            Self::Recovers => write!(f, "The machine was restored or rebuilt and asks to be accepted as it is now."),
            Self::RecoversNot => write!(f, "The machine does not ask to be accepted again: nothing was restored."),
            Self::ReleasesSpent { quota } => write!(
                f,
                "As many machines were released as dead or accepted again as the entitlement allows ({quota})."
            ),
            Self::ReleaseTooSoon { until } => write!(
                f,
                "A machine was released as dead or accepted again a short time ago; the next may be at {until}.",
                until = time(*until)
            ),
            Self::MachineReleased { at } => write!(f, "The machine was released as dead on {}.", at.date()),
            Self::MachineNotNamed { device } => {
                write!(f, "The machine {} is none of those that the entitlement names.", device.short())
            }
            Self::MachineEpoch { known, found } => write!(
                f,
                "The machine {} is in its life {}; the ledger knows its life {known}.",
                found.key.short(),
                found.epoch
            ),
            Self::MachineRolledBack { detail } => {
                write!(f, "The machine shows an older state than before: it was restored or copied ({detail}).")
            }
            Self::MachinesTooMany { limit } => {
                write!(f, "{limit} other machines hold licenses, as many as the entitlement allows.")
            }
            Self::ActivationClosed { activation } => {
                write!(f, "The machine has given its license back: the activation '{activation}' is closed.")
            }
            Self::CredentialMissing => {
                write!(f, "The entitlement asks for a license key or password; the request was made without one.")
            }
            Self::CredentialUnknown => {
                write!(f, "The license key or password of the request is none of the entitlement's.")
            }
            Self::LedgerStale { detail } => {
                write!(f, "The machine remembers more than the ledger here holds ({detail}).")
            }
            Self::LedgerForked { position } => {
                write!(f, "The machine knows another history of the ledger before entry {position}: it was forked.")
            }
            Self::LedgerEpoch { known, found } => write!(
                f,
                "The machine knows the ledger's life {found}; here is life {known}, which the vendor has replaced."
            ),
            Self::BundleBehindMachine { what } => write!(f, "The machine has a newer {what} than this bundle."),
            Self::TrustGap { machine, first } => write!(
                f,
                "The machine trusts the vendor's root version {machine}; this bundle starts at version {first}."
            ),
            Self::TokenMissing => write!(f, "The machine was not enabled for offline licensing with a token."),
            Self::TokenUnknown { token } => {
                write!(f, "The ledger does not know the enablement token {} of the request.", token.short())
            }
            Self::TokenOtherLicense { license_id } => {
                write!(f, "The machine's enablement token is for the license id '{}'.", name(license_id))
            }
            Self::TokenOtherMachine { device } => {
                write!(f, "The machine {} was enabled with the same token before.", device.short())
            }
            Self::TokenNewerThanRequest { issued_at } => {
                write!(
                    f,
                    "The request is older than its enablement token, which was made at {issued_at}.",
                    issued_at = time(*issued_at)
                )
            }
            Self::ClockRepairsSpent { count } => {
                write!(f, "Every clock repair backward that the entitlement allows ({count}) was made.")
            }
            Self::ClockTooFarBack { back, max_back } => write!(
                f,
                "The machine would go back by {}; the entitlement allows {} at a time.",
                duration(*back),
                duration(*max_back)
            ),
            Self::StartTooEarly { earliest } => {
                write!(f, "The license cannot start before {earliest}.", earliest = time(*earliest))
            }
            Self::EndBeforeStart => write!(f, "The license would end before it starts."),
            Self::EndPast { now } => write!(f, "The license would end before now ({now}).", now = time(*now)),
            Self::EndTooLate { latest } => {
                write!(f, "The entitlement ends at {latest}; the license would end later.", latest = time(*latest))
            }
            Self::DurationTooLong { longest, latest } => {
                write!(
                    f,
                    "A license lasts at most {}; with this start it ends by {latest}.",
                    duration(*longest),
                    latest = time(*latest)
                )
            }
            Self::SeatTypeUnknown { seat_type } => {
                write!(f, "The entitlement has no seats of the type '{}'.", name(seat_type))
            }
            Self::SeatTypeTwice { seat_type } => write!(f, "The seat type '{}' was chosen twice.", name(seat_type)),
            Self::SeatsExceedGrant { seat_type, asked, allowed, at } => write!(
                f,
                "{asked} '{}' were chosen; on {} the entitlement allows {allowed} on this machine.",
                name(seat_type),
                at.date()
            ),
            Self::SeatsExceedFree { seat_type, asked, free, elsewhere, at } => write!(
                f,
                "{asked} '{}' were chosen; on {} other machines hold {elsewhere}, which leaves {free}.",
                name(seat_type),
                at.date()
            ),
            Self::SeatsNone => write!(f, "No seats were chosen."),
        }
    }
}

impl std::error::Error for Refusal {}

impl Explain for Refusal {
    fn code(&self) -> &'static str {
        self.stable_code()
    }

    fn advice(&self) -> String {
        match self {
            Self::Ledger(error) => error.advice(),
            Self::Child(refusal) => refusal.advice(),
            Self::Revoked(hit) => hit.advice(),
            Self::NotApproved { contact, .. } => format!("Ask for approval of offline licensing: {contact}."),
            Self::StartTooEarly { earliest } => format!("Choose a start from {} on.", earliest.date()),
            Self::EndTooLate { latest } | Self::DurationTooLong { latest, .. } => {
                format!("Choose an end until {latest}, or ask your vendor for a longer entitlement.", latest = time(*latest))
            }
            Self::SeatsExceedGrant { allowed, at, .. } => {
                format!("Choose at most {allowed} for a license that covers {}, or ask your vendor for more.", at.date())
            }
            Self::SeatsExceedFree { free, .. } => format!(
                "Choose at most {free}. A cut elsewhere frees seats once that machine's next request shows it installed."
            ),
            Self::LedgerMissing => {
                "Import the account's latest ledger file, or begin a new ledger if nothing was ever issued.".into()
            }
            Self::NotSelfService => {
                "Import the account's ledger; where it is lost, ask your vendor to begin it anew.".into()
            }
            Self::HandedOver { .. } => {
                "Issue where the handover file was opened. To go on here again, import the ledger that was exported \
                 there, or, if nobody ever opened the file, open it here with its passphrase."
                    .into()
            }
            Self::NotHandedOver => "Hand it over first; the file is made of what the ledger says then.".into(),
            Self::LedgerExists => "Go on with it; a second ledger would let the same seats be given out twice.".into(),
            Self::BundleExpired { .. } | Self::BundleBehindMachine { .. } | Self::RevocationsStale { .. } => {
                "Load the newest bundle that your vendor sent, or ask for one.".into()
            }
            Self::ClockBehind { .. } => "Set this computer's date and time right, then try again.".into(),
            Self::IssueWindow { now, from, .. } if now < from => "Wait until then, and check this computer's clock.".into(),
            Self::IssueWindow { .. } => "Ask your vendor to renew the entitlement, and load the new bundle.".into(),
            Self::RightMissing { .. } | Self::OfflineNotAllowed | Self::LicenseIdUnknown { .. } => {
                "Check that this is the right bundle and license id, or ask your vendor to extend the entitlement.".into()
            }
            Self::Subscription => "Ask your vendor for a time-limited license for this machine.".into(),
            Self::Name => "Type your name, at most 128 characters.".into(),
            Self::OtherProduct { .. } | Self::OtherAccount { .. } => {
                "Check which machine the file came from, and load the bundle for its product and account.".into()
            }
            Self::LicenseIdMissing => "Make the request again on the machine and name the license id there.".into(),
            Self::Reason => "Type a reason, at most 256 characters.".into(),
            Self::RefreshInstallation => "Make a new request on the machine and answer it with what it is to get.".into(),
            Self::MachineUnknown { .. } => {
                "Check the machine's key and that this is the newest ledger of the right account.".into()
            }
            Self::MachineHoldsNothing { .. } => "Nothing is to be done; it can ask for a license again.".into(),
            Self::TokenIdTaken { .. } => "Make the token again.".into(),
            Self::Purpose { due, .. } => format!("Make a request for {} on the machine and bring that file.", asked(*due)),
            Self::Used { .. } => {
                "Download the stored answer again, or make a new request on the machine for another answer.".into()
            }
            Self::Settled { .. } => "Download the stored receipt again; the machine's seats are free already.".into(),
            Self::Recorded { .. } => "Nothing is to be done.".into(),
            Self::UsageOlder { .. } => {
                "Bring the machine's newest file. If this is the newest, the machine was restored or copied.".into()
            }
            Self::DeactivationUnknown { .. } => {
                "Check which account and portal the license came from, and settle it there with the newest ledger.".into()
            }
            Self::Superseded { .. } => "Bring the machine's newest request, or make a new one.".into(),
            Self::RequestExpired { .. } => "Make a new request on the machine and bring it within its time.".into(),
            Self::CycleExpired { .. } => "Make a new enablement token and install it on the machine, then request again.".into(),
            Self::RequestFuture { .. } => "Check the clocks of this computer and of the machine, then request again.".into(),
            Self::Recovers => {
                "Find out what was restored, and that no copy runs on; then accept the machine. That counts as a release.".into()
            }
            Self::RecoversNot => "Answer it without accepting anything.".into(),
            Self::ReleasesSpent { .. } => "Ask your vendor for an entitlement that allows more of them.".into(),
            Self::ReleaseTooSoon { .. } => "Wait until then. If the request is too old then, make a new one.".into(),
            Self::MachineEpoch { .. } | Self::MachineRolledBack { .. } => {
                "Find out whether the machine was restored or copied. A restored one can ask to be accepted again.".into()
            }
            Self::MachineReleased { .. } => "Set the machine up anew and enable it with a new token.".into(),
            Self::MachineNotNamed { .. } => "Ask your vendor to add the machine to the entitlement.".into(),
            Self::MachinesTooMany { .. } => "Deactivate another machine first, or ask your vendor for more machines.".into(),
            Self::ActivationClosed { .. } => "Make a new request on the machine; it begins a new activation.".into(),
            Self::CredentialMissing | Self::CredentialUnknown => {
                "Enter the license key, or user and password, on the machine and request again.".into()
            }
            Self::LedgerStale { .. } => "Import the newest ledger file, from whoever issued for this machine last.".into(),
            Self::LedgerForked { .. } => {
                "Issue nothing. Two portals went on with one ledger: send both ledger files and the request to your vendor.".into()
            }
            Self::LedgerEpoch { .. } => "Load your vendor's newest bundle, which begins the newer ledger.".into(),
            Self::TrustGap { .. } => "Ask your vendor for a bundle that carries every root version.".into(),
            Self::TokenMissing | Self::TokenOtherLicense { .. } | Self::TokenOtherMachine { .. } => {
                "Make a token for this machine and license id, install it there, then request again.".into()
            }
            Self::TokenUnknown { .. } => {
                "Import the newest ledger file; if none knows the token, make a new one, install it and request again.".into()
            }
            Self::TokenNewerThanRequest { .. } => "Check the machine's clock, then request again.".into(),
            Self::ClockRepairsSpent { .. } => "Ask your vendor for an entitlement with more clock repairs.".into(),
            Self::ClockTooFarBack { .. } => {
                "Check this computer's clock. If it is right, ask your vendor for an entitlement that allows more.".into()
            }
            Self::EndBeforeStart | Self::EndPast { .. } => "Choose a later end.".into(),
            Self::SeatTypeUnknown { .. } => "Choose among the seat types of the entitlement.".into(),
            Self::SeatTypeTwice { .. } => "Choose each seat type once.".into(),
            Self::SeatsNone => "Choose at least one seat; to free all of a machine's seats, deactivate it.".into(),
        }
    }
}

/// What a request asks for, as people say it.
fn asked(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Lfr => "a license file",
        Purpose::Activation => "an activation",
        Purpose::Sync => "nothing but to report its use",
        Purpose::Clock => "the time",
    }
}
