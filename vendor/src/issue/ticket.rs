//! The time ticket that answers a clock challenge.

use std::fmt;

use postern_issuer::{ClockExamination, decide_clock, examine_clock, find_chain};
use postern_protocol::documents::Request;
use postern_protocol::{Explain, Verified, describe};
use serde_json::json;

use super::answer::Answered;
use super::office::{Office, refused};
use crate::fail::Fail;

pub(super) fn decide(office: &Office<'_>, request: &Verified<Request>) -> Result<Answered, Fail> {
    let chain = office.path(|bundle, subject| find_chain(bundle, subject, request));
    let desk = office.desk(&chain);
    let ClockExamination { time, back, right, used, .. } = examine_clock(&desk, request);
    let decision = decide_clock(&desk, request).map_err(refused)?;
    let used = used + u64::from(back > 0);
    let price = match back {
        0 => "which takes nothing back.".into(),
        back => format!("which takes it back by {}: repair {used} of {}.", describe::duration(back), right.count),
    };
    let words =
        format!("  tells the machine {} that it is {}, {price}\n", request.device.key.short(), describe::time(time));
    let data = json!({
        "machine": request.device.key,
        "time": time,
        "back": back,
        "repairs": { "used": used, "count": right.count },
    });
    Ok(Answered { words, data, role: "ticket", decision })
}

/// A license was chosen for what asks for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChoiceError;

impl fmt::Display for ChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The file asks for no license, and one was chosen for it.")
    }
}

impl Explain for ChoiceError {
    fn code(&self) -> &'static str {
        "clock-takes-no-choice"
    }

    fn advice(&self) -> String {
        "Leave out --seats, --start, --end and --accept-fork; or give the machine's license request.".into()
    }
}
