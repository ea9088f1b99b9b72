//! What failed: a stable code, what happened, what to do.

use std::ffi::{CString, c_char};

use postern_protocol::Explain;
use postern_verifier::rules::activate::ActivateError;
use postern_verifier::rules::clock_repair::RepairError;
use postern_verifier::rules::consumption::ConsumeError;
use postern_verifier::rules::deactivate::DeactivateError;
use postern_verifier::rules::enroll::EnrollError;
use postern_verifier::rules::extend::ExtendError;
use postern_verifier::rules::features::FeatureError;
use postern_verifier::rules::install_error::InstallError;
use postern_verifier::rules::request::RequestError;
use postern_verifier::rules::seats::SeatError;
use postern_verifier::rules::variable::VariableError;
use postern_verifier::{PinError, StateError};

use crate::PosternResult;

/// What failed. The caller frees it with postern_error_free.
pub struct PosternError {
    code: CString,
    message: CString,
    advice: CString,
}

impl PosternError {
    pub(crate) fn new(failure: Failure) -> Self {
        let Failure { code, message, advice, .. } = failure;
        Self { code: text(code.into()), message: text(message), advice: text(advice) }
    }
}

/// Text for C: a NUL inside would end it early.
fn text(text: String) -> CString {
    CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default()
}

/// The stable code; docs/errors.md lists them. Valid until the error is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_error_code(error: *const PosternError) -> *const c_char {
    // SAFETY: NULL, or an error of this library that was not freed.
    unsafe { error.as_ref() }.map_or(std::ptr::null(), |error| error.code.as_ptr())
}

/// What happened, in a sentence for people. Valid until the error is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_error_message(error: *const PosternError) -> *const c_char {
    // SAFETY: NULL, or an error of this library that was not freed.
    unsafe { error.as_ref() }.map_or(std::ptr::null(), |error| error.message.as_ptr())
}

/// What to do, for people. Valid until the error is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_error_advice(error: *const PosternError) -> *const c_char {
    // SAFETY: NULL, or an error of this library that was not freed.
    unsafe { error.as_ref() }.map_or(std::ptr::null(), |error| error.advice.as_ptr())
}

/// Frees an error; NULL is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn postern_error_free(error: *mut PosternError) {
    if !error.is_null() {
        // SAFETY: an error of this library, made by Box, that was not freed.
        drop(unsafe { Box::from_raw(error) });
    }
}

/// Why a call failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) result: PosternResult,
    code: &'static str,
    message: String,
    advice: String,
}

impl Failure {
    fn of(error: &dyn Explain, result: PosternResult) -> Self {
        Self { result, code: error.code(), message: error.to_string(), advice: error.advice() }
    }

    /// A pointer that has to point to something does not.
    pub(crate) fn null(argument: &str) -> Self {
        Self {
            result: PosternResult::PosternArgument,
            code: "argument-null",
            message: format!("The argument '{argument}' is NULL."),
            advice: "Pass what the header says.".into(),
        }
    }

    /// A text is not UTF-8.
    pub(crate) fn not_text(argument: &str) -> Self {
        Self {
            result: PosternResult::PosternArgument,
            code: "argument-text",
            message: format!("The argument '{argument}' is not UTF-8."),
            advice: "Pass text as UTF-8 that ends with a NUL.".into(),
        }
    }

    /// A text is not what it should be.
    pub(crate) fn not_valid(argument: &str, why: &str) -> Self {
        Self {
            result: PosternResult::PosternArgument,
            code: "argument-invalid",
            message: format!("The argument '{argument}' cannot be used: {why}."),
            advice: "Pass what the header says.".into(),
        }
    }

    /// The caller's buffer does not suffice.
    pub(crate) fn small(needed: usize) -> Self {
        Self {
            result: PosternResult::PosternBuffer,
            code: "buffer-too-small",
            message: format!("The buffer is too small: {needed} bytes are needed."),
            advice: "Call again with a larger buffer; nothing was done.".into(),
        }
    }

    /// The library has a fault.
    pub(crate) fn panicked() -> Self {
        Self {
            result: PosternResult::PosternPanic,
            code: "library-fault",
            message: "The library has failed inside.".into(),
            advice: "Look at the status for whether it was done. Please report this as a fault of the library, with what it \
                     printed to standard error."
                .into(),
        }
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        let result = match error {
            StateError::Forked => PosternResult::PosternForked,
            _ => PosternResult::PosternState,
        };
        Self::of(&error, result)
    }
}

/// Errors of an operation: refusals, but for what the state itself cannot do.
macro_rules! refusals {
    ($($error:ident),+) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                match error {
                    $error::State(error) => error.into(),
                    error => Self::of(&error, PosternResult::PosternRefused),
                }
            }
        }
    )+};
}
refusals!(
    PinError,
    EnrollError,
    RequestError,
    InstallError,
    SeatError,
    FeatureError,
    ConsumeError,
    ExtendError,
    RepairError,
    DeactivateError,
    ActivateError,
    VariableError
);
