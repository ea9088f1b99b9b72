//! What the vectors have in common: the world's documents, and files around them.

use postern_protocol::documents::{Document, License};
use postern_protocol::{Digest, Kind, SecretKey};
use postern_testkit::{World, forge, key, public, sign};

use super::{Root, Vector};

/// The seed of a key that has no business here.
pub(super) const STRANGER: u8 = 99;

/// A vector under the root of one key.
pub(super) fn vector(kind: Kind, name: &str, expect: &str, what: &str, file: Vec<u8>) -> Vector {
    let (name, what, expect) = (name.to_owned(), what.to_owned(), expect.to_owned());
    Vector { kind, name, what, root: Root::OneKey, expect, file }
}

/// The license of a machine, answering a request.
pub(super) fn license(world: &World) -> License {
    world.license(public(&key(30)), Some(Digest::of(b"request")))
}

/// A file that carries this document, signed by the portal, under the world's two grants.
pub(super) fn carried<T: Document>(world: &World, document: &T) -> Vec<u8> {
    world.file(sign(document, &[&world.portal_key])).to_bytes()
}

/// A file that carries this line under the world's two grants.
pub(super) fn carried_line(world: &World, line: Vec<u8>) -> Vec<u8> {
    forge::file(&[world.ops_envelope().line().to_vec(), world.account_envelope().line().to_vec(), line])
}

/// A document's line, signed by these keys.
pub(super) fn line<T: Document>(document: &T, keys: &[&SecretKey]) -> Vec<u8> {
    sign(document, keys).line().to_vec()
}
