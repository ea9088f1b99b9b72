//! The page: sets the panic hook first, so that whatever goes wrong while mounting is shown too.

use postern_portal::browser::{crash, page};
use postern_portal::view::app::App;

fn main() {
    yew::set_custom_panic_hook(Box::new(crash::show));
    match page::root() {
        Some(root) => {
            yew::Renderer::<App>::with_root(root).render();
        }
        None => crash::show_text("The page has no element with the id \"app\"."),
    }
}
