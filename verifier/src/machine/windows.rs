//! Fingerprint parts and uptime on Windows, from what the registry shows every program.

use postern_protocol::Id;
use windows_registry::{Key, LOCAL_MACHINE};

use super::elsewhere::firmware_uuid;
use super::{Machine, Part, ThisMachine, joined, parts};

impl Machine for ThisMachine {
    fn parts(&self) -> Vec<Part> {
        let firmware = || key(r"SYSTEM\CurrentControlSet\Services\mssmbios\Data")?.get_bytes("SMBiosData").ok();
        parts([
            ("machine-id", text(r"SOFTWARE\Microsoft\Cryptography", "MachineGuid")),
            ("dmi-uuid", firmware().and_then(|raw| firmware_uuid(&raw))),
            ("disk", joined(disks())),
            ("hostname", text(r"SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName", "ComputerName")),
        ])
    }

    /// Windows counts its starts.
    fn boot(&self) -> Option<Id> {
        let counted = key(r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters")?;
        format!("boot-{}", counted.get_u32("BootId").ok()?).parse().ok()
    }

    fn uptime(&self) -> Option<u64> {
        Some(uptime_lib::get().ok()?.as_secs())
    }
}

fn key(path: &str) -> Option<Key> {
    LOCAL_MACHINE.open(path).ok()
}

fn text(path: &str, name: &str) -> Option<String> {
    key(path)?.get_string(name).ok()
}

/// How the disks present themselves: maker, model and serial number, or the place where they are plugged in.
fn disks() -> Vec<String> {
    let Some(list) = key(r"SYSTEM\CurrentControlSet\Services\disk\Enum") else { return Vec::new() };
    let count = list.get_u32("Count").unwrap_or_default();
    (0..count).filter_map(|number| list.get_string(number.to_string()).ok()).collect()
}
