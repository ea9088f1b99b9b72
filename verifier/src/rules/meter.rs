//! Running time: how long the machine ran with the license in force, by its uptime, which nobody sets.

use super::facts::Meter;
use crate::machine::Uptime;

/// Seconds after which a machine that is in use records that it runs on.
pub const HEARTBEAT: u64 = 10 * 60;

/// Seconds of uptime that are not worth a row of their own.
const STEP: u64 = 60;

/// The meter, moved on to this uptime; none where that makes too little difference.
///
/// After a restart the machine has run since then at the least; how long it ran on before it went down is not known.
pub fn advance(meter: &Meter, uptime: Uptime) -> Option<Meter> {
    let same = meter.upto.boot == uptime.boot;
    let ran = if same { uptime.seconds.saturating_sub(meter.upto.seconds) } else { uptime.seconds };
    (ran >= STEP || !same).then(|| Meter { running: meter.running.saturating_add(ran), upto: uptime })
}
