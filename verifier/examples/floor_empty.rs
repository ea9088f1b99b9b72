//! A floor for the benches: a process that does nothing.

fn main() {}
