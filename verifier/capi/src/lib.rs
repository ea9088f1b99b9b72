//! The verifier for C, and for every language that can call C: the one place where pointers come in.
//!
//! The header is `include/postern.h`; `cargo xtask header` writes it from this crate. It says what callers owe: every
//! pointer is NULL, where that is allowed, or valid for what its argument says, for as long as the call lasts.
//!
//! Time comes from the system's clock, read once per call: a caller cannot set it.

// The contract of all functions is the header's preamble; repeated thirty times nobody would read it.
#![allow(clippy::missing_safety_doc)]

mod edge;
mod error;
mod files;
mod result;
mod state;
mod uses;

pub use error::*;
pub use files::*;
pub use result::*;
pub use state::*;
pub use uses::*;

/// The version of the functions and types in this header. It changes when a program that was compiled with an older
/// header would go wrong with a newer library.
pub const POSTERN_ABI_VERSION: u32 = 2;

/// The POSTERN_ABI_VERSION that the library was built with.
#[unsafe(no_mangle)]
pub extern "C" fn postern_abi_version() -> u32 {
    POSTERN_ABI_VERSION
}
