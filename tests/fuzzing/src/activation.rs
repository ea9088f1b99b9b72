//! `license.lic` and `license_refresh.lic` for machines whose license a key activates, changed and signed again.

use std::cell::RefCell;

use arbitrary::{Result, Unstructured};
use postern_protocol::documents::License;
use postern_protocol::time::{DAY, HOUR};
use postern_protocol::{File, Kind, Limits};
use postern_testkit::now;

use crate::edit::json_of;
use crate::install::{file_of, install_judged, settle, unasked};
use crate::machine::{Prepared, answer};

thread_local! {
    static MACHINES: RefCell<[Prepared; 3]> =
        RefCell::new([Prepared::activating(), Prepared::activated(), Prepared::activating_again()]);
}

/// As [`install`](crate::install::install) for licenses that are bound to a machine; what is installed is what the file
/// says, and under the license id and account of the license before it.
pub(crate) fn activation(data: &[u8]) {
    MACHINES.with_borrow_mut(|machines| {
        // Too few instructions read as zeros; there is nothing else that can go wrong with them.
        let _ = installed(&mut Unstructured::new(data), machines);
    });
}

fn installed(input: &mut Unstructured<'_>, machines: &mut [Prepared; 3]) -> Result<()> {
    let (which, refreshes) = *input.choose(&[(0, false), (1, true), (2, false), (2, true), (1, false), (0, true)])?;
    let machine = &mut machines[which];
    let late = *input.choose(&[0, 0, 0, 1, HOUR, DAY, 2 * DAY, 7 * DAY, 8 * DAY, 400 * DAY])?;
    let early = *input.choose(&[0, 0, 0, 1, HOUR, DAY, 400 * DAY])?;
    let at = now().plus(late).minus(early);
    let license = |machine: &Prepared| machine.verifier().status(at).expect("the state reads").license;
    let before = license(machine);
    let bytes = license_file(input, machine, refreshes)?;
    // The answer to the request that is answered is no news.
    let in_force = before.as_ref().map(|license| license.digest);
    let file = File::parse(&bytes, &Limits::DEFAULT).ok();
    let offered = file.and_then(|file| Some(file.document(Kind::License).ok()?.digest()));
    if in_force.is_some() && in_force == offered {
        let again = machine.verifier().install(&bytes, at);
        assert!(again.is_err() || again.is_ok_and(|done| done.already_installed));
        assert!(machine.is_unchanged(), "a license that is in force changed the state");
        return Ok(());
    }
    let accepted = install_judged(machine, &bytes, at);
    if accepted {
        let after = license(machine).expect("it is in force");
        assert_eq!(Some(after.digest), offered);
        if let Some(before) = before {
            assert_eq!((before.account, before.license_id), (after.account, after.license_id), "another license");
            assert!(after.sequence > before.sequence && before.activation == after.activation);
        }
    }
    settle(machine, accepted, at);
    Ok(())
}

/// The answer to the newest request, or a refresh of what that asked for.
pub(crate) fn license_file(input: &mut Unstructured<'_>, machine: &Prepared, refreshes: bool) -> Result<Vec<u8>> {
    let request = machine.request.as_ref().expect("an activation was asked for");
    let mut license = json_of::<License>(&answer(&machine.world, request));
    if refreshes {
        unasked(&mut license);
        let installed = machine.verifier().status(now()).expect("the state reads").license;
        let sequence = installed.map_or(0, |license| license.sequence);
        license["sequence"] = (sequence + 1).into();
        license["ledger"]["position"] = (sequence + 2).into();
    }
    file_of(input, machine, Kind::License, license)
}
