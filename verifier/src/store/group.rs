//! Group commit: uses of several threads that arrive while one of them commits share the next commit.
//!
//! Whoever comes while nobody leads becomes the leader: it takes all that wait into one transaction, commits, tells each
//! its outcome, and hands the lead to one who came meanwhile. A single thread leads itself and waits for nobody.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::{StateError, Store, Work};

/// Turns with which a leader lets others join, where the last commit served several.
const TURNS: usize = 16;

/// A use, waiting for its transaction. Once that has ended, what it gives back delivers the outcome.
type Use = Box<dyn for<'a, 'b> FnOnce(&'a mut Work<'b>) -> Delivery + Send>;
type Delivery = Box<dyn FnOnce(Result<(), StateError>) + Send>;

#[derive(Default)]
pub(super) struct Group {
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    waiting: Vec<Use>,
    /// Where those who wait are told.
    next: Arc<Batch>,
    led: bool,
    /// How many the last commit served.
    served: usize,
}

/// Where the threads of one commit wait for its end, or one of them to be told to lead. One call wakes them all.
#[derive(Default)]
struct Batch {
    call: Mutex<Call>,
    called: Condvar,
}

#[derive(Clone, Default)]
enum Call {
    #[default]
    Wait,
    /// One of those who wait leads: whoever hears it first.
    Lead,
    /// The transaction ended, or failed before a use had its turn in it.
    Ended(Result<(), StateError>),
}

impl Batch {
    /// Waits; says whether to lead.
    fn leads(&self) -> bool {
        let call = self.called.wait_while(lock(&self.call), |call| matches!(call, Call::Wait));
        let mut call = call.unwrap_or_else(PoisonError::into_inner);
        let leads = matches!(*call, Call::Lead);
        if leads {
            *call = Call::Wait;
        }
        leads
    }

    fn end(&self, ended: Result<(), StateError>) {
        *lock(&self.call) = Call::Ended(ended);
        self.called.notify_all();
    }
}

impl Store {
    /// Runs a use; it is on the disk before this returns. A use that fails changes nothing, nor do those beside it fail
    /// with it, but where the database itself fails.
    pub(super) fn share<T, E>(
        &self,
        operation: impl FnOnce(&mut Work<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StateError> + Send + 'static,
    {
        self.here()?;
        let outcome = Arc::new(Mutex::new(None));
        let there = outcome.clone();
        let run = move |work: &mut Work<'_>| -> Delivery {
            let writes = work.writes;
            let done = operation(work);
            // Only the database fails once something is written: then none of the uses beside it can stand.
            work.spoiled |= done.is_err() && work.writes != writes;
            Box::new(move |committed| {
                *lock(&there) = Some(done.and_then(|done| committed.map(|()| done).map_err(E::from)));
            })
        };
        let (batch, leads) = {
            let mut line = lock(&self.group.line);
            line.waiting.push(Box::new(run));
            (line.next.clone(), !std::mem::replace(&mut line.led, true))
        };
        if leads || batch.leads() {
            self.lead();
        }
        if let Some(outcome) = lock(&outcome).take() {
            return outcome;
        }
        let ended = lock(&batch.call).clone();
        Err(if let Call::Ended(Err(error)) = ended { error } else { StateError::Busy }.into())
    }

    /// Commits what waits, one's own use among it, and hands the lead on.
    fn lead(&self) {
        // However this ends, somebody else can lead.
        let handover = Handover(&self.group);
        let (uses, batch) = self.group.gather();
        let mut deliveries = Vec::with_capacity(uses.len());
        let committed = self.write(|work| {
            for run in uses {
                deliveries.push(run(work));
            }
            if work.spoiled { Err(StateError::Spoiled) } else { Ok(()) }
        });
        for deliver in deliveries {
            deliver(committed.clone());
        }
        // The next commit waits for the disk while these wake up.
        drop(handover);
        batch.end(committed);
    }
}

impl Group {
    /// All that wait. Where the last commit served several, they are about to come again: they get a moment.
    fn gather(&self) -> (Vec<Use>, Arc<Batch>) {
        let mut before = 0;
        for _ in 0..TURNS {
            let line = lock(&self.line);
            if line.waiting.len() >= line.served || (line.waiting.len() == before && before > line.served / 2) {
                break;
            }
            before = line.waiting.len();
            drop(line);
            std::thread::yield_now();
        }
        let mut line = lock(&self.line);
        line.served = line.waiting.len();
        (std::mem::take(&mut line.waiting), std::mem::take(&mut line.next))
    }
}

/// Hands the lead to one who waits, or to nobody.
struct Handover<'a>(&'a Group);

impl Drop for Handover<'_> {
    fn drop(&mut self) {
        let mut line = lock(&self.0.line);
        if line.waiting.is_empty() {
            line.led = false;
        } else {
            *lock(&line.next.call) = Call::Lead;
            line.next.called.notify_one();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
