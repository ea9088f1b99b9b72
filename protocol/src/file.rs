//! A file: envelopes as JSON Lines, in one fixed order, with nothing extra (design §3).

use crate::envelope::Envelope;
use crate::error::DocumentError;
use crate::kind::Kind;
use crate::limits::Limits;

/// A file as it was received: every envelope read, nothing verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Trust documents, ascending.
    pub trust: Vec<Envelope>,
    /// Grants, root side first.
    pub grants: Vec<Envelope>,
    /// Revocations.
    pub revocations: Vec<Envelope>,
    /// The document; several only in a ledger or a handover, none in a trust file.
    pub documents: Vec<Envelope>,
}

/// Where in a file a kind stands.
fn stage(kind: Kind) -> u8 {
    match kind {
        Kind::Trust => 0,
        Kind::Grant => 1,
        Kind::Revocations => 2,
        _ => LAST,
    }
}

/// The stage of the document that a file is for.
const LAST: u8 = 3;

impl File {
    /// Reads a file of any kind.
    ///
    /// # Errors
    /// What is wrong with the bytes, an envelope, or the order of the lines.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, DocumentError> {
        check_form(bytes, limits)?;
        let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let mut file = Self::default();
        let mut stage_now = 0;
        for (index, line) in lines(body).enumerate() {
            let line_number = index + 1;
            if line.is_empty() {
                return Err(DocumentError::BlankLine { line: line_number });
            }
            let envelope = Envelope::parse(line, limits)?;
            let kind = envelope.kind();
            if stage(kind) < stage_now {
                return Err(DocumentError::Order { line: line_number, found: kind });
            }
            stage_now = stage(kind);
            file.push(envelope, line_number, limits)?;
        }
        file.check_end()?;
        file.check_size(bytes.len(), limits)?;
        Ok(file)
    }

    fn push(&mut self, envelope: Envelope, line: usize, limits: &Limits) -> Result<(), DocumentError> {
        let kind = envelope.kind();
        // Only a bundle and a ledger may be long, and these two are told apart from repeats by their own chains.
        let repeats =
            |list: &[Envelope]| list.len() <= 256 && list.iter().any(|other| other.digest() == envelope.digest());
        let (list, limit) = match kind {
            Kind::Trust => (&mut self.trust, limits.trust_documents),
            Kind::Grant => (&mut self.grants, limits.bundle_grants),
            Kind::Revocations => (&mut self.revocations, limits.revocations),
            _ => (&mut self.documents, usize::MAX),
        };
        if repeats(list) {
            return Err(DocumentError::Duplicate { line });
        }
        if stage(kind) == LAST {
            let [first, last] = [list.first(), list.last()].map(|one| one.map(Envelope::kind));
            match (first, last, kind) {
                (None, _, Kind::Handover) => return Err(DocumentError::Order { line, found: kind }),
                (None, ..) | (_, Some(Kind::Bundle | Kind::LedgerEntry), Kind::LedgerEntry) => {}
                (Some(Kind::Bundle), Some(Kind::LedgerEntry), Kind::Handover) => {}
                _ => return Err(DocumentError::Extra { line, found: kind }),
            }
        }
        if list.len() >= limit {
            return Err(DocumentError::TooMany { kind, limit });
        }
        list.push(envelope);
        Ok(())
    }

    /// A bundle with a ledger behind it is half of a handover file.
    fn check_end(&self) -> Result<(), DocumentError> {
        match self.documents.as_slice() {
            [first, second, ..] if first.kind() == Kind::Bundle && self.kind() != Some(Kind::Handover) => {
                let line = self.trust.len() + self.grants.len() + self.revocations.len() + 2;
                Err(DocumentError::Extra { line, found: second.kind() })
            }
            _ => Ok(()),
        }
    }

    fn check_size(&self, bytes: usize, limits: &Limits) -> Result<(), DocumentError> {
        let limit = match self.kind() {
            Some(Kind::Bundle | Kind::LedgerEntry | Kind::Handover) => limits.collection_bytes,
            _ => limits.file_bytes,
        };
        if bytes > limit { Err(DocumentError::FileTooLarge { bytes, limit }) } else { Ok(()) }
    }

    /// What the file is: the kind of its last part. A file with only trust documents is a `trust` file.
    pub fn kind(&self) -> Option<Kind> {
        [&self.documents, &self.revocations, &self.grants, &self.trust]
            .into_iter()
            .find_map(|list| list.last())
            .map(Envelope::kind)
    }

    /// The one document that the file is for.
    ///
    /// # Errors
    /// The file has none, or one of another kind.
    pub fn document(&self, expected: Kind) -> Result<&Envelope, DocumentError> {
        match (self.documents.as_slice(), self.kind()) {
            ([only], _) if only.kind() == expected => Ok(only),
            ([.., last], _) => Err(DocumentError::WrongKind { expected, found: last.kind() }),
            ([], Some(Kind::Trust)) => Err(DocumentError::WrongKind { expected, found: Kind::Trust }),
            ([], _) => Err(DocumentError::NoDocument),
        }
    }

    /// Takes the one document out: as [`File::document`], without a copy.
    pub(crate) fn take_document(&mut self, expected: Kind) -> Result<Envelope, DocumentError> {
        self.document(expected)?;
        self.documents.pop().ok_or(DocumentError::NoDocument)
    }

    /// Every envelope, in the file's order.
    pub fn envelopes(&self) -> impl Iterator<Item = &Envelope> {
        [&self.trust, &self.grants, &self.revocations, &self.documents].into_iter().flatten()
    }

    /// The file's bytes: each line as it was received, ended by a line feed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.envelopes().map(|envelope| envelope.line().len() + 1).sum());
        for envelope in self.envelopes() {
            bytes.extend_from_slice(envelope.line());
            bytes.push(b'\n');
        }
        bytes
    }
}

/// The parts between line feeds. Found by `memchr`: byte by byte it costs as much as reading all of the JSON.
fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr::memchr_iter(b'\n', body).chain([body.len()]);
    ends.scan(0, |begin, end| body.get(std::mem::replace(begin, end + 1)..end))
}

/// Refuses what no Postern file looks like before anything is parsed.
fn check_form(bytes: &[u8], limits: &Limits) -> Result<(), DocumentError> {
    if bytes.is_empty() {
        return Err(DocumentError::Empty);
    }
    if bytes.len() > limits.collection_bytes {
        return Err(DocumentError::FileTooLarge { bytes: bytes.len(), limit: limits.collection_bytes });
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(DocumentError::ByteOrderMark);
    }
    if memchr::memchr(b'\r', bytes).is_some() {
        return Err(DocumentError::LineEndings);
    }
    Ok(())
}
