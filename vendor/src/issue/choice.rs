//! A license as it is chosen on the command line: seats, dates, and whether a restored machine is accepted.

use std::str::FromStr;

use postern_issuer::{Choice, Examination};
use postern_protocol::documents::{Ceiling, Purpose};
use postern_protocol::{Id, Time};

#[derive(Debug, clap::Args)]
pub(crate) struct Chosen {
    /// Seats of each type, as bot-creator=5,bot-runner=3; a type that is left out gets none; an
    /// activation without any gets all that is free
    #[arg(long, value_name = "TYPE=N,…", value_delimiter = ',')]
    seats: Vec<Seats>,
    /// The license's first day or instant; default: today
    #[arg(long, value_name = "DAY")]
    start: Option<Day>,
    /// The license's last day or instant, or "unlimited"; default: as long as the entitlement allows
    #[arg(long, value_name = "DAY")]
    end: Option<End>,
    /// Accept a machine that was restored or rebuilt and asks for it; counts with the machines released as dead
    #[arg(long)]
    accept_fork: bool,
}

impl Chosen {
    /// Whether anything was chosen.
    pub(crate) fn any(&self) -> bool {
        !self.seats.is_empty() || self.start.is_some() || self.end.is_some() || self.accept_fork
    }

    /// The choice, with what was left out filled in as a portal's form would.
    pub(crate) fn of(&self, purpose: Purpose, examination: &Examination) -> Choice {
        let start = match self.start {
            None => examination.start_default,
            Some(Day::Date(day)) => examination.start_on(day),
            Some(Day::Instant(instant)) => instant,
        };
        let end = match self.end {
            None => examination.end_max_from(start),
            Some(End::Unlimited) => Ceiling::Unlimited,
            Some(End::Day(Day::Date(day))) => Ceiling::Limited(examination.end_on(start, day)),
            Some(End::Day(Day::Instant(instant))) => Ceiling::Limited(instant),
        };
        let seats = match purpose {
            // One machine's license: all that is free, where nothing else is said.
            Purpose::Activation if self.seats.is_empty() => examination.default_choice().seats,
            _ => self.seats.iter().map(|one| (one.seat_type.clone(), one.quantity)).collect(),
        };
        Choice { start, end, seats, accept_fork: self.accept_fork }
    }
}

#[derive(Clone, Debug)]
struct Seats {
    seat_type: Id,
    quantity: u64,
}

impl FromStr for Seats {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "seats are written like bot-creator=5".to_owned();
        let (seat_type, quantity) = text.trim().split_once('=').ok_or_else(wrong)?;
        let quantity = quantity.parse().map_err(|_| wrong())?;
        Ok(Self { seat_type: seat_type.parse().map_err(|error| format!("{error}"))?, quantity })
    }
}

#[derive(Clone, Copy, Debug)]
enum Day {
    Date(Time),
    Instant(Time),
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match Time::from_date(text) {
            Some(day) => Ok(Self::Date(day)),
            None => crate::moment::instant(text).map(Self::Instant),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum End {
    Unlimited,
    Day(Day),
}

impl FromStr for End {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "unlimited" { Ok(Self::Unlimited) } else { text.parse().map(Self::Day) }
    }
}
