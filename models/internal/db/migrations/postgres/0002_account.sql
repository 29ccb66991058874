-- +goose Up

-- two_step is new_devices, every_time or off (POLICY.md 1). preferred_id is the
-- confirmed channel that codes go to first, reset_via the one that the last
-- reset was proven by: the next code goes to another one, where there is one.
-- Until muted_until strangers can have nothing sent. closing_at is when the
-- account is erased. role is member or staff.
ALTER TABLE accounts ADD COLUMN two_step TEXT NOT NULL DEFAULT 'new_devices';
ALTER TABLE accounts ADD COLUMN preferred_id TEXT;
ALTER TABLE accounts ADD COLUMN reset_via TEXT;
ALTER TABLE accounts ADD COLUMN muted_until TIMESTAMPTZ;
ALTER TABLE accounts ADD COLUMN closing_at TIMESTAMPTZ;
ALTER TABLE accounts ADD COLUMN role TEXT NOT NULL DEFAULT 'member';
CREATE INDEX accounts_closing ON accounts (closing_at) WHERE closing_at IS NOT NULL;

-- Until when a fresh proof lets this session change what is sensitive; with the
-- password alone a change waits before it takes hold.
ALTER TABLE sessions ADD COLUMN elevated_until TIMESTAMPTZ;
ALTER TABLE sessions ADD COLUMN password_until TIMESTAMPTZ;

-- Until when a device needs no code though the account asks for one every time.
-- kind is phone, computer, tv or other.
ALTER TABLE known_devices ADD COLUMN trusted_until TIMESTAMPTZ;
ALTER TABLE known_devices ADD COLUMN kind TEXT NOT NULL DEFAULT 'other';

-- An address has one owner. A phone number may be shared by a family: nobody
-- signs in with it.
DROP INDEX identifiers_one_owner;
CREATE UNIQUE INDEX identifiers_one_owner ON identifiers (value) WHERE kind = 'email' AND verified_at IS NOT NULL;

-- The identifier that the code goes to; null where it has no row.
ALTER TABLE challenges ADD COLUMN identifier_id TEXT;
CREATE INDEX challenges_of_account ON challenges (account_id);

-- A code that is awaited for something other than a sign-up or a sign-in.
-- account_id is null where nobody has the address. subject is the change that
-- the code confirms (email, email_second, phone) or takes back (its id).
CREATE TABLE verifications (
	id           TEXT PRIMARY KEY,
	session_id   TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
	challenge_id TEXT NOT NULL REFERENCES challenges (id) ON DELETE CASCADE,
	account_id   TEXT REFERENCES accounts (id) ON DELETE CASCADE,
	purpose      TEXT NOT NULL,
	value        TEXT NOT NULL,
	shown        TEXT NOT NULL,
	subject      TEXT NOT NULL,
	next         TEXT NOT NULL,
	taken        BOOLEAN NOT NULL,
	proven_at    TIMESTAMPTZ,
	created_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX verifications_of_session ON verifications (session_id, created_at);
CREATE INDEX verifications_of_challenge ON verifications (challenge_id);
CREATE INDEX verifications_of_account ON verifications (account_id);

-- A change of what an account is reached or guarded by. It can be taken back for
-- a while: before is how things stood. One that was asked for with the password
-- alone waits until holds_at.
CREATE TABLE changes (
	id         TEXT PRIMARY KEY,
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	kind       TEXT NOT NULL,
	value      TEXT NOT NULL,
	what       TEXT NOT NULL,
	before     TEXT NOT NULL,
	device     TEXT NOT NULL,
	address    TEXT NOT NULL,
	made_at    TIMESTAMPTZ NOT NULL,
	holds_at   TIMESTAMPTZ,
	applied_at TIMESTAMPTZ,
	undone_at  TIMESTAMPTZ
);
CREATE INDEX changes_of_account ON changes (account_id, made_at);
CREATE INDEX changes_waiting ON changes (holds_at) WHERE holds_at IS NOT NULL AND applied_at IS NULL AND undone_at IS NULL;

-- what is masked; undo_id is the change that the message can take back.
ALTER TABLE messages ADD COLUMN what TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN change TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN holds_at TIMESTAMPTZ;
ALTER TABLE messages ADD COLUMN undo_id TEXT REFERENCES changes (id) ON DELETE CASCADE;
ALTER TABLE messages ADD COLUMN not_me_at TIMESTAMPTZ;
CREATE INDEX messages_of_change ON messages (undo_id) WHERE undo_id IS NOT NULL;

-- What an operator or staff did, and why, in words.
ALTER TABLE events ADD COLUMN detail TEXT NOT NULL DEFAULT '';
