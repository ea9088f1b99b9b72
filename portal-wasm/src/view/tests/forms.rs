//! What forms and buttons show besides what is typed.

use super::*;

#[test]
fn forms_show_what_is_wrong_and_what_is_revealed_until_the_next_step() {
    let world = World::new();
    let mut sealed = loaded(&world);
    sealed.way = Way::Sealed("PEM".into());
    let sealed = Change::Loaded(sealed.into());
    let wrong = Change::Wrong("Type your name".into());
    let html = render(after(vec![sealed.clone(), wrong.clone(), Change::Revealed]));
    shows(&html, &["is-invalid", "field-error", "Type your name", "aria-pressed=\"true\""]);
    assert!(!html.contains("type=\"password\""), "{html}");
    let again = render(after(vec![sealed.clone(), wrong, Change::Busy(Busy::Unlocking), Change::Idle]));
    assert!(!again.contains("field-error"), "sent again, nothing is wrong yet: {again}");
    let anew = render(after(vec![sealed.clone(), Change::Revealed, sealed]));
    shows(&anew, &["type=\"password\"", "aria-pressed=\"false\""]);

    let key = KeyHere { public: postern_testkit::public(&world.portal_key), sealed: None };
    let with_key = vec![Change::NoBundle, Change::Keys(vec![key.clone()])];
    assert!(!render(after(with_key.clone())).contains("Copied"));
    shows(&render(after([with_key, vec![Change::Copied(key.license_code())]].concat())), &["Copied"]);
}

#[test]
fn the_colours_button_offers_the_other_ones() {
    shows(&render(after(vec![Change::NoBundle])), &["Use dark colours"]);
    shows(&render(after(vec![Change::NoBundle, Change::Dark(true)])), &["Use light colours"]);
}
