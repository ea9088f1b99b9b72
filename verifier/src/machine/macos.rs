//! Fingerprint parts and uptime on macOS, as the system's own `ioreg` and `sysctl` print them.

use std::process::{Command, Stdio};

use postern_protocol::Id;
use rustix::time::{ClockId, clock_gettime};

use super::elsewhere::registry_values;
use super::{Machine, Part, ThisMachine, joined, parts};

impl Machine for ThisMachine {
    fn parts(&self) -> Vec<Part> {
        let expert = registry("IOPlatformExpertDevice");
        let cards = registry("IOEthernetController");
        let value = |key| registry_values(&expert, key).into_iter().next();
        parts([
            ("machine-id", value("IOPlatformUUID")),
            ("serial", value("IOPlatformSerialNumber")),
            ("mac", joined(registry_values(&cards, "IOMACAddress"))),
        ])
    }

    fn boot(&self) -> Option<Id> {
        said("/usr/sbin/sysctl", &["-n", "kern.bootsessionuuid"])?.trim().to_lowercase().parse().ok()
    }

    /// This clock of macOS goes on while the machine sleeps.
    fn uptime(&self) -> Option<u64> {
        u64::try_from(clock_gettime(ClockId::Monotonic).tv_sec).ok()
    }
}

/// What the I/O registry says of the devices of a class.
fn registry(class: &str) -> String {
    said("/usr/sbin/ioreg", &["-r", "-d", "1", "-c", class]).unwrap_or_default()
}

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
