//! The rules of design §5 on the machine's side: pure, with the time given in.

/// `From` for each error that an operation's error passes on as it is.
macro_rules! passes_on {
    ($error:ident { $($variant:ident: $inner:ty),+ $(,)? }) => {$(
        impl From<$inner> for $error {
            fn from(error: $inner) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}
pub(crate) use passes_on;

pub mod clock;
pub mod cycle;
pub mod enroll;
pub mod expiry;
pub mod facts;
pub mod install;
pub mod install_error;
pub mod request;
pub mod seats;
