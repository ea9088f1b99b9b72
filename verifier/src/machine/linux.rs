//! Fingerprint parts and uptime on Linux, from `/etc`, `/sys` and `/proc`.

use std::fs;
use std::path::{Path, PathBuf};

use postern_protocol::Id;
use rustix::time::{ClockId, clock_gettime};

use super::{Machine, Part, ThisMachine, environment, joined, part};

type Measure = fn() -> Option<String>;

impl Machine for ThisMachine {
    fn parts(&self) -> Vec<Part> {
        self.each_part().collect()
    }

    fn each_part(&self) -> Box<dyn Iterator<Item = Part>> {
        const EACH: [(&str, Measure); 7] = [
            ("machine-id", || text(Path::new("/etc/machine-id"))),
            ("dmi-uuid", || text(Path::new("/sys/class/dmi/id/product_uuid"))),
            ("hostname", || text(Path::new("/proc/sys/kernel/hostname"))),
            ("disk", || joined(disks())),
            ("mac", || joined(addresses())),
            ("container", || environment::container(Path::new("/"))),
            ("virtual-machine", || environment::virtual_machine(Path::new("/"))),
        ];
        Box::new(EACH.into_iter().filter_map(|(name, measure)| part((name, measure()))))
    }

    fn boot(&self) -> Option<Id> {
        text(Path::new("/proc/sys/kernel/random/boot_id"))?.parse().ok()
    }

    fn uptime(&self) -> Option<u64> {
        u64::try_from(clock_gettime(ClockId::Boottime).tv_sec).ok()
    }
}

/// A file's text without space around it; nothing where it is empty or cannot be read.
pub(super) fn text(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?.trim().to_lowercase();
    (!text.is_empty()).then_some(text)
}

/// Serial numbers of the disks that tell one. Partitions have none.
fn disks() -> Vec<String> {
    let serial = |disk: PathBuf| {
        ["serial", "device/serial", "device/wwid", "wwid"].iter().find_map(|name| text(&disk.join(name)))
    };
    entries("/sys/block").into_iter().filter(|disk| !in_memory(disk)).filter_map(serial).collect()
}

/// Loop devices and disks in memory: there may be many, and none has a serial number.
fn in_memory(disk: &Path) -> bool {
    let name = disk.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    ["loop", "ram", "zram"].iter().any(|prefix| name.starts_with(prefix))
}

/// Addresses of the network cards that are hardware: bridges, tunnels and containers' ends come and go.
fn addresses() -> Vec<String> {
    let address = |card: PathBuf| card.join("device").exists().then(|| text(&card.join("address")))?;
    entries("/sys/class/net").into_iter().filter_map(address).filter(|address| address != "00:00:00:00:00:00").collect()
}

fn entries(directory: &str) -> Vec<PathBuf> {
    fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
