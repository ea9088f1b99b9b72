//! vendor
fn main() {}
