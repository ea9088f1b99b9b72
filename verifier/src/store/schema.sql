-- The state of one machine, schema 1. Times are seconds since 1970, digests and ids are in their document form.

-- The machine's secrets: the device key's seed and the secret that hides fingerprint parts and names.
CREATE TABLE device (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    key BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    hiding_secret BLOB NOT NULL
) STRICT;

-- Every trust document from the pinned one on.
CREATE TABLE trust (
    number INTEGER PRIMARY KEY,
    envelope BLOB NOT NULL
) STRICT;

-- Files as they were received or made, by the digest of their bytes, with the trust version that they were verified
-- under: later root keys need not have signed what was accepted before.
CREATE TABLE files (
    digest TEXT PRIMARY KEY,
    trust_number INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;

-- Enablement tokens that were installed; the highest ordinal is in force.
CREATE TABLE enablements (
    ordinal INTEGER PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL UNIQUE,
    enrolled_at INTEGER NOT NULL,
    file TEXT NOT NULL REFERENCES files (digest)
) STRICT;

-- Lives of licenses on this machine; at most one is open.
CREATE TABLE activations (
    id TEXT PRIMARY KEY,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER
) STRICT;

-- Request cycles; at most the newest is open. Ended by 'install', or by 'token' after a lock.
CREATE TABLE cycles (
    number INTEGER PRIMARY KEY,
    first_generated_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_by TEXT CHECK (ended_by IN ('install', 'token'))
) STRICT;

-- Requests that were made.
CREATE TABLE requests (
    cycle INTEGER NOT NULL REFERENCES cycles (number),
    number INTEGER NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    generated_at INTEGER NOT NULL,
    file TEXT NOT NULL REFERENCES files (digest),
    PRIMARY KEY (cycle, number)
) STRICT;

-- Licenses that were installed; the one that was not replaced is in force.
CREATE TABLE licenses (
    sequence INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    activation TEXT NOT NULL REFERENCES activations (id),
    installed_at INTEGER NOT NULL,
    replaced_at INTEGER,
    file TEXT NOT NULL REFERENCES files (digest)
) STRICT;

-- The newest revocations of each issuer, and the file that they came with.
CREATE TABLE revocations (
    issuer TEXT PRIMARY KEY,
    serial INTEGER NOT NULL,
    digest TEXT NOT NULL,
    file TEXT NOT NULL REFERENCES files (digest)
) STRICT;

-- The newest reference to each ledger.
CREATE TABLE ledgers (
    key TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    position INTEGER NOT NULL,
    previous TEXT NOT NULL,
    PRIMARY KEY (key, epoch)
) STRICT;

-- Named seats in use.
CREATE TABLE seats (
    seat_type TEXT NOT NULL,
    user TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (seat_type, user)
) STRICT;

-- The fingerprint when the license in force was installed.
CREATE TABLE fingerprint (
    part TEXT PRIMARY KEY,
    hmac TEXT NOT NULL
) STRICT;

-- Usage checkpoints that left the machine, kept for ever, and those of a branch that an answer forgave.
CREATE TABLE heads (
    count INTEGER NOT NULL,
    head TEXT NOT NULL,
    forgiven INTEGER NOT NULL CHECK (forgiven IN (0, 1)),
    PRIMARY KEY (count, head)
) STRICT;

-- The usage chain: sealed records, each naming the hash of the one before.
CREATE TABLE usage (
    sequence INTEGER PRIMARY KEY,
    nonce BLOB NOT NULL,
    sealed BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
