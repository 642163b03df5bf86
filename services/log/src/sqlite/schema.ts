/** The tables of the embedded store. Ids and hashes are BLOBs; times are ms since the Unix epoch. */

/** "SOTT": tells our files from other people's databases. */
export const APPLICATION_ID = 0x534f5454;
export const SCHEMA_VERSION = 1;

export const SCHEMA = `
  CREATE TABLE store (generation TEXT NOT NULL) STRICT;

  CREATE TABLE rooms (
    room BLOB PRIMARY KEY, head INTEGER NOT NULL, epoch INTEGER NOT NULL,
    commit_hash BLOB NOT NULL, commit_at INTEGER NOT NULL, commit_seq INTEGER NOT NULL,
    messages INTEGER NOT NULL, membership_hash BLOB NOT NULL, epoch_due INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE entries (
    room BLOB NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL,
    digest BLOB NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (room, seq)
  ) STRICT;
  CREATE UNIQUE INDEX entries_by_id ON entries (room, id);
  CREATE INDEX entries_by_kind ON entries (room, seq) WHERE kind IN (2, 3);

  CREATE TABLE writers (
    room BLOB NOT NULL, device BLOB NOT NULL, seq INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (room, device)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE members (
    room BLOB NOT NULL, account BLOB NOT NULL, role TEXT, since INTEGER NOT NULL, until INTEGER,
    cursor INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (room, account)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX members_by_account ON members (account);

  CREATE TABLE invites (
    invite BLOB PRIMARY KEY, room BLOB NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE checkpoints (
    room BLOB NOT NULL, seq INTEGER NOT NULL, chain BLOB NOT NULL, PRIMARY KEY (room, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE accounts (
    account BLOB PRIMARY KEY, handle_index BLOB NOT NULL UNIQUE, sealed_handle BLOB NOT NULL, chain_seq INTEGER NOT NULL,
    backup_method TEXT NOT NULL, backup_auth TEXT NOT NULL, backup_wrapped BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE statements (
    account BLOB NOT NULL, seq INTEGER NOT NULL, bytes BLOB NOT NULL, signature BLOB NOT NULL, PRIMARY KEY (account, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE devices (
    account BLOB NOT NULL, device BLOB NOT NULL, spki BLOB NOT NULL, live INTEGER NOT NULL, PRIMARY KEY (account, device)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE backup_items (
    account BLOB NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (account, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE staged_wraps (
    room BLOB NOT NULL, commit_id BLOB NOT NULL, committer BLOB NOT NULL, device BLOB NOT NULL, key_id BLOB NOT NULL,
    wrap BLOB NOT NULL, staged_at INTEGER NOT NULL, PRIMARY KEY (room, commit_id, committer, device)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX staged_wraps_by_age ON staged_wraps (staged_at);

  CREATE TABLE wraps (
    room BLOB NOT NULL, epoch INTEGER NOT NULL, device BLOB NOT NULL, key_id BLOB NOT NULL, wrap BLOB NOT NULL,
    PRIMARY KEY (room, epoch, device)
  ) STRICT, WITHOUT ROWID;
`;
