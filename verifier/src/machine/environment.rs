//! Whether Linux runs in a virtual machine or a container, and in which. Told from plain files below a root.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::linux::text;

/// Enough of `/proc/cpuinfo` for the first processor; asking all of a large machine takes long.
const FIRST_PROCESSOR: u64 = 8192;

/// Which hypervisor, as far as it says; none on hardware.
pub(super) fn virtual_machine(root: &Path) -> Option<String> {
    let kind = text(&root.join("sys/hypervisor/type"));
    if kind.is_none() && !flagged(root) && !root.join("proc/device-tree/hypervisor").exists() {
        return None;
    }
    let vendor = || text(&root.join("sys/class/dmi/id/sys_vendor"));
    kind.or_else(vendor).or_else(|| Some("unknown".into()))
}

/// Whether the processor says that it is a guest's.
fn flagged(root: &Path) -> bool {
    let mut about = Vec::new();
    let read =
        File::open(root.join("proc/cpuinfo")).and_then(|file| file.take(FIRST_PROCESSOR).read_to_end(&mut about));
    let about = String::from_utf8_lossy(&about);
    let flags = about.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
    read.is_ok() && flags.split_whitespace().any(|flag| flag == "hypervisor")
}

/// Which container runtime; none outside of containers.
pub(super) fn container(root: &Path) -> Option<String> {
    if root.join(".dockerenv").exists() {
        return Some("docker".into());
    }
    if root.join("run/.containerenv").exists() {
        return Some("podman".into());
    }
    // A pod's files are mounted from the kubelet's, whichever runtime it uses.
    let mounts = || text(&root.join("proc/self/mountinfo")).filter(|mounts| mounts.contains("/kubelet/pods/"));
    text(&root.join("run/systemd/container")).or_else(|| mounts().map(|_| "kubernetes".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A root with these files.
    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn a_virtual_machine_is_told_from_hardware() {
        let of = |files: &[(&str, &str)]| virtual_machine(root(files).path());
        let (vendor, guest) =
            (("sys/class/dmi/id/sys_vendor", "QEMU\n"), "processor: 0\nflags\t\t: fpu hypervisor sse\n");
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("proc/cpuinfo", "flags : fpu sse\nmodel : hypervisor\n"), vendor]), None);
        assert_eq!(of(&[("proc/cpuinfo", guest), vendor]).unwrap(), "qemu");
        assert_eq!(of(&[("proc/cpuinfo", guest)]).unwrap(), "unknown");
        assert_eq!(of(&[("sys/hypervisor/type", "xen\n"), vendor]).unwrap(), "xen");
        assert_eq!(of(&[("proc/device-tree/hypervisor/compatible", "linux,kvm")]).unwrap(), "unknown");
    }

    #[test]
    fn containers_are_named_by_their_runtime() {
        let of = |files: &[(&str, &str)]| container(root(files).path());
        assert_eq!(of(&[("proc/self/mountinfo", "1 2 8:1 / / rw - ext4 /dev/sda1 rw\n")]), None);
        assert_eq!(of(&[(".dockerenv", "")]).unwrap(), "docker");
        assert_eq!(of(&[("run/.containerenv", "")]).unwrap(), "podman");
        assert_eq!(of(&[("run/systemd/container", "lxc\n")]).unwrap(), "lxc");
        let pod = "1 2 8:1 /var/lib/kubelet/pods/7/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n";
        assert_eq!(of(&[("proc/self/mountinfo", pod)]).unwrap(), "kubernetes");
    }
}
