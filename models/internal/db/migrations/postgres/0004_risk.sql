-- +goose Up

-- Successful sign-ins, from which the risk engine learns. Addresses and browsers
-- are keyed tags: equal ones can be told, none can be read. roams says that the
-- place says little: a VPN, a relay or a carrier's gateway. counted ones are in
-- risk_counts already.
CREATE TABLE sign_in_history (
	id         TEXT PRIMARY KEY,
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	at         TIMESTAMPTZ NOT NULL,
	address    TEXT NOT NULL,
	network    TEXT NOT NULL,
	country    TEXT NOT NULL,
	agent      TEXT NOT NULL,
	browser    TEXT NOT NULL,
	system     TEXT NOT NULL,
	kind       TEXT NOT NULL,
	latitude   DOUBLE PRECISION,
	longitude  DOUBLE PRECISION,
	roams      BOOLEAN NOT NULL,
	counted    BOOLEAN NOT NULL
);
CREATE INDEX sign_in_history_of_account ON sign_in_history (account_id, at);
CREATE INDEX sign_in_history_uncounted ON sign_in_history (at) WHERE NOT counted;
CREATE INDEX sign_in_history_age ON sign_in_history (at);

-- How often each value was seen among all accounts, by months of 30 days, so that
-- what is old can be forgotten. Nothing here says whose it was. risk_totals are
-- sums over it, and how many accounts have a history.
CREATE TABLE risk_counts (
	feature TEXT NOT NULL,
	value   TEXT NOT NULL,
	month   BIGINT NOT NULL,
	n       BIGINT NOT NULL,
	PRIMARY KEY (feature, value, month)
);
CREATE INDEX risk_counts_month ON risk_counts (month);
CREATE TABLE risk_totals (
	name TEXT PRIMARY KEY,
	n    BIGINT NOT NULL
);

-- A browser whose reader has proven the mailbox: strangers' failures do not stop
-- it. A code is asked for there as anywhere else.
CREATE TABLE lanes (
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	device_id  TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
	made_at    TIMESTAMPTZ NOT NULL,
	ends_at    TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (account_id, device_id)
);
CREATE INDEX lanes_of_device ON lanes (device_id);
CREATE INDEX lanes_end ON lanes (ends_at);

-- Failures in a row, by the tag of what failed, of an address without an account too.
CREATE TABLE strikes (
	key        TEXT PRIMARY KEY,
	n          BIGINT NOT NULL,
	touched_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX strikes_age ON strikes (touched_at);

-- Until braked_until strangers can have no code sent: too many came that nobody
-- asked for.
ALTER TABLE accounts ADD COLUMN braked_until TIMESTAMPTZ;

-- Where a session lives: the browser's family and the country. moved_at is when it
-- turned up elsewhere; until the next step-up nothing sensitive can be done there.
ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN country TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN moved_at TIMESTAMPTZ;

-- Why a code is asked for, as slugs; and roughly where it was asked.
ALTER TABLE sign_ins ADD COLUMN reasons TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN reasons TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN reasons TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN place TEXT NOT NULL DEFAULT '';
CREATE INDEX events_of_kind ON events (account_id, kind, at);

-- What staff have switched on, and why.
CREATE TABLE switches (
	name     TEXT PRIMARY KEY,
	since    TIMESTAMPTZ NOT NULL,
	agent_id TEXT REFERENCES accounts (id) ON DELETE SET NULL,
	agent    TEXT NOT NULL,
	reason   TEXT NOT NULL
);

-- How often each thing happened in each hour, over all instances.
CREATE TABLE tallies (
	hour TIMESTAMPTZ NOT NULL,
	name TEXT NOT NULL,
	n    BIGINT NOT NULL,
	PRIMARY KEY (hour, name)
);
