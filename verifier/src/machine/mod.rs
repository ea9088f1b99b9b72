//! The machine that the verifier runs on: what makes it this machine, each part hidden under a secret of the device, and
//! how long it has been running.
//!
//! Nothing invasive: what the operating system tells every program, or nothing. A virtual machine or a container is named
//! as such: it has a part that says so, and the part's name leaves the machine with requests.

#[cfg(any(windows, target_os = "macos", test))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod environment;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

use postern_protocol::Id;
use postern_protocol::documents::FingerprintPart;

use crate::rules::request::hidden;

/// One measured part: its name and its value in the clear, which never leaves the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What was measured: `machine-id`, `dmi-uuid`, `disk`, `mac`, `virtual-machine`, `container`, …
    pub name: Id,
    /// What it is.
    pub value: String,
}

/// How long a machine has been running: counts up, however the clock is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uptime {
    /// Names this run of the machine, from one start to the next.
    pub boot: Id,
    /// Seconds since it started, sleep included.
    pub seconds: u64,
}

/// Something that can be measured.
pub trait Machine: Send + Sync {
    /// The parts that can be read now. A part that cannot be read is left out.
    fn parts(&self) -> Vec<Part>;

    /// Names the machine's run since its last start; none where the system does not tell. Then running time is not
    /// metered.
    fn boot(&self) -> Option<Id> {
        None
    }

    /// Seconds since it started, sleep included; none where the system does not tell.
    fn uptime(&self) -> Option<u64> {
        None
    }
}

/// The machine that this program runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThisMachine;

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
impl Machine for ThisMachine {
    fn parts(&self) -> Vec<Part> {
        Vec::new()
    }
}

/// The parts that have a value, under their names. What is not always written alike is made so.
#[cfg(any(target_os = "linux", target_os = "macos", windows))]
fn parts<const N: usize>(named: [(&str, Option<String>); N]) -> Vec<Part> {
    let tidy = |value: String| Some(value.trim().to_lowercase()).filter(|value| !value.is_empty());
    let part = |(name, value): (&str, Option<String>)| Some(Part { name: name.parse().ok()?, value: tidy(value?)? });
    named.into_iter().filter_map(part).collect()
}

/// Several values of one part, in whatever order they were found.
#[cfg(any(target_os = "linux", target_os = "macos", windows))]
fn joined(mut values: Vec<String>) -> Option<String> {
    values.sort_unstable();
    values.dedup();
    (!values.is_empty()).then(|| values.join(","))
}

/// The parts as documents carry them.
pub(crate) fn measure(machine: &dyn Machine, secret: &[u8; 32]) -> Vec<FingerprintPart> {
    let hide = |part: Part| FingerprintPart { hmac: hidden(secret, part.name.as_str(), &part.value), part: part.name };
    let mut parts: Vec<_> = machine.parts().into_iter().map(hide).collect();
    parts.sort_by(|a, b| a.part.cmp(&b.part));
    parts.dedup_by(|a, b| a.part == b.part);
    parts
}
