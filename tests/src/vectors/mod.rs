//! Every vector, what it is, and the text file that it is kept in.

mod collections;
mod form;
mod grants;
mod handovers;
mod machines;
mod portals;
mod read;
mod scene;
mod siblings;
mod trust;

use std::collections::BTreeMap;
use std::path::PathBuf;

use postern_protocol::{File, Kind};
use postern_testkit::World;
use postern_testkit::rotation::two_of_three;

pub use read::read;

/// A file and how a reader must judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// What the reader takes it for.
    pub kind: Kind,
    /// Its name among the vectors of this kind.
    pub name: String,
    /// What it is, for people.
    pub what: String,
    /// The root that the reader has pinned.
    pub root: Root,
    /// `ok`, or the code of the refusal.
    pub expect: String,
    /// The file.
    pub file: Vec<u8>,
}

/// A pinned root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// One key, which signs alone.
    OneKey,
    /// Three keys, two of which sign.
    TwoOfThree,
}

impl Root {
    /// The name of its file.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::OneKey => "one-key.trust",
            Self::TwoOfThree => "two-of-three.trust",
        }
    }

    fn world(self) -> World {
        match self {
            Self::OneKey => World::new(),
            Self::TwoOfThree => two_of_three(),
        }
    }
}

/// Where the vectors are.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// Every vector.
pub fn all() -> Vec<Vector> {
    [form::all(), trust::all(), grants::all(), portals::all(), machines::all(), collections::all(), handovers::all()]
        .concat()
}

/// Every file below [`folder`] with its content, but for what people wrote there.
pub fn files() -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for root in [Root::OneKey, Root::TwoOfThree] {
        let trust = File { trust: vec![root.world().trust_envelope()], ..File::default() };
        files.insert(PathBuf::from(root.file_name()), trust.to_bytes());
    }
    for vector in all() {
        let before = files.insert(vector.path(), vector.to_text());
        assert!(before.is_none(), "two vectors have the name {}", vector.path().display());
    }
    files
}

/// Every file that is stored below [`folder`], but for what people wrote there.
pub fn stored() -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        for entry in std::fs::read_dir(folder().join(&below)).into_iter().flatten().flatten() {
            let path = below.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else if !PEOPLES.iter().any(|name| path.as_os_str() == *name) {
                found.insert(path, std::fs::read(entry.path()).expect("a readable vector"));
            }
        }
    }
    found
}

/// What people wrote beside the vectors.
const PEOPLES: &[&str] = &["README.md", ".gitattributes"];

/// The line between a vector's header and its file.
const SEPARATOR: &[u8] = b"---\n";

impl Vector {
    /// Its file, below [`folder`].
    pub fn path(&self) -> PathBuf {
        PathBuf::from(self.kind.as_str()).join(format!("{}.txt", self.name))
    }

    /// The header, the separator, then the file byte for byte.
    pub fn to_text(&self) -> Vec<u8> {
        let Self { kind, what, root, expect, .. } = self;
        let root = root.file_name();
        let header = format!("# what: {what}\n# read as: {kind}\n# root: {root}\n# expect: {expect}\n");
        [header.as_bytes(), SEPARATOR, &self.file].concat()
    }
}

/// What the header of a vector's text says, and its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What the reader takes it for.
    pub kind: Kind,
    /// The name of the pinned root's file.
    pub root: String,
    /// `ok`, or the code of the refusal.
    pub expect: String,
    /// The file.
    pub file: Vec<u8>,
}

impl Stored {
    /// Reads a vector's text.
    pub fn parse(text: &[u8]) -> Self {
        let end = text.windows(SEPARATOR.len()).position(|window| window == SEPARATOR).expect("a separator");
        let header = std::str::from_utf8(&text[..end]).expect("a header in UTF-8");
        let field = |name: &str| {
            let line = header.lines().find_map(|line| line.strip_prefix(&format!("# {name}: ")));
            line.unwrap_or_else(|| panic!("no '# {name}:' in {header}")).to_owned()
        };
        Self {
            kind: field("read as").parse().expect("a kind"),
            root: field("root"),
            expect: field("expect"),
            file: text[end + SEPARATOR.len()..].to_vec(),
        }
    }
}
