//! Draws a screen's nodes, and says what is done to them.

use std::cell::RefCell;
use std::rc::Rc;

use yew::html::{onchange, onclick, oninput, onsubmit};
use yew::platform::spawn_local;
use yew::prelude::*;
use yew::virtual_dom::{Key, Listener, VList, VNode, VTag, VText};

use crate::browser::{files, page, theme};
use crate::screen::{Act, Attr, Element, Node, Submit, Tag};
use crate::talk::{Ask, Filled};
use crate::wire::Bytes;

/// Draws, and says what is done to what it drew. Clones share it.
#[derive(Clone)]
pub struct Pen {
    ask: Callback<Ask>,
    last: Rc<RefCell<Option<Edited>>>,
}

/// The field that was changed last: what is typed in it stays as it is, since the desk's answer may come after the next
/// letter. Every other field shows what the desk says.
struct Edited {
    field: Bytes,
    typed: AttrValue,
    ticked: bool,
}

impl Pen {
    /// A pen that says what is done.
    pub fn new(ask: Callback<Ask>) -> Self {
        Self { ask, last: Rc::default() }
    }

    /// Draws nodes.
    pub fn draw(&self, nodes: &[Node]) -> VNode {
        VNode::VList(VList::with_children(nodes.iter().map(|node| self.node(node)).collect(), None).into())
    }

    /// Says something. What was typed before it is the desk's to show.
    pub fn ask(&self, ask: Ask) {
        if !matches!(ask, Ask::Edit(..)) {
            self.last.take();
        }
        self.ask.emit(ask);
    }

    fn node(&self, node: &Node) -> VNode {
        match node {
            Node::Text(text) => VText::new(text.clone()).into(),
            Node::Group(nodes) => self.draw(nodes),
            Node::Element(element) => self.element(element).into(),
        }
    }

    fn element(&self, element: &Element) -> VTag {
        let mut tag = VTag::new(element.tag.name());
        if !element.key.is_empty() {
            tag.key = Some(Key::from(element.key.to_string()));
        }
        for (name, value) in &element.attributes {
            match (element.tag, name) {
                (Tag::Input, Attr::Value) => tag.set_value(Some(value.clone())),
                (Tag::Input, Attr::Checked) => tag.set_checked(!value.is_empty()),
                _ => tag.add_attribute(name.name(), value.clone()),
            }
        }
        tag.add_children(element.children.iter().map(|child| self.node(child)));
        if let Some(act) = &element.act {
            self.keep_typed(&mut tag, act);
            tag.add_listener(self.listener(act.clone()));
        }
        tag
    }

    fn keep_typed(&self, tag: &mut VTag, act: &Act) {
        match (act, self.last.borrow().as_ref()) {
            (Act::Type(field), Some(last)) if last.field == *field && tag.value().is_some() => {
                tag.set_value(Some(last.typed.clone()));
            }
            (Act::Tick(field), Some(last)) if last.field == *field => tag.set_checked(last.ticked),
            _ => {}
        }
    }

    fn listener(&self, act: Act) -> Rc<dyn Listener> {
        let pen = self.clone();
        match act {
            Act::Click(command) => on_click(move || pen.ask(Ask::Command(command.clone()))),
            Act::Copy(text, command) => on_click(move || {
                let (pen, text, command) = (pen.clone(), text.clone(), command.clone());
                spawn_local(async move {
                    if page::copy(&text).await {
                        pen.ask(Ask::Command(command));
                    }
                });
            }),
            Act::Theme => on_click(move || pen.ask(Ask::Dark(theme::switch()))),
            Act::Submit(form) => Rc::new(onsubmit::Wrapper::new(Callback::from(move |event: SubmitEvent| {
                event.prevent_default();
                pen.ask(Ask::Submit(form.command.clone(), filled(&form)));
            }))),
            Act::Type(field) => {
                Rc::new(oninput::Wrapper::new(Callback::from(move |event: InputEvent| pen.edited(&field, &event))))
            }
            Act::Tick(field) => {
                Rc::new(onchange::Wrapper::new(Callback::from(move |event: Event| pen.edited(&field, &event))))
            }
            Act::Files => Rc::new(onchange::Wrapper::new(Callback::from(move |event: Event| {
                let (pen, picked) = (pen.clone(), files::chosen(&event));
                if !picked.is_empty() {
                    spawn_local(async move { pen.ask(Ask::Files(files::read_all(picked).await)) });
                }
            }))),
        }
    }

    fn edited(&self, field: &Bytes, event: &Event) {
        let (typed, ticked) = page::typed(event);
        *self.last.borrow_mut() = Some(Edited { field: field.clone(), typed: typed.clone().into(), ticked });
        self.ask(Ask::Edit(field.clone(), typed, ticked));
    }
}

fn on_click(then: impl Fn() + 'static) -> Rc<dyn Listener> {
    Rc::new(onclick::Wrapper::new(Callback::from(move |_: MouseEvent| then())))
}

/// What a form's fields hold. A blank field leaves the secrets where they are: the desk says what is missing.
fn filled(form: &Submit) -> Filled {
    let plain: Vec<String> = form.plain.iter().map(|id| page::field(id)).collect();
    let blank = plain.iter().any(|text| text.trim().is_empty());
    let secret = if blank { Vec::new() } else { form.secret.iter().map(|id| page::take_secret(id)).collect() };
    Filled { plain, secret }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: u8, value: &str) -> Element {
        Tag::Input.empty().set(Attr::Value, value.to_owned()).act(Act::Type(Bytes(vec![name])))
    }

    fn value(pen: &Pen, element: &Element) -> Option<String> {
        pen.element(element).value().map(ToString::to_string)
    }

    #[test]
    fn what_is_typed_is_not_taken_back_and_every_other_field_follows_the_desk() {
        let asked = Rc::new(RefCell::new(0));
        let pen = Pen::new(Callback::from({
            let asked = asked.clone();
            move |_| *asked.borrow_mut() += 1
        }));
        let last = Edited { field: Bytes(vec![1]), typed: "12".into(), ticked: false };
        pen.last.replace(Some(last));
        // The desk has heard only of the first letter yet.
        assert_eq!(value(&pen, &field(1, "1")), Some("12".into()));
        assert_eq!(value(&pen, &field(2, "1")), Some("1".into()));
        pen.ask(Ask::Edit(Bytes(vec![1]), "12".into(), false));
        assert_eq!(value(&pen, &field(1, "1")), Some("12".into()));
        // A command came after it: whatever the desk shows then knows of it.
        pen.ask(Ask::Command(Bytes(vec![])));
        assert_eq!(value(&pen, &field(1, "0")), Some("0".into()));
        assert_eq!(*asked.borrow(), 2);
    }

    #[test]
    fn boxes_are_ticked_as_the_desk_says_or_as_they_were_ticked_last() {
        let pen = Pen::new(Callback::noop());
        let ticked = |pen: &Pen, on: &'static str| {
            let tick = Tag::Input.empty().set(Attr::Checked, on).act(Act::Tick(Bytes(vec![1])));
            pen.element(&tick).checked()
        };
        assert_eq!((ticked(&pen, "checked"), ticked(&pen, "")), (Some(true), Some(false)));
        pen.last.replace(Some(Edited { field: Bytes(vec![1]), typed: "on".into(), ticked: true }));
        assert_eq!(ticked(&pen, ""), Some(true));
    }

    #[test]
    fn a_field_without_a_value_is_left_alone() {
        let secret = Tag::Input.empty().set(Attr::Type, "password");
        assert_eq!(value(&Pen::new(Callback::noop()), &secret), None);
    }
}
