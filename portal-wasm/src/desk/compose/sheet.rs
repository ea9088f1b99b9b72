//! A page or step as it is composed: its heading, and what stands below it.

use yew::AttrValue;

use crate::screen::{Attr, Node, Tag};

/// A page or step.
pub(super) struct Sheet {
    /// What it is: another page's elements are drawn anew, and keep nothing of this one's fields.
    pub kind: String,
    /// The step of the main job, counted from 1; none on other pages.
    pub step: Option<usize>,
    /// The heading that takes the focus; empty if there is none.
    pub heading: AttrValue,
    /// What is drawn.
    pub nodes: Vec<Node>,
}

impl Sheet {
    /// A page without a heading of its own.
    pub(super) fn bare(kind: impl Into<String>, node: impl Into<Node>) -> Self {
        Self { kind: kind.into(), step: None, heading: AttrValue::default(), nodes: vec![node.into()] }
    }

    /// A page with its heading and one sentence below it.
    pub(super) fn new(kind: impl Into<String>, title: impl Into<AttrValue>, lead: impl Into<AttrValue>) -> Self {
        Self::with_acts(kind, title, lead, Node::none())
    }

    /// A page with buttons beside its heading.
    pub(super) fn with_acts(
        kind: impl Into<String>,
        title: impl Into<AttrValue>,
        lead: impl Into<AttrValue>,
        acts: impl Into<Node>,
    ) -> Self {
        let (title, lead) = (title.into(), lead.into());
        let texts = Tag::Div
            .with(Tag::H1.with(&title).set(Attr::Tabindex, "-1"))
            .with((!lead.is_empty()).then(|| Tag::P.class("lead").with(lead)));
        let head = Tag::Div.class("page-head").with(texts).with(acts);
        Self { heading: title, ..Self::bare(kind, head) }
    }

    /// With one more piece below.
    pub(super) fn with(mut self, node: impl Into<Node>) -> Self {
        self.nodes.push(node.into());
        self
    }

    /// With a line above everything else.
    pub(super) fn led(mut self, node: impl Into<Node>) -> Self {
        self.nodes.insert(0, node.into());
        self
    }

    /// A step of the main job.
    pub(super) fn step(mut self, step: usize) -> Self {
        self.step = Some(step);
        self
    }

    /// What is drawn, each element known by the page that it belongs to.
    pub(super) fn into_nodes(mut self) -> Vec<Node> {
        for (index, node) in self.nodes.iter_mut().enumerate() {
            key_by_place(node, &format!("{}/{index}", self.kind));
        }
        self.nodes
    }
}

fn key_by_place(node: &mut Node, key: &str) {
    match node {
        Node::Element(element) if element.key.is_empty() => element.key = key.to_owned().into(),
        Node::Group(nodes) => {
            nodes.iter_mut().enumerate().for_each(|(index, node)| key_by_place(node, &format!("{key}/{index}")));
        }
        _ => {}
    }
}
