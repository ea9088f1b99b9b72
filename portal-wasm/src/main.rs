//! portal-wasm
fn main() {}
