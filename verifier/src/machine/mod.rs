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

    /// The same parts, each measured when it is asked for, where that is possible; what takes least comes first.
    fn each_part(&self) -> Box<dyn Iterator<Item = Part> + '_> {
        Box::new(self.parts().into_iter())
    }

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

/// The part of this name, where it has a value. What is not always written alike is made so.
#[cfg(any(target_os = "linux", target_os = "macos", windows))]
fn part((name, value): (&str, Option<String>)) -> Option<Part> {
    let tidy = |value: String| Some(value.trim().to_lowercase()).filter(|value| !value.is_empty());
    Some(Part { name: name.parse().ok()?, value: tidy(value?)? })
}

/// Several values of one part, in whatever order they were found.
#[cfg(any(target_os = "linux", target_os = "macos", windows))]
fn joined(mut values: Vec<String>) -> Option<String> {
    values.sort_unstable();
    values.dedup();
    (!values.is_empty()).then(|| values.join(","))
}

/// The parts that have a value, under their names.
#[cfg(any(target_os = "macos", windows))]
fn parts<const N: usize>(named: [(&str, Option<String>); N]) -> Vec<Part> {
    named.into_iter().filter_map(part).collect()
}

/// A part as documents carry it.
fn hide(part: Part, secret: &[u8; 32]) -> FingerprintPart {
    FingerprintPart { hmac: hidden(secret, part.name.as_str(), &part.value), part: part.name }
}

/// The parts as documents carry them, up to where `required` of them are as they were `then`: all of them where too many
/// have moved.
pub(crate) fn measure_enough(
    machine: &dyn Machine,
    secret: &[u8; 32],
    then: &[FingerprintPart],
    required: u64,
) -> Vec<FingerprintPart> {
    let (mut measured, mut same) = (Vec::<FingerprintPart>::new(), 0);
    let mut parts = machine.each_part();
    while same < required
        && let Some(part) = parts.next()
    {
        // Of two parts of one name the first counts, as in `measure`.
        if measured.iter().all(|one| one.part != part.name) {
            let part = hide(part, secret);
            same += u64::from(then.contains(&part));
            measured.push(part);
        }
    }
    measured
}

/// The parts as documents carry them.
pub(crate) fn measure(machine: &dyn Machine, secret: &[u8; 32]) -> Vec<FingerprintPart> {
    let mut parts: Vec<_> = machine.parts().into_iter().map(|part| hide(part, secret)).collect();
    parts.sort_by(|a, b| a.part.cmp(&b.part));
    parts.dedup_by(|a, b| a.part == b.part);
    parts
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::rules::permit::moved;

    /// A machine that counts how many of its parts are asked for.
    struct Counting(Vec<Part>, AtomicUsize);

    impl Machine for Counting {
        fn parts(&self) -> Vec<Part> {
            self.0.clone()
        }

        fn each_part(&self) -> Box<dyn Iterator<Item = Part> + '_> {
            Box::new(self.0.iter().cloned().inspect(|_| {
                self.1.fetch_add(1, Ordering::Relaxed);
            }))
        }
    }

    fn machine(parts: &[(&str, &str)]) -> Counting {
        let part = |(name, value): &(&str, &str)| Part { name: name.parse().unwrap(), value: (*value).to_owned() };
        Counting(parts.iter().map(part).collect(), AtomicUsize::new(0))
    }

    #[test]
    fn enough_parts_say_the_same_as_all() {
        let secret = [3; 32];
        let then = measure(&machine(&[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]), &secret);
        for (now, required, asked) in [
            (vec![("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")], 2, 2),
            (vec![("a", "9"), ("b", "2"), ("c", "3"), ("d", "4")], 2, 3),
            (vec![("a", "9"), ("b", "9"), ("c", "3"), ("d", "9")], 2, 4),
            (vec![("b", "9"), ("b", "2"), ("c", "3")], 2, 3),
            (vec![("a", "9")], 0, 0),
            (vec![], 1, 0),
        ] {
            let machine = machine(&now);
            let enough = measure_enough(&machine, &secret, &then, required);
            assert_eq!(machine.1.load(Ordering::Relaxed), asked, "{now:?}");
            assert_eq!(moved(&then, required, &enough), moved(&then, required, &measure(&machine, &secret)), "{now:?}");
        }
    }
}
