//! The worker: answers requests for key derivation, so that the page never freezes.

use postern_portal::browser::worker_scope;
use postern_portal::work;

fn main() {
    worker_scope::serve(work::run);
}
