//! The portal's own refusals, and any error as the pair that people read: what happened, what to do, the code.

use std::fmt;

use postern_issuer::Refusal;
use postern_protocol::Explain;
use postern_protocol::documents::Bundle;

use super::shown::Explained;
use crate::t;

/// Explains a refusal in the bundle's names, with the license that answered the same request before.
pub fn refused(refusal: &Refusal, bundle: &Bundle) -> Explained {
    Explained {
        what: sentence(&refusal.in_words(&bundle.labels)),
        earlier: refusal.earlier_answer().map(|digest| digest.to_string()),
        ..Explained::from(refusal)
    }
}

impl<E: Explain + ?Sized> From<&E> for Explained {
    fn from(error: &E) -> Self {
        Self { what: sentence(&error.to_string()), advice: error.advice(), code: error.code().into(), earlier: None }
    }
}

/// Errors of the layers below begin small and end open where others quote them; here they stand alone.
fn sentence(text: &str) -> String {
    let mut sentence = text.to_owned();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

/// What only the portal refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortalError {
    /// More than one file at once, where one is taken.
    SeveralFiles,
    /// More files at once than are taken.
    TooManyFiles {
        /// How many are.
        most: u64,
    },
    /// The answers are recorded, and can't be put into one file.
    PackFailed(String),
    /// The browser can't read the file.
    FileUnreadable(String),
    /// A file that needs a bundle came before one.
    NeedsBundle,
    /// A bundle with a lower serial than the stored one.
    BundleOlder {
        /// The stored serial.
        stored: u64,
        /// The serial in the file.
        found: u64,
    },
    /// The file that the site names is not there.
    SiteFile {
        /// Its name.
        name: String,
        /// What the site answered.
        detail: String,
    },
    /// The brand file can't be fetched.
    BrandUnreachable(String),
    /// The bundle is for a key that is not here.
    KeyNotHere,
    /// The browser refused to make or use a key.
    KeyFailed(String),
    /// The browser gave no random bytes.
    NoRandomness,
    /// The license key or password of an activation is none of the bundle's.
    NoCredential,
    /// No license of this bundle belongs to what an end user typed.
    OwnUnknown,
    /// The machine's file belongs to another license key or user than was typed.
    OwnOther,
    /// Nothing waits to be answered.
    OwnFileMissing,
    /// The machine's license was not issued in this browser.
    OwnElsewhere,
    /// No entitlement of this portal names the license id.
    NoEntitlement {
        /// The license id.
        license_id: String,
    },
    /// There is no such license server, or entitlement for one.
    NoServer {
        /// The id.
        id: String,
    },
    /// A license server's field can't be read.
    ServerField {
        /// Its name.
        field: String,
    },
    /// What is dangerous was not looked at twice.
    ServerLook,
    /// Another tab wrote the ledger since this one read it.
    LedgerMoved,
    /// The imported ledger is older than the one here.
    LedgerOlder,
    /// The imported ledger is the one here.
    LedgerSame,
    /// The imported ledger parts from the one here.
    LedgerForked {
        /// The first position that differs.
        position: u64,
    },
    /// The file issued before is not in this browser.
    FileNotHere,
    /// The browser's storage failed.
    Storage(String),
}

impl fmt::Display for PortalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::SeveralFiles => t!("error-several-files"),
            Self::FileUnreadable(detail) => t!("error-file-unreadable", detail = detail),
            Self::NeedsBundle => t!("error-needs-bundle"),
            Self::BundleOlder { stored, found } => t!("error-bundle-older", stored = stored, found = found),
            Self::SiteFile { name, detail } => t!("error-site-file", name = name, detail = detail),
            Self::BrandUnreachable(detail) => t!("error-brand-unreachable", detail = detail),
            Self::KeyNotHere => t!("error-key-not-here"),
            Self::KeyFailed(detail) => t!("error-key-failed", detail = detail),
            Self::NoRandomness => t!("error-no-randomness"),
            Self::NoEntitlement { license_id } => t!("error-no-entitlement", license_id = license_id),
            Self::NoCredential => t!("error-no-credential"),
            Self::OwnUnknown => t!("error-own-unknown"),
            Self::OwnOther => t!("error-own-other"),
            Self::OwnFileMissing => t!("error-own-file-missing"),
            Self::OwnElsewhere => t!("error-own-elsewhere"),
            Self::NoServer { id } => t!("error-no-server", id = id),
            Self::ServerField { field } => t!("error-server-field", field = field),
            Self::ServerLook => t!("error-server-look"),
            Self::LedgerMoved => t!("error-ledger-moved"),
            Self::LedgerOlder => t!("error-ledger-older"),
            Self::LedgerSame => t!("error-ledger-same"),
            Self::LedgerForked { position } => t!("error-ledger-forked", position = position),
            Self::FileNotHere => t!("error-file-not-here"),
            Self::TooManyFiles { most } => t!("error-too-many-files", most = most),
            Self::PackFailed(detail) => t!("error-pack-failed", detail = detail),
            Self::Storage(detail) => t!("error-storage", detail = detail),
        };
        f.write_str(&text)
    }
}

impl std::error::Error for PortalError {}

impl Explain for PortalError {
    fn code(&self) -> &'static str {
        match self {
            Self::SeveralFiles => "portal-several-files",
            Self::TooManyFiles { .. } => "portal-too-many-files",
            Self::PackFailed(_) => "portal-pack-failed",
            Self::FileUnreadable(_) => "portal-file-unreadable",
            Self::NeedsBundle => "portal-needs-bundle",
            Self::BundleOlder { .. } => "portal-bundle-older",
            Self::SiteFile { .. } => "portal-site-file",
            Self::BrandUnreachable(_) => "portal-brand-unreachable",
            Self::KeyNotHere => "portal-key-not-here",
            Self::KeyFailed(_) => "portal-key-failed",
            Self::NoRandomness => "portal-no-randomness",
            Self::NoEntitlement { .. } => "portal-no-entitlement",
            Self::NoCredential => "portal-no-credential",
            Self::OwnUnknown => "portal-own-unknown",
            Self::OwnOther => "portal-own-other",
            Self::OwnFileMissing => "portal-own-file-missing",
            Self::OwnElsewhere => "portal-own-elsewhere",
            Self::LedgerMoved => "portal-ledger-moved",
            Self::LedgerOlder => "portal-ledger-older",
            Self::LedgerSame => "portal-ledger-same",
            Self::LedgerForked { .. } => "portal-ledger-forked",
            Self::NoServer { .. } => "portal-no-server",
            Self::ServerField { .. } => "portal-server-field",
            Self::ServerLook => "portal-server-look",
            Self::FileNotHere => "portal-file-not-here",
            Self::Storage(_) => "portal-storage",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::SeveralFiles => t!("error-several-files-do"),
            Self::TooManyFiles { .. } => t!("error-too-many-files-do"),
            Self::PackFailed(_) => t!("error-pack-failed-do"),
            Self::FileUnreadable(_) => t!("error-file-unreadable-do"),
            Self::NeedsBundle => t!("error-needs-bundle-do"),
            Self::BundleOlder { .. } => t!("error-bundle-older-do"),
            Self::SiteFile { .. } => t!("error-site-file-do"),
            Self::BrandUnreachable(_) => t!("error-brand-unreachable-do"),
            Self::KeyNotHere => t!("error-key-not-here-do"),
            Self::KeyFailed(_) => t!("error-key-failed-do"),
            Self::NoRandomness => t!("error-no-randomness-do"),
            Self::NoEntitlement { .. } => t!("error-no-entitlement-do"),
            Self::NoCredential => t!("error-no-credential-do"),
            Self::OwnUnknown => t!("error-own-unknown-do"),
            Self::OwnOther => t!("error-own-other-do"),
            Self::OwnFileMissing => t!("error-own-file-missing-do"),
            Self::OwnElsewhere => t!("error-own-elsewhere-do"),
            Self::LedgerMoved => t!("error-ledger-moved-do"),
            Self::LedgerOlder => t!("error-ledger-older-do"),
            Self::LedgerSame => t!("error-ledger-same-do"),
            Self::LedgerForked { .. } => t!("error-ledger-forked-do"),
            Self::NoServer { .. } => t!("error-no-server-do"),
            Self::ServerField { .. } => t!("error-server-field-do"),
            Self::ServerLook => t!("error-server-look-do"),
            Self::FileNotHere => t!("error-file-not-here-do"),
            Self::Storage(_) => t!("error-storage-do"),
        }
        .to_string()
    }
}
