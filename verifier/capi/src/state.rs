//! The state: pinning a root, opening, closing, status, clock.

use std::ffi::c_char;
use std::path::Path;

use postern_protocol::TrustAnchor;
use postern_protocol::trust::AnchorError;
use postern_verifier::Verifier;

use crate::edge::{Buffer, bytes, call, given, make, now, put, text, wanted};
use crate::error::Failure;
use crate::{PosternError, PosternResult};

/// An open state directory.
pub struct PosternVerifier(Verifier);

/// A clock that was repaired.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PosternRepaired {
    /// The ticket's time.
    pub time: u64,
    /// Seconds that the earliest time went back which the clock may show.
    pub back: u64,
    /// Whether a request was open: it is void now.
    pub voided_request: bool,
}

/// Makes the state in a directory and pins the root of a trust file: the first step on a new machine. Where there is
/// state of the same root, nothing changes.
///
/// With an anchor, any other root is refused; without one, somebody has to compare the digest in the status. An anchor is
/// what an application compiles in: the product, and the digest of the vendor's first trust document, PRODUCT@sha256:…
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_pin(
    directory: *const c_char,
    anchor: *const c_char,
    trust: *const u8,
    trust_length: usize,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            let directory = Path::new(text(directory, "directory")?);
            let expected = known(anchor)?.map(|anchor| anchor.root);
            postern_verifier::pin(directory, bytes(trust, trust_length, "trust")?, expected, now())?;
            Ok(())
        })
    }
}

/// Opens a state directory. With an anchor, state of any other root is refused. `verifier` may not be NULL. The caller
/// closes what it gets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_open(
    directory: *const c_char,
    anchor: *const c_char,
    verifier: *mut *mut PosternVerifier,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            wanted(verifier, "verifier")?;
            let directory = Path::new(text(directory, "directory")?);
            let opened = Verifier::open(known(anchor)?.as_ref(), directory)?;
            put(verifier, Box::into_raw(Box::new(PosternVerifier(opened))));
            Ok(())
        })
    }
}

/// Closes a verifier; NULL is none. Its sessions end, but for detached ones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_close(verifier: *mut PosternVerifier) {
    // SAFETY: NULL, or a verifier of this library, made by Box, that was not closed.
    unsafe {
        call(std::ptr::null_mut(), || {
            if !verifier.is_null() {
                drop(Box::from_raw(verifier));
            }
            Ok(())
        })
    };
}

/// How everything stands, as JSON text; verifier/docs/status.md says what is in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_status(
    verifier: *const PosternVerifier,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            let buffer = Buffer::new(buffer.cast(), capacity, length);
            buffer.fill_text(json(&open(verifier)?.status(now())?)?)
        })
    }
}

/// Makes a clock challenge, which a time ticket answers. It voids the challenge before it. `capacity` must be at least
/// POSTERN_FILE_CAPACITY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_clock_challenge(
    verifier: *const PosternVerifier,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe { make(Buffer::new(buffer, capacity, length), error, || Ok(open(verifier)?.clock_challenge(now())?.file)) }
}

/// Installs the time ticket that answers the newest challenge.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_repair_clock(
    verifier: *const PosternVerifier,
    ticket: *const u8,
    ticket_length: usize,
    repaired: *mut PosternRepaired,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            let done = open(verifier)?.repair_clock(bytes(ticket, ticket_length, "ticket")?, now())?;
            let (time, back, voided_request) = (done.time.unix(), done.back, done.voided_request);
            put(repaired, PosternRepaired { time, back, voided_request });
            Ok(())
        })
    }
}

/// The verifier behind a handle.
///
/// # Safety
/// As [`given`].
pub(crate) unsafe fn open<'a>(verifier: *const PosternVerifier) -> Result<&'a Verifier, Failure> {
    // SAFETY: as this function's caller promises.
    unsafe { given(verifier, "verifier") }.map(|verifier| &verifier.0)
}

/// The anchor, where one is given.
///
/// # Safety
/// As [`text`].
unsafe fn known(anchor: *const c_char) -> Result<Option<TrustAnchor>, Failure> {
    if anchor.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function's caller promises.
    let text = unsafe { text(anchor, "anchor") }?;
    text.parse().map(Some).map_err(|error: AnchorError| Failure::not_valid("anchor", &error.to_string()))
}

/// What the library says as JSON.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    // Structs of strings, integers and lists: encoding these into memory does not fail.
    serde_json::to_string(value).map_err(|_| Failure::panicked())
}
