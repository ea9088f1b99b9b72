//! The edge itself: pointers become references, failures and panics become results.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{SystemTime, UNIX_EPOCH};

use postern_protocol::{Id, Time};

use crate::error::Failure;
use crate::{POSTERN_FILE_CAPACITY, PosternError, PosternResult};

/// Runs a call: nothing unwinds out of it, and its failure goes to the caller.
///
/// # Safety
/// `error` is NULL or points to a pointer that can be written.
pub(crate) unsafe fn call(
    error: *mut *mut PosternError,
    operation: impl FnOnce() -> Result<(), Failure>,
) -> PosternResult {
    let done = catch_unwind(AssertUnwindSafe(operation)).unwrap_or_else(|payload| {
        // What was thrown is the panic's own affair: dropping it could panic again.
        std::mem::forget(payload);
        Err(Failure::panicked())
    });
    let (result, told) = match done {
        Ok(()) => (PosternResult::PosternOk, std::ptr::null_mut()),
        Err(failure) => {
            let result = failure.result;
            let tell = || Box::into_raw(Box::new(PosternError::new(failure)));
            (result, if error.is_null() { error.cast() } else { tell() })
        }
    };
    // SAFETY: as this function's caller promises.
    unsafe { put(error, told) };
    result
}

/// Runs a call that makes a file. What is made cannot be taken back, so the buffer must hold any file beforehand.
///
/// # Safety
/// As [`call`].
pub(crate) unsafe fn make(
    buffer: Buffer,
    error: *mut *mut PosternError,
    operation: impl FnOnce() -> Result<Vec<u8>, Failure>,
) -> PosternResult {
    let made = || {
        buffer.room(POSTERN_FILE_CAPACITY)?;
        buffer.fill(&operation()?)
    };
    // SAFETY: as this function's caller promises.
    unsafe { call(error, made) }
}

/// The system's clock. A clock before 1970 is behind every floor.
pub(crate) fn now() -> Time {
    Time::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

/// What an argument points to.
///
/// # Safety
/// `pointer` is NULL or valid for as long as the call lasts.
pub(crate) unsafe fn given<'a, T>(pointer: *const T, argument: &str) -> Result<&'a T, Failure> {
    // SAFETY: as this function's caller promises.
    unsafe { pointer.as_ref() }.ok_or_else(|| Failure::null(argument))
}

/// Refuses to do anything for a caller who does not take the outcome.
pub(crate) fn wanted<T>(out: *mut T, argument: &str) -> Result<(), Failure> {
    if out.is_null() { Err(Failure::null(argument)) } else { Ok(()) }
}

/// A text.
///
/// # Safety
/// `pointer` is NULL or points to bytes that end with a NUL, valid for as long as the call lasts.
pub(crate) unsafe fn text<'a>(pointer: *const c_char, argument: &str) -> Result<&'a str, Failure> {
    if pointer.is_null() {
        return Err(Failure::null(argument));
    }
    // SAFETY: as this function's caller promises.
    unsafe { CStr::from_ptr(pointer) }.to_str().map_err(|_| Failure::not_text(argument))
}

/// An id.
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn id(pointer: *const c_char, argument: &str) -> Result<Id, Failure> {
    // SAFETY: as this function's caller promises.
    let text = unsafe { text(pointer, argument) }?;
    text.parse().map_err(|error: postern_protocol::id::IdError| Failure::not_valid(argument, &error.to_string()))
}

/// Bytes.
///
/// # Safety
/// `pointer` is NULL or valid for `length` bytes for as long as the call lasts.
pub(crate) unsafe fn bytes<'a>(pointer: *const u8, length: usize, argument: &str) -> Result<&'a [u8], Failure> {
    if isize::try_from(length).is_err() {
        return Err(Failure::not_valid(argument, "no object is that long"));
    }
    match (pointer.is_null(), length) {
        (true, 0) => Ok(&[]),
        (true, _) => Err(Failure::null(argument)),
        // SAFETY: as this function's caller promises; the length was looked at.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(pointer, length) }),
    }
}

/// Writes an out-argument, where the caller wants it.
///
/// # Safety
/// `out` is NULL or can be written.
pub(crate) unsafe fn put<T>(out: *mut T, value: T) {
    if !out.is_null() {
        // SAFETY: as this function's caller promises.
        unsafe { out.write(value) };
    }
}

/// A buffer of the caller's.
#[derive(Clone, Copy)]
pub(crate) struct Buffer {
    data: *mut u8,
    capacity: usize,
    length: *mut usize,
}

impl Buffer {
    /// # Safety
    /// `data` is NULL or can be written for `capacity` bytes, and `length` is NULL or can be written, for as long as the
    /// call lasts.
    pub(crate) unsafe fn new(data: *mut u8, capacity: usize, length: *mut usize) -> Self {
        // Whoever asks how much is needed needs no buffer.
        Self { data, capacity: if data.is_null() { 0 } else { capacity }, length }
    }

    /// Refuses a buffer that has no room for this many bytes, before anything is done.
    pub(crate) fn room(&self, needed: usize) -> Result<(), Failure> {
        if self.capacity >= needed {
            return Ok(());
        }
        // SAFETY: `new`'s caller promised.
        unsafe { put(self.length, needed) };
        Err(Failure::small(needed))
    }

    /// Hands over bytes.
    pub(crate) fn fill(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.room(bytes.len())?;
        // SAFETY: `new`'s caller promised; there is room. Nothing of the caller's overlaps memory of ours.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.data, bytes.len());
            put(self.length, bytes.len());
        }
        Ok(())
    }

    /// Hands over a text and its final NUL, which does not count.
    pub(crate) fn fill_text(&self, text: String) -> Result<(), Failure> {
        let length = text.len();
        let mut bytes = text.into_bytes();
        bytes.push(0);
        self.fill(&bytes)?;
        // SAFETY: `new`'s caller promised.
        unsafe { put(self.length, length) };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    #[test]
    fn a_panic_becomes_a_result() {
        let mut error = std::ptr::null_mut();
        // SAFETY: the pointers are of this function's own.
        let result = unsafe { call(&raw mut error, || panic!("provoked")) };
        assert_eq!(result, PosternResult::PosternPanic);
        // SAFETY: as above.
        let code = unsafe { CStr::from_ptr(crate::postern_error_code(error)) };
        assert_eq!(code.to_str().unwrap(), "library-fault");
        // SAFETY: as above; freed once.
        unsafe { crate::postern_error_free(error) };
    }

    #[test]
    fn no_object_is_longer_than_half_of_memory() {
        // SAFETY: the length is refused before anything is read.
        let refused = unsafe { bytes(std::ptr::dangling(), usize::MAX, "file") };
        assert_eq!(refused.unwrap_err().result, PosternResult::PosternArgument);
    }
}
