//! The one error of the tasks: a text for the person at the terminal.

use std::fmt;

/// What went wrong, in words.
#[derive(Debug)]
pub(crate) struct Fail(String);

/// The result of a task.
pub(crate) type Result<T> = std::result::Result<T, Fail>;

impl Fail {
    /// A failure with this text.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<lexopt::Error> for Fail {
    fn from(error: lexopt::Error) -> Self {
        Self(error.to_string())
    }
}

/// Says what was being done when an error came.
pub(crate) trait During<T> {
    /// Puts `what` before the error.
    fn during(self, what: impl fmt::Display) -> Result<T>;
}

impl<T, E: fmt::Display> During<T> for std::result::Result<T, E> {
    fn during(self, what: impl fmt::Display) -> Result<T> {
        self.map_err(|error| Fail(format!("{what}: {error}")))
    }
}
