-- The vendor's registry, schema 1. Times are seconds since 1970; keys and digests are their 32 bytes; ids are text.
-- Lines are documents as they were received, verified before they came here.

CREATE TABLE registry (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    product TEXT NOT NULL,
    root BLOB NOT NULL
) STRICT;

-- Every trust document from the pinned one on.
CREATE TABLE trust (
    number INTEGER PRIMARY KEY,
    line BLOB NOT NULL
) STRICT;

-- Files that were imported, by the digest of their bytes: the same file again changes nothing.
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    imported_at INTEGER NOT NULL
) STRICT;

-- Accounts. `grantor` is empty for the vendor's own, and else the key of the reseller or server whose account it is.
-- `revision` counts what was imported of it, `audited` is the revision that machines, licenses and findings are of.
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    grantor BLOB NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0,
    audited INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, grantor)
) STRICT;

-- Grants. Those above accounts (operations, resellers without an account) have no account.
CREATE TABLE grants (
    digest BLOB PRIMARY KEY,
    account INTEGER REFERENCES accounts,
    depth INTEGER NOT NULL,
    parent BLOB REFERENCES grants,
    -- Empty where the root signed it.
    grantor BLOB NOT NULL,
    id TEXT NOT NULL,
    serial INTEGER NOT NULL,
    subject BLOB NOT NULL,
    issue_until INTEGER NOT NULL,
    -- Absent where there is no end.
    run_until INTEGER,
    line BLOB NOT NULL
) STRICT;
CREATE INDEX grants_of_account ON grants (account);
CREATE INDEX grants_by_subject ON grants (subject);

-- Bundles, whole, and the ledger base of each.
CREATE TABLE bundles (
    digest BLOB PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts,
    serial INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    base TEXT,
    file BLOB NOT NULL
) STRICT;
CREATE INDEX bundles_of_account ON bundles (account, serial);

-- Ledgers with the head of their longest branch.
CREATE TABLE ledgers (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts,
    key BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    position INTEGER NOT NULL,
    head BLOB NOT NULL,
    last_at INTEGER NOT NULL,
    imported_at INTEGER NOT NULL,
    UNIQUE (account, key, epoch)
) STRICT;

-- Ledger entries; two at one position are a fork.
CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    ledger INTEGER NOT NULL REFERENCES ledgers,
    position INTEGER NOT NULL,
    digest BLOB NOT NULL,
    previous BLOB NOT NULL,
    grant_digest BLOB NOT NULL,
    line BLOB NOT NULL,
    UNIQUE (ledger, position, digest)
) STRICT;

-- Requests and deactivations that came beside the ledgers.
CREATE TABLE sent (
    digest BLOB PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts,
    kind TEXT NOT NULL,
    device BLOB NOT NULL,
    at INTEGER NOT NULL,
    file INTEGER NOT NULL REFERENCES files,
    line BLOB NOT NULL
) STRICT;
CREATE INDEX sent_by_account ON sent (account);

-- What the account's papers come to together: replaced as a whole by each audit.
CREATE TABLE machines (
    account INTEGER NOT NULL REFERENCES accounts,
    device BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    in_use TEXT NOT NULL,
    consumption TEXT NOT NULL,
    told_at INTEGER,
    released INTEGER NOT NULL,
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX machines_by_device ON machines (device);

CREATE TABLE licenses (
    account INTEGER NOT NULL,
    device BLOB NOT NULL,
    license BLOB NOT NULL,
    license_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    allocation TEXT NOT NULL,
    -- Absent where only a bundle's base knows the license; the largest integer where it has no end.
    ends_at INTEGER,
    usable_until INTEGER NOT NULL,
    proved INTEGER NOT NULL,
    PRIMARY KEY (account, device, license),
    FOREIGN KEY (account, device) REFERENCES machines ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX licenses_by_digest ON licenses (license);

CREATE TABLE findings (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    advice TEXT NOT NULL,
    devices TEXT NOT NULL,
    -- Digests of entries and documents, and for a fork the position where it begins.
    witnesses TEXT NOT NULL,
    position INTEGER
) STRICT;
CREATE INDEX findings_of_account ON findings (account);

-- Approvals of offline licensing, newest last; a withdrawal is one without a reason.
CREATE TABLE approvals (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts,
    entitlement TEXT NOT NULL,
    reason TEXT,
    reviewer TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- Revocation lists of each issuer; `issuer` is empty for the root.
CREATE TABLE revocations (
    issuer BLOB NOT NULL,
    serial INTEGER NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    reason TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    line BLOB NOT NULL,
    PRIMARY KEY (issuer, serial)
) STRICT;
