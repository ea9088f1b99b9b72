//! Errors in pairs: every error that a person can see says what happened and what to do, under a stable code.

/// What every error of Postern can tell: a stable code, what happened (`Display`), and what to do.
///
/// Codes are listed in `docs/errors.md`; they never change meaning.
pub trait Explain: std::fmt::Display {
    /// The stable code, for scripts and support.
    fn code(&self) -> &'static str;
    /// What the reader can do about it: one or two plain sentences.
    fn advice(&self) -> String;
}
