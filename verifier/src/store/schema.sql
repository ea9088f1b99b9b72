-- The state of one machine, schema 1. Times are seconds since 1970, digests and ids are in their document form.

-- The machine's secrets: the device key's seed and the secret that hides fingerprint parts and names. `public` is what
-- the seed derives: it binds usage records to the device. What is signed or told to others is derived each time.
CREATE TABLE device (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    key BLOB NOT NULL,
    public BLOB NOT NULL,
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

-- Credentials that activations were asked for with: their public keys. The highest ordinal of the open activation counts.
CREATE TABLE credentials (
    ordinal INTEGER PRIMARY KEY,
    activation TEXT NOT NULL REFERENCES activations (id),
    key TEXT NOT NULL,
    license_id TEXT
) STRICT;

-- Device variables, which travel in requests and deactivations.
CREATE TABLE variables (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Request cycles; at most the newest is open. Ended by 'install', by 'token' after a lock, by 'late' where nothing locks, by
-- 'ticket' where the clock was wrong when it began, by 'deactivation'. `voided`: its newest request can no longer be answered.
CREATE TABLE cycles (
    number INTEGER PRIMARY KEY,
    first_generated_at INTEGER NOT NULL,
    voided INTEGER NOT NULL DEFAULT 0 CHECK (voided IN (0, 1)),
    ended_at INTEGER,
    ended_by TEXT CHECK (ended_by IN ('install', 'token', 'late', 'ticket', 'deactivation'))
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

-- Licenses that were installed; the one that was not replaced (or deactivated) is in force.
CREATE TABLE licenses (
    sequence INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    activation TEXT NOT NULL REFERENCES activations (id),
    installed_at INTEGER NOT NULL,
    replaced_at INTEGER,
    -- How many fingerprint parts must match; a refresh keeps what it replaces.
    required INTEGER NOT NULL,
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

-- Clock challenges; only the newest can be answered, once.
CREATE TABLE challenges (
    ordinal INTEGER PRIMARY KEY,
    nonce TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL UNIQUE,
    answered INTEGER NOT NULL DEFAULT 0 CHECK (answered IN (0, 1))
) STRICT;

-- Repairs that set the clock's floor back, by the grant that allowed them.
CREATE TABLE repairs (
    ordinal INTEGER PRIMARY KEY,
    grantor TEXT NOT NULL,
    grant_id TEXT NOT NULL,
    back INTEGER NOT NULL
) STRICT;

-- Emergency extensions: one for each root-signed grant, spent on one license.
CREATE TABLE extensions (
    ancestor TEXT PRIMARY KEY,
    license TEXT NOT NULL,
    used_at INTEGER NOT NULL
) STRICT;

-- Deactivations that were made, to be exported again.
CREATE TABLE deactivations (
    activation TEXT PRIMARY KEY REFERENCES activations (id),
    file TEXT NOT NULL REFERENCES files (digest)
) STRICT;

-- Signed proofs that this store was rolled back or copied: licenses that acknowledge records which it does not have.
CREATE TABLE proofs (
    license TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    head TEXT NOT NULL,
    found_at INTEGER NOT NULL,
    file TEXT NOT NULL REFERENCES files (digest)
) STRICT;

-- Named seats in use.
CREATE TABLE seats (
    seat_type TEXT NOT NULL,
    user TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (seat_type, user)
) STRICT, WITHOUT ROWID;

-- Floating sessions. `until`: absent where the license sets no longest session. `holder`: the lock file of the process
-- that holds it; absent for a session that only its end or a release ends.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    seat_type TEXT NOT NULL,
    user TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    holder TEXT
) STRICT, WITHOUT ROWID;

-- Consumption under each root-signed grant: in all, and in all when the current reset period began.
CREATE TABLE consumption (
    ancestor TEXT NOT NULL,
    counter TEXT NOT NULL,
    total INTEGER NOT NULL,
    base INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (ancestor, counter)
) STRICT, WITHOUT ROWID;

-- How long the machine ran with the license in force: seconds, and where the machine's uptime stood.
CREATE TABLE meter (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    running INTEGER NOT NULL,
    boot TEXT NOT NULL,
    uptime INTEGER NOT NULL
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

-- Up to where the usage chain was shortened, and the hash of the last record that is gone. The first one is kept.
CREATE TABLE shortened (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

-- The usage chain: sealed records (nonce first), and the hash of each, which the next one names.
CREATE TABLE usage (
    sequence INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;

-- What the newest change left of the license in force, verified and sealed, for a program that asks once and ends. It is
-- bound to the state by the digest that it names; without it everything is read.
CREATE TABLE snapshot (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sealed BLOB NOT NULL
) STRICT;
