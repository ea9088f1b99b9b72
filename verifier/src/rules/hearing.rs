//! What a file of revocations brings a machine: newer lists by those whom it hears, and newer trust (design §3, §5).

use postern_protocol::bundle_file::Tree;
use postern_protocol::documents::{Grantor, Revocations};
use postern_protocol::{PublicKey, Time, Verified};

use super::clock;
use super::facts::Facts;
use super::install_error::InstallError;

/// The lists of a verified file that are newer than what this machine knows, by the root or by somebody on the path of
/// what is installed; each issuer's newest.
///
/// Everybody else's lists are passed over: their issuers have no say here. So are older ones: an issuer's serial only
/// goes up.
///
/// # Errors
/// A list comes from the future, or the clock is not believed.
pub fn news<'a>(facts: &Facts, tree: &'a Tree, now: Time) -> Result<Vec<&'a Verified<Revocations>>, InstallError> {
    clock::trusted(facts, now)?;
    let mut news: Vec<&Verified<Revocations>> = Vec::new();
    for list in tree.revocations().iter().filter(|list| hears(facts, list.issuer) && list.serial > have(facts, list)) {
        clock::not_from_the_future(list.issued_at, now)?;
        match news.iter_mut().find(|other| other.issuer == list.issuer) {
            Some(other) if other.serial < list.serial => *other = list,
            Some(_) => {}
            None => news.push(list),
        }
    }
    Ok(news)
}

/// Whether this issuer is the root, or stands on the path of the license or the token in force.
fn hears(facts: &Facts, issuer: Grantor) -> bool {
    let license = facts.installed.as_ref().map(|installed| &installed.chain);
    let token = facts.enrollment.as_ref().map(|enrollment| &enrollment.chain);
    let on_path = |key: PublicKey| {
        license.into_iter().chain(token).flat_map(|chain| chain.grants()).any(|grant| grant.subject == key)
    };
    match issuer {
        Grantor::Root => true,
        Grantor::Key(key) => on_path(key),
    }
}

/// The serial of the list of the same issuer that is known; 0 for none.
fn have(facts: &Facts, list: &Revocations) -> u64 {
    facts.revocations.iter().find(|known| known.issuer == list.issuer).map_or(0, |known| known.serial)
}
