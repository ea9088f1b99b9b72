//! Why a file or document cannot be read or its signature not be accepted.

use std::fmt;

use crate::explain::Explain;
use crate::kind::Kind;

/// Why bytes are no acceptable Postern document or file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentError {
    /// No bytes at all.
    Empty,
    /// More bytes than a file of this kind may have.
    FileTooLarge {
        /// Bytes of the file.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// One line has more bytes than a document may have.
    DocumentTooLarge {
        /// Bytes of the line.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The file begins with a byte order mark.
    ByteOrderMark,
    /// The file has carriage returns: a program rewrote its line ends.
    LineEndings,
    /// The file has a blank line.
    BlankLine {
        /// Counted from 1.
        line: usize,
    },
    /// A line is no DSSE envelope; also what a cut-off file looks like.
    NotAnEnvelope {
        /// What the JSON reader says.
        detail: String,
    },
    /// The payload type is none of Postern's.
    UnknownKind {
        /// The payload type, made fit to be shown.
        payload_type: String,
    },
    /// A document of a newer format.
    UnsupportedVersion {
        /// What it is.
        kind: Kind,
        /// Its version.
        version: u64,
    },
    /// The payload is not base64.
    BadBase64 {
        /// What the document says it is.
        kind: Kind,
    },
    /// A signature is not 64 bytes of base64.
    BadSignatureForm {
        /// What the document says it is.
        kind: Kind,
    },
    /// More signatures than allowed.
    TooManySignatures {
        /// The limit.
        limit: usize,
    },
    /// Too few valid signatures by the keys that must sign.
    SignatureInvalid {
        /// What the document is.
        kind: Kind,
    },
    /// Another kind of document was due.
    WrongKind {
        /// What was due.
        expected: Kind,
        /// What is there.
        found: Kind,
    },
    /// The signed payload is not what its kind asks for.
    BadPayload {
        /// What the document is.
        kind: Kind,
        /// What is wrong.
        detail: String,
    },
    /// A critical extension that this version does not know.
    UnknownExtension {
        /// What the document is.
        kind: Kind,
        /// The extension's name.
        name: String,
    },
    /// A line that stands before one it must follow.
    Order {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        found: Kind,
    },
    /// The same document twice.
    Duplicate {
        /// Counted from 1.
        line: usize,
    },
    /// A line that does not belong into the file.
    Extra {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        found: Kind,
    },
    /// The file holds only what a document would rest on: it was cut off, or it is a trust file where none is due.
    NoDocument,
    /// More documents of one kind than allowed.
    TooMany {
        /// What there is too much of.
        kind: Kind,
        /// The limit.
        limit: usize,
    },
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "The file is empty."),
            Self::FileTooLarge { bytes, limit } => {
                // Readers stop soon after the limit, so this may not be all of it.
                write!(f, "The file has {bytes} bytes or more; files of this kind have at most {limit}.")
            }
            Self::DocumentTooLarge { bytes, limit } => {
                write!(f, "One document in the file has {bytes} bytes; a document has at most {limit}.")
            }
            Self::ByteOrderMark => write!(f, "The file begins with a byte order mark: a program has rewritten it."),
            Self::LineEndings => {
                write!(f, "The file's line ends were changed to Windows form: a program has rewritten it.")
            }
            Self::BlankLine { line } => write!(f, "Line {line} of the file is blank: a program has rewritten it."),
            Self::NotAnEnvelope { detail } => write!(f, "This is not a Postern file, or it was cut off ({detail})."),
            Self::UnknownKind { payload_type } => {
                write!(f, "The file holds a document of the unknown type '{payload_type}'.")
            }
            Self::UnsupportedVersion { kind, version } => {
                write!(f, "The {kind} document has format version {version}; this program reads version 1.")
            }
            Self::BadBase64 { kind } => write!(f, "The content of the {kind} document is damaged."),
            Self::BadSignatureForm { kind } => write!(f, "A signature of the {kind} document is damaged."),
            Self::TooManySignatures { limit } => write!(f, "A document has more than {limit} signatures."),
            Self::SignatureInvalid { kind } => {
                write!(
                    f,
                    "The signature of the {kind} document is not valid: it was changed, or somebody else made it."
                )
            }
            Self::WrongKind { expected, found } => {
                write!(f, "This file is {}; {} is needed here.", found.in_words(), expected.in_words())
            }
            Self::BadPayload { kind, detail } => {
                write!(f, "The {kind} document is signed but not well-formed: {detail}.")
            }
            Self::UnknownExtension { kind, name } => {
                write!(f, "The {kind} document needs the extension '{name}', which this program does not know.")
            }
            Self::Order { line, found } => write!(f, "Line {line} of the file, a {found}, is out of order."),
            Self::Duplicate { line } => write!(f, "Line {line} of the file repeats an earlier one."),
            Self::Extra { line, found } => write!(f, "Line {line} of the file, a {found}, does not belong into it."),
            Self::NoDocument => write!(f, "The file ends before the document that it should carry."),
            Self::TooMany { kind, limit } => write!(f, "The file has more than {limit} documents of the kind {kind}."),
        }
    }
}

impl std::error::Error for DocumentError {}

impl Explain for DocumentError {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "file-empty",
            Self::FileTooLarge { .. } => "file-too-large",
            Self::DocumentTooLarge { .. } => "document-too-large",
            Self::ByteOrderMark | Self::LineEndings | Self::BlankLine { .. } => "file-rewritten",
            Self::NotAnEnvelope { .. } => "file-unreadable",
            Self::UnknownKind { .. } => "kind-unknown",
            Self::UnsupportedVersion { .. } => "version-unsupported",
            Self::BadBase64 { .. } => "payload-damaged",
            Self::BadSignatureForm { .. } => "signature-damaged",
            Self::TooManySignatures { .. } => "signatures-too-many",
            Self::SignatureInvalid { .. } => "signature-invalid",
            Self::WrongKind { .. } => "kind-wrong",
            Self::BadPayload { .. } => "payload-malformed",
            Self::UnknownExtension { .. } => "extension-unknown",
            Self::Order { .. } => "file-order",
            Self::Duplicate { .. } => "file-duplicate",
            Self::Extra { .. } => "file-extra",
            Self::NoDocument => "file-incomplete",
            Self::TooMany { .. } => "file-too-many",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::Empty | Self::NotAnEnvelope { .. } | Self::NoDocument => {
                "Copy the file again from where it was made; check that the copy has the same size.".into()
            }
            Self::ByteOrderMark | Self::LineEndings | Self::BlankLine { .. } => {
                "Copy the original file as it is (binary), without opening it in an editor or sending it as text."
                    .into()
            }
            Self::UnsupportedVersion { .. } | Self::UnknownExtension { .. } => {
                "Install a newer version of this program, or ask your vendor for a file in the older format.".into()
            }
            Self::UnknownKind { .. } | Self::WrongKind { .. } => {
                "Choose the right file; 'explain' or the portal's Inspect page says what a file is.".into()
            }
            Self::SignatureInvalid { .. } | Self::BadBase64 { .. } | Self::BadSignatureForm { .. } => {
                "Copy the original file again. If it fails again, do not use it and tell whoever sent it.".into()
            }
            Self::FileTooLarge { .. }
            | Self::DocumentTooLarge { .. }
            | Self::TooManySignatures { .. }
            | Self::BadPayload { .. }
            | Self::Order { .. }
            | Self::Duplicate { .. }
            | Self::Extra { .. }
            | Self::TooMany { .. } => "Do not use this file; ask whoever made it for a new one.".into(),
        }
    }
}
