//! The files that cross the gap: tokens and licenses in, requests and deactivations out.

use postern_protocol::{Limits, Time};
use postern_verifier::{Activation, Requested};
use serde_json::json;

use crate::edge::{Buffer, bytes, call, id, make, now, put, text};
use crate::state::{json, open};
use crate::{PosternError, PosternResult, PosternVerifier};

use std::ffi::c_char;

/// A buffer of this capacity holds every file that the library makes.
pub const POSTERN_FILE_CAPACITY: usize = 2 << 20;

const _: () = assert!(POSTERN_FILE_CAPACITY == Limits::DEFAULT.file_bytes);

/// A request that was made.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PosternRequested {
    /// The cycle.
    pub cycle: u64,
    /// The request's number in it.
    pub number: u64,
    /// The last instant at which its answer can be installed.
    pub install_until: u64,
    /// The machine locks after this instant unless an answer was installed; 0 for one that activates its license.
    pub locked_after: u64,
    /// Whether this state was rolled back or copied: then the request asks to accept the machine again.
    pub rolled_back: bool,
}

impl From<&Requested> for PosternRequested {
    fn from(made: &Requested) -> Self {
        Self {
            cycle: made.cycle,
            number: made.number,
            install_until: made.install_until.unix(),
            locked_after: made.locked_after.map_or(0, Time::unix),
            rolled_back: made.fork.is_some(),
        }
    }
}

/// Installs an enablement token. `unlocked`: whether the machine was locked until now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_enroll(
    verifier: *const PosternVerifier,
    token: *const u8,
    token_length: usize,
    unlocked: *mut bool,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            let enrolled = open(verifier)?.enroll(bytes(token, token_length, "token")?, now())?;
            put(unlocked, enrolled.unlocked);
            Ok(())
        })
    }
}

/// Makes the next license file request; it voids all before it. With `names`, users are named in it. `capacity` must be
/// at least POSTERN_FILE_CAPACITY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_request(
    verifier: *const PosternVerifier,
    names: bool,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
    requested: *mut PosternRequested,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        make(Buffer::new(buffer, capacity, length), error, || {
            let made = open(verifier)?.request(names, now())?;
            put(requested, PosternRequested::from(&made));
            Ok(made.file)
        })
    }
}

/// Asks for the license that a license key stands for, or a user and password: `user` is NULL for a license key.
/// `license_id` is NULL, or names one of the licenses that the key or the user has. With `again` a license that is
/// activated here is asked for once more; without it that is refused as `activated-already`.
/// The secret is not kept. `capacity` must be at least POSTERN_FILE_CAPACITY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_activate(
    verifier: *const PosternVerifier,
    user: *const c_char,
    secret: *const c_char,
    license_id: *const c_char,
    again: bool,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
    requested: *mut PosternRequested,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        make(Buffer::new(buffer, capacity, length), error, || {
            let user = if user.is_null() { None } else { Some(text(user, "user")?) };
            let license_id = if license_id.is_null() { None } else { Some(id(license_id, "license_id")?) };
            let (secret, license_id) = (text(secret, "secret")?, license_id.as_ref());
            let activation = Activation { user, secret, license_id, again, names: false };
            let made = open(verifier)?.activate(&activation, now())?;
            put(requested, PosternRequested::from(&made));
            Ok(made.file)
        })
    }
}

/// Makes a report of what was used; it voids nothing, and no answer comes back. `capacity` must be at least
/// POSTERN_FILE_CAPACITY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_report(
    verifier: *const PosternVerifier,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe { make(Buffer::new(buffer, capacity, length), error, || Ok(open(verifier)?.report(false, now())?.file)) }
}

/// Sets a device variable, which travels in requests and deactivations; a NULL value removes it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_set_variable(
    verifier: *const PosternVerifier,
    name: *const c_char,
    value: *const c_char,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            let name = id(name, "name")?;
            let verifier = open(verifier)?;
            if value.is_null() {
                verifier.remove_variable(&name, now())?;
            } else {
                verifier.set_variable(&name, text(value, "value")?, now())?;
            }
            Ok(())
        })
    }
}

/// The value of a device variable; `variable-unknown` where there is none of this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_get_variable(
    verifier: *const PosternVerifier,
    name: *const c_char,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            let buffer = Buffer::new(buffer.cast(), capacity, length);
            buffer.fill_text(open(verifier)?.variable(&id(name, "name")?)?.value)
        })
    }
}

/// Installs a license file; or takes from a bundle what is new about this machine: revocations, and newer trust. The very
/// license in force again, or a bundle without news, is no error and changes nothing: then `already_installed`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_install(
    verifier: *const PosternVerifier,
    file: *const u8,
    file_length: usize,
    already_installed: *mut bool,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            let done = open(verifier)?.install(bytes(file, file_length, "file")?, now())?;
            put(already_installed, done.already_installed);
            Ok(())
        })
    }
}

/// Says what postern_install would do, and changes nothing: JSON text with `already_installed`, `news`, null or what a
/// bundle brings, and `before` and `after`, each null or what is licensed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_rehearse_install(
    verifier: *const PosternVerifier,
    file: *const u8,
    file_length: usize,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            let buffer = Buffer::new(buffer.cast(), capacity, length);
            let told = open(verifier)?.rehearse_install(bytes(file, file_length, "file")?, now())?;
            buffer.fill_text(json(&json!({
                "already_installed": told.already_installed, "news": told.news, "before": told.before,
                "after": told.after,
            }))?)
        })
    }
}

/// Gives the license back, for ever, and makes the file that says so. Called again, it gives out the same file.
/// `capacity` must be at least POSTERN_FILE_CAPACITY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_deactivate(
    verifier: *const PosternVerifier,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe { make(Buffer::new(buffer, capacity, length), error, || Ok(open(verifier)?.deactivate(now())?.file)) }
}
