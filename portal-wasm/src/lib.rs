//! The Postern portal, in two programs. The *page* (`view`) shows a `screen` and asks; the *desk* (`desk`), a worker, holds
//! documents, keys and the ledger, decides and tells the page what to show. What they say is `talk`, how it is written
//! `wire`; the words are `texts`; the browser behind both is `browser`, the only user of web-sys.

pub mod browser;
pub mod desk;
pub mod screen;
pub mod talk;
pub mod texts;
pub mod view;
pub mod wire;
