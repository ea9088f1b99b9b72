//! What came of a walk.

use crate::chain_error::ChainError;
use crate::digest::Digest;
use crate::kind::Kind;

/// What a file was verified against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// The root that was given.
    GivenRoot(Digest),
    /// The root that the file brings itself.
    OwnRoot(Digest),
    /// The machine's key that the document names.
    NamedSigner,
}

/// A file, link by link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// Against what; none if there was no root.
    pub against: Option<Against>,
    /// Every document, in the file's order.
    pub links: Vec<Link>,
}

/// One document of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its line, counted from 1.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
    /// The line that it hangs from; none: the root, its own key, or nothing in the file.
    pub above: Option<usize>,
    /// Whether it holds.
    pub state: State,
}

/// Whether a link holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It does, and so does everything above it.
    Holds,
    /// It does not; everything above it does.
    Fails(ChainError),
    /// It hangs from this line, which fails: nothing that it says counts.
    Below(usize),
    /// No root is known to check it against.
    NotChecked,
}

impl Walk {
    /// Whether everything holds; none if nothing was checked.
    pub fn holds(&self) -> Option<bool> {
        self.against.map(|_| self.links.iter().all(|link| link.state == State::Holds))
    }

    /// The first link that fails, and why.
    pub fn failure(&self) -> Option<(&Link, &ChainError)> {
        self.links.iter().find_map(|link| match &link.state {
            State::Fails(error) => Some((link, error)),
            _ => None,
        })
    }

    /// The link on this line.
    pub fn link(&self, line: usize) -> Option<&Link> {
        self.links.get(line.checked_sub(1)?)
    }

    /// The links from below the root down to this line.
    pub fn path(&self, line: usize) -> Vec<&Link> {
        let mut path = Vec::new();
        let mut next = self.link(line);
        while let Some(link) = next {
            path.push(link);
            // A link hangs from a line above it: this comes to an end.
            next = link.above.filter(|above| *above < link.line).and_then(|above| self.link(above));
        }
        path.reverse();
        path
    }
}
