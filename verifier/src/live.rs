//! The license in memory: what `check` answers from, and the thread that keeps it true.
//!
//! The thread asks the database four times a second whether another process has changed anything, and records now and
//! then that the machine runs on. An answer is never older than a second: where the thread is late, or missing because
//! the process was forked, the answer is read anew.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, Once, PoisonError, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use postern_protocol::Time;
use postern_protocol::documents::Feature;

use crate::rules::facts::Facts;
use crate::rules::features::{FeatureError, Granted};
use crate::rules::meter;
use crate::rules::permit::{Terms, UseError};
use crate::store::{StateError, Store};

/// How often the thread asks.
const PERIOD: Duration = Duration::from_millis(250);

/// How old an answer may be.
const FRESH: u64 = 1_000;

/// The license in force, for one store.
pub(crate) struct Live {
    shared: Arc<Shared>,
    started: Once,
    process: u32,
}

struct Shared {
    view: ArcSwapOption<View>,
    /// When the view was last known to be true, in milliseconds since `began`; 0 where it has to be read.
    confirmed: AtomicU64,
    /// The newest time that a caller has given, in Unix seconds: the thread has no clock of its own.
    seen: AtomicU64,
    began: Instant,
    stop: Mutex<bool>,
    stopped: Condvar,
}

/// What was read, verified, of the license in force.
struct View {
    /// Records in the usage chain: every change and every use counts it up.
    records: u64,
    last_seen: Time,
    license: Option<(Terms, Vec<Feature>)>,
}

impl View {
    fn of(facts: &Facts, terms: Option<&Terms>) -> Self {
        let license = facts.installed.as_ref().zip(terms).map(|(installed, terms)| {
            let mut features = installed.license.features.clone();
            features.sort_by(|a, b| a.name.cmp(&b.name));
            (terms.clone(), features)
        });
        Self { records: facts.usage.count, last_seen: facts.last_seen, license }
    }

    fn check(&self, feature: &str, now: Time) -> Result<Granted, FeatureError> {
        let (terms, features) = self.license.as_ref().ok_or(UseError::NoLicense)?;
        let allowed = terms.permit(now).map_err(UseError::from)?;
        let found = features.binary_search_by(|one| one.name.as_str().cmp(feature)).ok();
        match found.and_then(|index| features.get(index)) {
            Some(found) => Ok(Granted { value: found.value, allowed }),
            None => Err(FeatureError::NotLicensed),
        }
    }
}

impl Live {
    pub(crate) fn new() -> Self {
        let shared = Shared {
            view: ArcSwapOption::empty(),
            confirmed: AtomicU64::new(0),
            seen: AtomicU64::new(0),
            began: Instant::now(),
            stop: Mutex::new(false),
            stopped: Condvar::new(),
        };
        Self { shared: Arc::new(shared), started: Once::new(), process: std::process::id() }
    }

    /// This process has changed something: the next answer is read anew.
    pub(crate) fn changed(&self) {
        self.shared.confirmed.store(0, Ordering::Release);
    }

    pub(crate) fn check(&self, store: &Arc<Store>, feature: &str, now: Time) -> Result<Granted, FeatureError> {
        if self.shared.seen.load(Ordering::Relaxed) < now.unix() {
            self.shared.seen.store(now.unix(), Ordering::Relaxed);
        }
        let confirmed = self.shared.confirmed.load(Ordering::Acquire);
        if confirmed == 0 || self.shared.elapsed() > confirmed + FRESH {
            store.here()?;
            self.started.call_once(|| keep_true(&self.shared, store));
            self.shared.read(store)?;
        }
        match &*self.shared.view.load() {
            Some(view) => view.check(feature, now),
            None => Err(UseError::NoLicense.into()),
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // The thread was left behind in the fork, perhaps with the lock in its hand.
            return;
        }
        *self.shared.stop.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.stopped.notify_all();
    }
}

impl Shared {
    /// Milliseconds since some moment, never 0.
    fn elapsed(&self) -> u64 {
        1 + milliseconds(&self.began)
    }

    /// Reads the license in force, unless it is the one that is known.
    fn read(&self, store: &Store) -> Result<(), StateError> {
        let asked = self.elapsed();
        let known = self.view.load().as_ref().map(|view| view.records);
        let view = store.read(|work| {
            let (facts, terms) = work.facts_and_terms()?;
            Ok::<_, StateError>((known != Some(facts.usage.count)).then(|| View::of(facts, terms)))
        })?;
        if let Some(view) = view {
            self.view.store(Some(Arc::new(view)));
        }
        self.confirmed.store(asked, Ordering::Release);
        Ok(())
    }

    /// Waits for one period; says whether to go on.
    fn pause(&self) -> bool {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.stopped.wait_timeout_while(stop, PERIOD, |stop| !*stop);
        !*waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// An answer from one read, kept nowhere.
pub(crate) fn check_once(store: &Store, anchored: bool, feature: &str, now: Time) -> Result<Granted, FeatureError> {
    let license = match anchored {
        true => store.read(|work| work.facts_and_terms().map(|(facts, terms)| View::of(facts, terms)))?.license,
        false => store.in_force()?,
    };
    let (terms, features) = license.ok_or(UseError::NoLicense)?;
    let allowed = terms.permit(now).map_err(UseError::from)?;
    let found = features.iter().find(|one| one.name.as_str() == feature).ok_or(FeatureError::NotLicensed)?;
    Ok(Granted { value: found.value, allowed })
}

/// Starts the thread that keeps the view true, for as long as somebody uses it. Without one, answers are read anew.
fn keep_true(shared: &Arc<Shared>, store: &Arc<Store>) {
    let (shared, store) = (shared.clone(), Arc::downgrade(store));
    let run = move || {
        while shared.pause() {
            let Some(store) = Weak::upgrade(&store) else { return };
            // Whoever asks next reads it anew, and hears why it cannot be read.
            let _ = shared.read(&store);
            let seen = Time::from_unix(shared.seen.load(Ordering::Relaxed));
            if shared.view.load().as_ref().is_some_and(|view| view.last_seen.plus(meter::HEARTBEAT) <= seen) {
                let _ = store.run_on(seen);
            }
        }
    };
    let _ = std::thread::Builder::new().name("postern".into()).spawn(run);
}

/// Milliseconds that pass whatever the clock says. The coarse clock is exact enough here, and the cheapest to read.
#[cfg(target_os = "linux")]
fn milliseconds(_: &Instant) -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    whole(now.tv_sec).wrapping_mul(1_000).wrapping_add(whole(now.tv_nsec) / 1_000_000)
}

#[cfg(not(target_os = "linux"))]
fn milliseconds(began: &Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX >> 1)
}
