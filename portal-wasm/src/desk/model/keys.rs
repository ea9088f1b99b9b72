//! Keys that were made in this browser, as far as the page knows them: never the secret itself.

use postern_protocol::{PublicKey, license_code};

/// A key that is kept in this browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHere {
    /// Its public half.
    pub public: PublicKey,
    /// Its PEM, if it is sealed under a passphrase; else the browser itself keeps it.
    pub sealed: Option<String>,
}

impl KeyHere {
    /// What the person sends to the vendor.
    pub fn license_code(&self) -> String {
        license_code::encode(self.public.as_bytes())
    }
}
