//! What a dropped file is: told by its content, never by its name.

use postern_protocol::documents::{Deactivation, Request};
use postern_protocol::{DocumentError, File, Kind, Limits, Unverified, Verified};

/// A file as it came, read but not verified.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its lines.
    pub file: File,
    /// What it is.
    pub kind: Kind,
}

impl Dropped {
    /// Reads a file of any kind.
    ///
    /// # Errors
    /// It is no Postern file, or a damaged one.
    pub fn read(name: String, bytes: Vec<u8>) -> Result<Self, DocumentError> {
        let file = File::parse(&bytes, &Limits::DEFAULT)?;
        let kind = file.kind().ok_or(DocumentError::NoDocument)?;
        Ok(Self { name, bytes, file, kind })
    }

    /// The request in it, verified with the machine's own key.
    ///
    /// # Errors
    /// It is no request, or not signed by the machine that it names.
    pub fn request(&self) -> Result<Verified<Request>, DocumentError> {
        let envelope = self.file.document(Kind::Request)?.clone();
        Unverified::<Request>::new(envelope)?.verify_by_named_signers(&Limits::DEFAULT)
    }

    /// The deactivation in it, verified with the machine's own key.
    ///
    /// # Errors
    /// It is no deactivation, or not signed by the machine that it names.
    pub fn deactivation(&self) -> Result<Verified<Deactivation>, DocumentError> {
        let envelope = self.file.document(Kind::Deactivation)?.clone();
        Unverified::<Deactivation>::new(envelope)?.verify_by_named_signers(&Limits::DEFAULT)
    }
}

/// What is said to a file that is too large to be any Postern file.
pub fn too_large(bytes: u64) -> DocumentError {
    let limit = Limits::DEFAULT.collection_bytes;
    DocumentError::FileTooLarge { bytes: usize::try_from(bytes).unwrap_or(usize::MAX), limit }
}
