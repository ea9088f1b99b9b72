//! The kinds of document.

use crate::text;

text::words! {
    /// What a document is. The payload type is `application/vnd.postern.<kind>.v1+json`, which is also the
    /// namespace that its signature covers.
    Kind {
        /// Root keys, threshold, version.
        Trust = "trust",
        /// Signed authority with ceilings.
        Grant = "grant",
        /// Who may no longer.
        Revocations = "revocations",
        /// Everything a portal needs for one account.
        Bundle = "bundle",
        /// The token that enables offline licensing on one machine.
        Enablement = "enablement",
        /// What a machine asks for: LFR, activation, sync or clock.
        Request = "request",
        /// What a machine may use: OLF, license file, refresh.
        License = "license",
        /// A machine giving its license back.
        Deactivation = "deactivation",
        /// What the portal settled after a deactivation.
        Receipt = "receipt",
        /// One link of a portal's ledger.
        LedgerEntry = "ledger-entry",
        /// The answer to a clock challenge.
        TimeTicket = "time-ticket",
        /// What an administrator gives to the next one: bundle, ledger and sealed key.
        Handover = "handover",
    }
}

impl Kind {
    /// The DSSE payload type.
    pub fn payload_type(self) -> String {
        format!("application/vnd.postern.{self}.v1+json")
    }

    /// What people call a file of this kind, with its article.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Trust => "a trust file",
            Self::Grant => "an entitlement",
            Self::Revocations => "a revocation list",
            Self::Bundle => "a bundle",
            Self::Enablement => "an enablement token",
            Self::Request => "a request",
            Self::License => "a license file",
            Self::Deactivation => "a deactivation file",
            Self::Receipt => "a receipt",
            Self::LedgerEntry => "a ledger",
            Self::TimeTicket => "a time ticket",
            Self::Handover => "a handover file",
        }
    }
}
