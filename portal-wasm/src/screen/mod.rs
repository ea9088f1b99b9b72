//! What the page draws: elements that the desk composes. No documents, no keys, and nothing to know about them.

mod names;

pub use names::{Attr, Tag};
use yew::AttrValue;

use crate::wire::{Bytes, wire};

/// Everything on the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Screen {
    /// The title in the browser's tab; empty: as it is.
    pub title: AttrValue,
    /// Custom properties to set on the page.
    pub colours: Vec<(AttrValue, AttrValue)>,
    /// The page's address, after `#`.
    pub address: AttrValue,
    /// The page's heading: when it changes, the focus goes there.
    pub heading: AttrValue,
    /// What is drawn.
    pub nodes: Vec<Node>,
}

/// A piece of the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A text: never markup.
    Text(AttrValue),
    /// Several pieces, or none: what comes and goes keeps its place among its neighbours.
    Group(Vec<Node>),
    /// An element.
    Element(Box<Element>),
}

/// An element.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its name.
    pub tag: Tag,
    /// With another key it is another element, drawn anew; empty: it is known by its place.
    pub key: AttrValue,
    /// Its attributes.
    pub attributes: Vec<(Attr, AttrValue)>,
    /// What is in it.
    pub children: Vec<Node>,
    /// What it does.
    pub act: Option<Act>,
}

/// What an element does when it is used. What it means is the desk's: the page hands the desk's own bytes back.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// A click is said.
    Click(Bytes),
    /// The form is said, with its fields.
    Submit(Submit),
    /// What is typed is said with every letter.
    Type(Bytes),
    /// Whether it is ticked is said.
    Tick(Bytes),
    /// Chosen files are read and said.
    Files,
    /// A text is put on the clipboard; if that worked, it is said.
    Copy(AttrValue, Bytes),
    /// Light becomes dark, or dark light.
    Theme,
}

/// A form that is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Submit {
    /// What is said.
    pub command: Bytes,
    /// The ids of fields that must not be blank: where one is, no secret leaves its field.
    pub plain: Vec<AttrValue>,
    /// The ids of fields with secrets, which are emptied.
    pub secret: Vec<AttrValue>,
}

wire!(struct Screen { title, colours, address, heading, nodes });
wire!(enum Node { 0 => Text(text), 1 => Group(nodes), 2 => Element(element) });
wire!(struct Element { tag, key, attributes, children, act });
wire!(enum Act {
    0 => Click(command), 1 => Submit(submit), 2 => Type(field), 3 => Tick(field), 4 => Files, 5 => Copy(text, command),
    6 => Theme,
});
wire!(struct Submit { command, plain, secret });

impl Element {
    /// With an attribute; instead of the one that it has.
    pub fn set(mut self, name: Attr, value: impl Into<AttrValue>) -> Self {
        self.attributes.retain(|(other, _)| *other != name);
        self.attributes.push((name, value.into()));
        self
    }

    /// With an attribute that is there or not.
    pub fn flag(self, name: Attr, on: bool) -> Self {
        if on { self.set(name, name.name()) } else { self }
    }

    /// With another piece in it.
    pub fn with(mut self, child: impl Into<Node>) -> Self {
        self.children.push(child.into());
        self
    }

    /// With these pieces in it, which keep their places among their neighbours only if their number stays.
    pub fn each<T: Into<Node>>(mut self, children: impl IntoIterator<Item = T>) -> Self {
        self.children.extend(children.into_iter().map(Into::into));
        self
    }

    /// That does something.
    pub fn act(mut self, act: Act) -> Self {
        self.act = Some(act);
        self
    }

    /// With a key.
    pub fn key(mut self, key: impl Into<AttrValue>) -> Self {
        self.key = key.into();
        self
    }
}

impl Node {
    /// Nothing.
    pub fn none() -> Self {
        Self::Group(Vec::new())
    }
}

impl From<Element> for Node {
    fn from(element: Element) -> Self {
        Self::Element(element.into())
    }
}

impl From<AttrValue> for Node {
    fn from(text: AttrValue) -> Self {
        Self::Text(text)
    }
}

impl From<&AttrValue> for Node {
    fn from(text: &AttrValue) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&String> for Node {
    fn from(text: &String) -> Self {
        Self::Text(text.clone().into())
    }
}

impl<T: Into<Node>> From<Option<T>> for Node {
    fn from(node: Option<T>) -> Self {
        Self::Group(node.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Node>> From<Vec<T>> for Node {
    fn from(nodes: Vec<T>) -> Self {
        Self::Group(nodes.into_iter().map(Into::into).collect())
    }
}
