-- +goose Up

-- What viewers are told that a member of staff is called.
ALTER TABLE accounts ADD COLUMN desk_name TEXT NOT NULL DEFAULT '';

-- The text of a message that is not one of our own sentences: a transcript, an
-- answer by staff.
ALTER TABLE messages ADD COLUMN body TEXT NOT NULL DEFAULT '';
DROP INDEX messages_of_account;
CREATE INDEX messages_of_account ON messages (account_id, created_at) WHERE account_id IS NOT NULL;
CREATE INDEX messages_of_channel ON messages (channel, created_at) WHERE challenge_id IS NOT NULL;
CREATE INDEX sign_ins_of_challenge ON sign_ins (challenge_id);

-- Which member of staff did it, and the name that its account's holder reads.
ALTER TABLE events ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN agent_id TEXT REFERENCES accounts (id) ON DELETE SET NULL;
CREATE INDEX events_of_agent ON events (agent_id) WHERE agent_id IS NOT NULL;

-- A conversation. token_hash is of the chat cookie. state is waiting, open, left
-- (its visitor went and is answered by mail) or ended. seq is the number of its
-- newest message: who has shown that one has shown all. answered_at says since
-- when it is the visitor's turn, and is empty while he waits for an answer;
-- visitor_at since when he does. address is a keyed tag of the network address.
CREATE TABLE chats (
	id          TEXT PRIMARY KEY,
	token_hash  TEXT NOT NULL,
	account_id  TEXT REFERENCES accounts (id) ON DELETE CASCADE,
	problem     TEXT NOT NULL,
	name        TEXT NOT NULL,
	email       TEXT NOT NULL,
	address     TEXT NOT NULL,
	device      TEXT NOT NULL,
	state       TEXT NOT NULL,
	agent_id    TEXT REFERENCES accounts (id) ON DELETE SET NULL,
	agent_name  TEXT NOT NULL,
	wrap        TEXT NOT NULL,
	rating      INTEGER NOT NULL,
	seq         BIGINT NOT NULL,
	started_at  TIMESTAMPTZ NOT NULL,
	joined_at   TIMESTAMPTZ,
	visitor_at  TIMESTAMPTZ NOT NULL,
	answered_at TIMESTAMPTZ,
	warned_at   TIMESTAMPTZ,
	ended_at    TIMESTAMPTZ,
	changed_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX chats_of_token ON chats (token_hash);
CREATE INDEX chats_of_account ON chats (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX chats_open ON chats (state, started_at) WHERE ended_at IS NULL;
CREATE INDEX chats_changed ON chats (changed_at);
CREATE INDEX chats_of_agent ON chats (agent_id) WHERE agent_id IS NOT NULL;

-- author is visitor, staff, event (a slug in text) or note (staff only, never
-- sent). nonce is the form's: the same one twice is the same message.
CREATE TABLE chat_messages (
	chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
	seq     BIGINT NOT NULL,
	author  TEXT NOT NULL,
	name    TEXT NOT NULL,
	text    TEXT NOT NULL,
	nonce   TEXT NOT NULL,
	at      TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (chat_id, seq)
);
CREATE UNIQUE INDEX chat_messages_once ON chat_messages (chat_id, nonce) WHERE nonce <> '';

-- A code that its holder reads out on the phone. Only a keyed tag of it is kept;
-- it works once.
CREATE TABLE service_codes (
	id         TEXT PRIMARY KEY,
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	tag        TEXT NOT NULL,
	created_at TIMESTAMPTZ NOT NULL,
	ends_at    TIMESTAMPTZ NOT NULL,
	used_at    TIMESTAMPTZ,
	used_by    TEXT REFERENCES accounts (id) ON DELETE SET NULL
);
CREATE INDEX service_codes_by ON service_codes (used_by) WHERE used_by IS NOT NULL;
CREATE UNIQUE INDEX service_codes_tag ON service_codes (tag) WHERE used_at IS NULL;
CREATE INDEX service_codes_of_account ON service_codes (account_id, created_at);

-- A call that somebody asked for. state is scheduled, calling, missed, done or
-- cancelled; the word that the caller says is derived from the id.
CREATE TABLE calls (
	id         TEXT PRIMARY KEY,
	token_hash TEXT NOT NULL,
	account_id TEXT REFERENCES accounts (id) ON DELETE CASCADE,
	number     TEXT NOT NULL,
	name       TEXT NOT NULL,
	problem    TEXT NOT NULL,
	state      TEXT NOT NULL,
	tries      INTEGER NOT NULL,
	agent_id   TEXT REFERENCES accounts (id) ON DELETE SET NULL,
	agent_name TEXT NOT NULL,
	slot_at    TIMESTAMPTZ NOT NULL,
	created_at TIMESTAMPTZ NOT NULL,
	changed_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX calls_of_token ON calls (token_hash);
CREATE INDEX calls_of_account ON calls (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX calls_due ON calls (state, slot_at);
CREATE INDEX calls_of_agent ON calls (agent_id) WHERE agent_id IS NOT NULL;

-- 'Was this helpful?' Private: no account, no address.
CREATE TABLE votes (
	id      TEXT PRIMARY KEY,
	article TEXT NOT NULL,
	helpful BOOLEAN NOT NULL,
	words   TEXT NOT NULL,
	at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX votes_of_article ON votes (article, at);

-- Searches of help that found nothing, without digits and addresses.
CREATE TABLE missed_searches (
	query  TEXT PRIMARY KEY,
	times  INTEGER NOT NULL,
	last_at TIMESTAMPTZ NOT NULL
);

-- When members of staff were last at the console: the desk is staffed while
-- somebody is there, on whichever machine.
CREATE TABLE desk_seen (
	account_id TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
	at         TIMESTAMPTZ NOT NULL
);
