//! Icons on a 24-pixel grid, and Postern's mark.

use crate::screen::{Attr, Element, Tag};

/// A tray with an arrow: drop something here.
pub(super) const DROP: &str = "M12 3v11M7.5 9.8 12 14.3l4.5-4.5M4 15v4a1.5 1.5 0 0 0 1.5 1.5h13A1.5 1.5 0 0 0 20 19v-4";
/// A key.
pub(super) const KEY: &str =
    "M14.5 3.5a6 6 0 1 0-4.6 9.7L12 15.3h2.4v2.4h2.4V20h3.7v-3.7l-5.9-5.9a6 6 0 0 0-.1-6.9zM8.2 8.2v.1";
/// A folder: open a file.
pub(super) const FOLDER: &str =
    "M3.5 18.5v-12A1.5 1.5 0 0 1 5 5h4.2l2 2.2H19a1.5 1.5 0 0 1 1.5 1.5v9.8a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1z";
/// A closed lock.
pub(super) const LOCK: &str =
    "M6.5 11h11a1 1 0 0 1 1 1v7.5a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1V12a1 1 0 0 1 1-1zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11";
/// A magnifying glass.
pub(super) const LOOK: &str = "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.3 15.3 20.5 20.5";
/// A cross.
pub(super) const CLOSE: &str = "M6 6l12 12M18 6 6 18";
/// The moon.
pub(super) const MOON: &str = "M20 14.2A8 8 0 0 1 9.8 4 8 8 0 1 0 20 14.2z";
/// The sun.
pub(super) const SUN: &str = "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4";

/// An icon that says nothing to screen readers.
pub(super) fn icon(path: &'static str) -> Element {
    let path = Tag::Path.empty().set(Attr::D, path);
    Tag::Svg.class("icon").set(Attr::ViewBox, "0 0 24 24").set(Attr::AriaHidden, "true").with(path)
}

/// Postern's mark: the arched gate in a castle wall.
pub(super) fn gate() -> Element {
    let part = |class, path: &'static str| Tag::Path.class(class).set(Attr::D, path);
    Tag::Svg
        .class("brand-mark")
        .set(Attr::ViewBox, "0 0 32 32")
        .set(Attr::AriaHidden, "true")
        .set(Attr::Focusable, "false")
        .with(part(
            "brand-wall",
            "M3 6a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1v2h4V6a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1v2h4V6a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1v19a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3z",
        ))
        .with(part("brand-arch", "M10 28v-8a6 6 0 0 1 12 0v8z"))
        .with(part("brand-bars", "M14 28V14.4M18 28V14.4M10 21h12"))
}
