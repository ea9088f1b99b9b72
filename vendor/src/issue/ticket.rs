//! `postern issue` for a clock challenge: the time ticket that answers it.

use std::fmt;

use postern_issuer::{ClockExamination, decide_clock, examine_clock, find_chain};
use postern_protocol::documents::Request;
use postern_protocol::{Explain, Verified, describe};
use serde_json::json;

use super::answer::Args;
use super::office::{Office, refused};
use crate::fail::Fail;
use crate::report::Report;

pub(super) fn run(args: &Args, request: &Verified<Request>) -> Result<Report, Fail> {
    if args.chosen.any() {
        return Err(TicketError.into());
    }
    let office = Office::open(&args.office, |bundle, subject| find_chain(bundle, subject, request))?;
    let ClockExamination { time, back, right, used, .. } = examine_clock(&office.desk(), request);
    let decision = decide_clock(&office.desk(), request).map_err(refused)?;
    let outcome = office.hand_out(decision)?;
    let used = used + u64::from(back > 0);
    let price = match back {
        0 => "which takes nothing back.".into(),
        back => format!("which takes it back by {}: repair {used} of {}.", describe::duration(back), right.count),
    };
    let text = format!(
        "{}\n  tells the machine {} that it is {}, {price}\n{}\n  the ledger that records it",
        args.office.out.display(),
        request.device.key.short(),
        describe::time(time),
        args.office.ledger.display()
    );
    let data = json!({
        "machine": request.device.key,
        "time": time,
        "back": back,
        "repairs": { "used": used, "count": right.count },
        "digest": outcome.document,
        "ledger": outcome.ledger.next(),
        "files": { "ticket": args.office.out, "ledger": args.office.ledger },
    });
    Ok(Report::new(text, &data))
}

/// A license was chosen for a request that asks for the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TicketError;

impl fmt::Display for TicketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The request asks for the time, and a license was chosen for it.")
    }
}

impl Explain for TicketError {
    fn code(&self) -> &'static str {
        "clock-takes-no-choice"
    }

    fn advice(&self) -> String {
        "Leave out --seats, --start, --end and --accept-fork; or give the machine's license request.".into()
    }
}
