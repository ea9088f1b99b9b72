//! The issuing core: inputs → a [`Decision`] or every [`Refusal`] at once → signatures → file and next [`Ledger`].
//!
//! Pure: no clock, no randomness, no I/O. Time and random ids come in as arguments, so the portal (WebAssembly), the
//! vendor tool and the tests share this one implementation, and the same inputs give the same payload bytes.
//!
//! The way through: [`Desk`] → [`examine`] (for a live form) → [`decide_license`] → [`Decision::prepare`] →
//! [`Preparation::messages`] → sign → [`Preparation::finish`] → [`Outcome`]. Store the outcome's ledger entries before
//! anything else sees its file. A clock challenge goes the same way by [`examine_clock`] and [`decide_clock`]; deactivations,
//! reports, refreshes and releases each by the function that decides them.

mod answer;
pub mod audit;
mod begin;
mod books;
mod carried;
mod child_ledger;
mod child_refusal;
mod children;
mod choice;
mod clock;
mod consumption;
mod decision;
mod delegate;
mod desk;
mod examine;
mod handover;
mod holders;
mod ledger;
mod ledger_error;
mod license;
mod outcome;
mod overview;
mod reconcile;
mod recovery;
mod refresh;
mod refusal;
mod refusal_words;
mod release;
mod request_rules;
mod rules;
mod seats;
mod server_terms;
mod settle;
mod shown;
mod spent;
mod token;

pub use answer::decide_license;
pub use begin::{begin_ledger, begin_own_ledger};
pub use child_ledger::decide_child_ledger;
pub use child_refusal::ChildRefusal;
pub use children::{ChildServer, children};
pub use choice::Choice;
pub use clock::{ClockExamination, decide_clock, examine_clock};
pub use decision::{Change, Decision, SeatChange};
pub use delegate::{decide_renewal, decide_server, decide_standing};
pub use desk::{Desk, chain_for, chains_of, find_chain, self_service};
pub use examine::{Examination, examine};
pub use handover::{
    Handed, HandedOver, HandoverError, HandoverPreparation, decide_handover, decide_take_over, prepare_handover,
};
pub use ledger::{Comparison, Ledger};
pub use ledger_error::LedgerError;
pub use outcome::{FinishError, Outcome, Preparation};
pub use overview::{Machine, Overview, SeatSum, TokenMade, live_machines, overview};
pub use reconcile::{base_of_branches, base_of_ledger, base_of_requests};
pub use recovery::Recovery;
pub use refresh::decide_refresh;
pub use refusal::Refusal;
pub use release::decide_release;
pub use seats::SeatRow;
pub use server_terms::ServerTerms;
pub use settle::{decide_settlement, decide_sync};
pub use token::decide_token;
