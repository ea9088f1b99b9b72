//! Runs the property of the same name; see tests/fuzzing.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (postern_fuzzing::target("handover").run)(data));
