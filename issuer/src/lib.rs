//! The issuing core: inputs → a [`Decision`] or every [`Refusal`] at once → signatures → file and next [`Ledger`].
//!
//! Pure: no clock, no randomness, no I/O. Time and random ids come in as arguments, so the portal (WebAssembly), the
//! vendor tool and the tests share this one implementation, and the same inputs give the same payload bytes.
//!
//! The way through: [`Desk`] → [`examine`] (for a live form) → [`decide_lfr`] → [`Decision::prepare`] →
//! [`Preparation::messages`] → sign → [`Preparation::finish`] → [`Outcome`]. Store the outcome's ledger entries before
//! anything else sees its file. A clock challenge goes the same way by [`examine_clock`] and [`decide_clock`].

mod begin;
mod books;
mod choice;
mod clock;
mod consumption;
mod decision;
mod desk;
mod examine;
mod ledger;
mod ledger_error;
mod lfr;
mod license;
mod outcome;
mod overview;
mod recovery;
mod refusal;
mod refusal_words;
mod rules;
mod seats;
mod spent;
mod token;

pub use begin::begin_ledger;
pub use choice::Choice;
pub use clock::{ClockExamination, decide_clock, examine_clock};
pub use decision::{Change, Decision, SeatChange};
pub use desk::{Desk, chain_for, chains_of};
pub use examine::{Examination, examine};
pub use ledger::{Comparison, Ledger};
pub use ledger_error::LedgerError;
pub use lfr::decide_lfr;
pub use outcome::{FinishError, Outcome, Preparation};
pub use overview::{Machine, Overview, SeatSum, TokenMade, overview};
pub use recovery::Recovery;
pub use refusal::Refusal;
pub use seats::SeatRow;
pub use token::decide_token;
