//! The desk: a worker that holds documents, keys and the ledger, so that the page stays small and never freezes.

use postern_portal::desk;

fn main() {
    desk::run();
}
