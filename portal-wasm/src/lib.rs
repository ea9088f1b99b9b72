//! The Postern portal, in two programs. The *desk* (`desk`), a worker, holds documents, keys and the ledger, decides, and
//! composes each page: a `screen`. The *page* (`view`) draws it and says what is done to it. What they say is `talk`, how
//! it is written `wire`; the words are `texts`; the browser behind both is `browser`, the only user of web-sys.

pub mod browser;
pub mod desk;
pub mod screen;
pub mod talk;
pub mod texts;
pub mod view;
pub mod wire;
