//! What a function returns: which kind of failure, for programs to decide by.

/// What a call came to. The numbers never change their meaning; new ones may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum PosternResult {
    /// Done.
    PosternOk = 0,
    /// The file, the license or a rule says no. Nothing changed.
    PosternRefused = 1,
    /// An argument is wrong: a NULL, bad UTF-8, no id.
    PosternArgument = 2,
    /// The state cannot be read or written.
    PosternState = 3,
    /// The caller's buffer is too small. Nothing was done.
    PosternBuffer = 4,
    /// The verifier was opened before this process forked.
    PosternForked = 5,
    /// A fault of the library. The status tells whether it was done.
    PosternPanic = 6,
}
