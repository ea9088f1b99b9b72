//! Use of the license: features, consumption, seats, sessions, the emergency extension.

use std::ffi::c_char;

use postern_protocol::Time;
use postern_protocol::documents::{Ceiling, FeatureValue};
use postern_verifier::rules::seats::Change;
use postern_verifier::{Balance, Granted, Session, Use};

use crate::edge::{call, id, now, put, text, wanted};
use crate::state::open;
use crate::{PosternError, PosternResult, PosternVerifier};

/// Stands for a number or a time without a limit.
pub const POSTERN_UNLIMITED: u64 = u64::MAX;

/// Bytes of an id, its final NUL included.
pub const POSTERN_ID_SIZE: usize = 65;

/// What users may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum PosternUse {
    /// Everything.
    PosternFull = 0,
    /// Everything; the application warns that the license has ended.
    PosternWarn = 1,
    /// Reading only.
    PosternReadOnly = 2,
    /// Nothing. No function hands this out today: it refuses instead.
    PosternLock = 3,
}

/// A feature that is licensed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PosternGranted {
    /// What users may do.
    pub allowed: PosternUse,
    /// The number that the feature has, or POSTERN_UNLIMITED where it is just on.
    pub limit: u64,
}

/// How a counter stands.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PosternBalance {
    /// Units used in the current period.
    pub used: u64,
    /// Units left before the limit.
    pub left: u64,
    /// Units left in all, those included that are allowed beyond the limit and reported.
    pub left_with_overage: u64,
}

/// A floating session.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PosternSession {
    /// Its id.
    pub id: [c_char; POSTERN_ID_SIZE],
    /// Its last instant, or POSTERN_UNLIMITED.
    pub until: u64,
}

/// Whether a feature is licensed now, from memory: no input or output, no lock. What another process installs is known
/// within a second.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_check(
    verifier: *const PosternVerifier,
    feature: *const c_char,
    granted: *mut PosternGranted,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            let Granted { value, allowed } = open(verifier)?.check(text(feature, "feature")?, now())?;
            let limit = match value {
                FeatureValue::On => POSTERN_UNLIMITED,
                FeatureValue::Number(number) => number,
            };
            let allowed = match allowed {
                Use::Full => PosternUse::PosternFull,
                Use::Warn => PosternUse::PosternWarn,
                Use::ReadOnly => PosternUse::PosternReadOnly,
                Use::Lock => PosternUse::PosternLock,
            };
            put(granted, PosternGranted { allowed, limit });
            Ok(())
        })
    }
}

/// Uses up some units of a counter. They are on the disk before this returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_consume(
    verifier: *const PosternVerifier,
    counter: *const c_char,
    units: u64,
    balance: *mut PosternBalance,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            let Balance { used, left, left_with_overage } =
                open(verifier)?.consume(&id(counter, "counter")?, units, now())?;
            let (left, left_with_overage) = (number(left), number(left_with_overage));
            put(balance, PosternBalance { used, left, left_with_overage });
            Ok(())
        })
    }
}

/// Gives a named seat to a user. A user who holds one keeps it: then not `changed`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_checkout(
    verifier: *const PosternVerifier,
    seat_type: *const c_char,
    user: *const c_char,
    changed: *mut bool,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            let change = open(verifier)?.checkout(&id(seat_type, "seat_type")?, text(user, "user")?, now())?;
            put(changed, change == Change::Made);
            Ok(())
        })
    }
}

/// Takes a named seat back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_release(
    verifier: *const PosternVerifier,
    seat_type: *const c_char,
    user: *const c_char,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            open(verifier)?.release(&id(seat_type, "seat_type")?, text(user, "user")?, now())?;
            Ok(())
        })
    }
}

/// Begins a floating session; `session` may not be NULL. `user` says who it is for, or what. It ends after the longest
/// session of the license, by postern_end_session, or, unless it is `detached`, with the verifier and its process,
/// however that ends.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_begin_session(
    verifier: *const PosternVerifier,
    seat_type: *const c_char,
    user: *const c_char,
    detached: bool,
    session: *mut PosternSession,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            wanted(session, "session")?;
            let (verifier, seat_type, user) = (open(verifier)?, id(seat_type, "seat_type")?, text(user, "user")?);
            let begun = if detached {
                verifier.begin_detached_session(&seat_type, user, now())?
            } else {
                verifier.begin_session(&seat_type, user, now())?
            };
            put(session, told(&begun));
            Ok(())
        })
    }
}

/// Ends a floating session, by its id.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_end_session(
    verifier: *const PosternVerifier,
    session: *const c_char,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            open(verifier)?.end_session(&id(session, "session")?, now())?;
            Ok(())
        })
    }
}

/// Uses the emergency extension: the license that has ended goes on for a while, once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_extend(
    verifier: *const PosternVerifier,
    error: *mut *mut PosternError,
) -> PosternResult {
    // SAFETY: the caller keeps to the header.
    unsafe {
        call(error, || {
            open(verifier)?.extend(now())?;
            Ok(())
        })
    }
}

fn told(session: &Session) -> PosternSession {
    let mut id = [0; POSTERN_ID_SIZE];
    // Ids are ASCII of at most 64 bytes: the last NUL stays.
    let bytes = session.id.as_str().bytes().take(POSTERN_ID_SIZE - 1);
    id.iter_mut().zip(bytes).for_each(|(to, from)| *to = from as c_char);
    PosternSession { id, until: session.until.map_or(POSTERN_UNLIMITED, Time::unix) }
}

/// Numbers in documents stay below 2^53.
fn number(ceiling: Ceiling<u64>) -> u64 {
    match ceiling {
        Ceiling::Limited(number) => number,
        Ceiling::Unlimited => POSTERN_UNLIMITED,
    }
}
