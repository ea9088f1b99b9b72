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

pub mod activate;
pub mod clock;
pub mod clock_repair;
pub mod consumption;
pub mod cycle;
pub mod deactivate;
pub mod enroll;
pub mod expiry;
pub mod extend;
pub mod facts;
pub mod features;
pub mod hearing;
pub mod install;
pub mod install_error;
pub mod meter;
pub mod permit;
pub mod request;
pub mod seats;
pub mod variable;
