BEGIN TRANSACTION;
CREATE TABLE accounts (
	id              TEXT PRIMARY KEY,
	created_at      DATETIME NOT NULL,
	locale          TEXT NOT NULL,
	password_hash   TEXT NOT NULL,
	password_set_at DATETIME NOT NULL
, two_step TEXT NOT NULL DEFAULT 'new_devices', preferred_id TEXT, reset_via TEXT, muted_until DATETIME, closing_at DATETIME, role TEXT NOT NULL DEFAULT 'member', desk_name TEXT NOT NULL DEFAULT '');
INSERT INTO "accounts" VALUES('2c3084cc26646fa6af67a195f410a1dd','2026-11-29 22:21:08.962+00:00','en','$argon2id$v=19$m=19456,t=2,p=1$jMnh6aMVHLk7r3TrWZrPqw$TwJNuyNXCe/VD92ipJJqnF+W13yu79KHd3sA3JRTfec','2026-11-29 22:21:08.962+00:00','new_devices',NULL,NULL,NULL,NULL,'member','');
CREATE TABLE budgets (
	key        TEXT PRIMARY KEY,
	touched_at DATETIME NOT NULL
);
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
	slot_at    DATETIME NOT NULL,
	created_at DATETIME NOT NULL,
	changed_at DATETIME NOT NULL
);
CREATE TABLE challenges (
	id               TEXT PRIMARY KEY,
	key_id           TEXT NOT NULL,
	account_id       TEXT REFERENCES accounts (id) ON DELETE CASCADE,
	purpose          TEXT NOT NULL,
	channel          TEXT NOT NULL,
	destination      TEXT NOT NULL,
	digits           INTEGER NOT NULL,
	generation       INTEGER NOT NULL,
	attempts         INTEGER NOT NULL,
	max_attempts     INTEGER NOT NULL,
	sends            INTEGER NOT NULL,
	created_at       DATETIME NOT NULL,
	expires_at       DATETIME NOT NULL,
	prior_expires_at DATETIME,
	resend_at        DATETIME NOT NULL,
	ends_at          DATETIME NOT NULL,
	consumed_at      DATETIME
, identifier_id TEXT);
INSERT INTO "challenges" VALUES('23c06b8939ec28342bf81e18d2e483ae','c47d318a',NULL,'sign_up','email','ada@example.com',6,0,1,5,1,'2026-11-29 22:21:08.792+00:00','2026-11-29 22:31:08.792+00:00',NULL,'2026-11-29 22:21:38.792+00:00','2026-11-29 23:21:08.792+00:00','2026-11-29 22:21:08.962+00:00',NULL);
INSERT INTO "challenges" VALUES('6929804c6caf2209d6cff13544fafa89','c47d318a','2c3084cc26646fa6af67a195f410a1dd','sign_in','email','ada@example.com',6,0,0,5,1,'2026-11-29 22:21:09.265+00:00','2026-11-29 22:31:09.265+00:00',NULL,'2026-11-29 22:21:39.265+00:00','2026-11-29 23:21:09.265+00:00',NULL,'c434193eb0e647021a5d6c0fb19e98f4');
CREATE TABLE changes (
	id         TEXT PRIMARY KEY,
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	kind       TEXT NOT NULL,
	value      TEXT NOT NULL,
	what       TEXT NOT NULL,
	before     TEXT NOT NULL,
	device     TEXT NOT NULL,
	address    TEXT NOT NULL,
	made_at    DATETIME NOT NULL,
	holds_at   DATETIME,
	applied_at DATETIME,
	undone_at  DATETIME
);
CREATE TABLE chat_messages (
	chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
	seq     INTEGER NOT NULL,
	author  TEXT NOT NULL,
	name    TEXT NOT NULL,
	text    TEXT NOT NULL,
	nonce   TEXT NOT NULL,
	at      DATETIME NOT NULL,
	PRIMARY KEY (chat_id, seq)
);
INSERT INTO "chat_messages" VALUES('87f307f81402e8325aa5fc4c3a9a991e',1,'visitor','','My code did not arrive.','visitor one 5b6d260731b9a16c','2026-11-29 22:21:09.341+00:00');
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
	seq         INTEGER NOT NULL,
	started_at  DATETIME NOT NULL,
	joined_at   DATETIME,
	visitor_at  DATETIME NOT NULL,
	answered_at DATETIME,
	warned_at   DATETIME,
	ended_at    DATETIME,
	changed_at  DATETIME NOT NULL
);
INSERT INTO "chats" VALUES('87f307f81402e8325aa5fc4c3a9a991e','c49593062968b4bc15b3c4713293dcd656922881e762c1a6b9f05e5a5e9186de',NULL,'no_code','','','','Firefox on Linux','waiting',NULL,'','',0,1,'2026-11-29 22:21:09.341+00:00',NULL,'2026-11-29 22:21:09.341+00:00',NULL,NULL,NULL,'2026-11-29 22:21:09.341+00:00');
CREATE TABLE desk_seen (
	account_id TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
	at         DATETIME NOT NULL
);
CREATE TABLE devices (
	id         TEXT PRIMARY KEY,
	token_hash TEXT NOT NULL UNIQUE,
	created_at DATETIME NOT NULL,
	ends_at    DATETIME NOT NULL
);
INSERT INTO "devices" VALUES('ba4d06da58a003bd56fc93dbf1808692','420a32c1b1a20fcedde22f094eafc5a94f919cf079bfc59ce33161536aef3f8c','2026-11-29 22:21:08.962+00:00','2027-11-29 22:21:08.962+00:00');
CREATE TABLE events (
	id         TEXT PRIMARY KEY,
	account_id TEXT REFERENCES accounts (id) ON DELETE CASCADE,
	kind       TEXT NOT NULL,
	at         DATETIME NOT NULL,
	device     TEXT NOT NULL,
	address    TEXT NOT NULL
, detail TEXT NOT NULL DEFAULT '', agent TEXT NOT NULL DEFAULT '', agent_id TEXT REFERENCES accounts (id) ON DELETE SET NULL);
INSERT INTO "events" VALUES('01a22965d3380000000125bec13d8c35',NULL,'sign_up_tried','2026-11-29 22:21:08.792+00:00','Firefox on Linux','127.0.0.1','','',NULL);
INSERT INTO "events" VALUES('01a22965d3e2000000026534101fb508','2c3084cc26646fa6af67a195f410a1dd','sign_up','2026-11-29 22:21:08.962+00:00','Firefox on Linux','127.0.0.1','','',NULL);
INSERT INTO "events" VALUES('01a22965d511000000039cc3d9dddb40','2c3084cc26646fa6af67a195f410a1dd','code_asked','2026-11-29 22:21:09.265+00:00','Firefox on Linux','127.0.0.1','','',NULL);
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO "goose_db_version" VALUES(1,0,1,'2026-11-29 22:21:07');
INSERT INTO "goose_db_version" VALUES(2,1,1,'2026-11-29 22:21:07');
INSERT INTO "goose_db_version" VALUES(3,2,1,'2026-11-29 22:21:07');
INSERT INTO "goose_db_version" VALUES(4,3,1,'2026-11-29 22:21:07');
CREATE TABLE identifiers (
	id           TEXT PRIMARY KEY,
	account_id   TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	kind         TEXT NOT NULL,
	value        TEXT NOT NULL,
	shown        TEXT NOT NULL,
	is_primary   BOOLEAN NOT NULL,
	wrong_in_row INTEGER NOT NULL DEFAULT 0,
	created_at   DATETIME NOT NULL,
	verified_at  DATETIME
);
INSERT INTO "identifiers" VALUES('c434193eb0e647021a5d6c0fb19e98f4','2c3084cc26646fa6af67a195f410a1dd','email','ada@example.com','ada@example.com',1,0,'2026-11-29 22:21:08.962+00:00','2026-11-29 22:21:08.962+00:00');
CREATE TABLE keys (
	id       TEXT PRIMARY KEY,
	added_at DATETIME NOT NULL
);
INSERT INTO "keys" VALUES('c47d318a','2026-11-29 22:21:07.946+00:00');
CREATE TABLE known_devices (
	device_id  TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	name       TEXT NOT NULL,
	known_at   DATETIME NOT NULL,
	seen_at    DATETIME NOT NULL, trusted_until DATETIME, kind TEXT NOT NULL DEFAULT 'other',
	PRIMARY KEY (account_id, device_id)
);
INSERT INTO "known_devices" VALUES('ba4d06da58a003bd56fc93dbf1808692','2c3084cc26646fa6af67a195f410a1dd','Firefox on Linux','2026-11-29 22:21:08.962+00:00','2026-11-29 22:21:08.962+00:00',NULL,'computer');
CREATE TABLE message_steps (
	message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
	at         DATETIME NOT NULL,
	step       TEXT NOT NULL,
	detail     TEXT NOT NULL
);
INSERT INTO "message_steps" VALUES('8b6e21135e230028774e351002ad3623','2026-11-29 22:21:08.861+00:00','accepted','2.0.0 OK: queued');
INSERT INTO "message_steps" VALUES('4f9182fe430532e56f22a967114192ce','2026-11-29 22:21:09.326+00:00','accepted','2.0.0 OK: queued');
CREATE TABLE messages (
	id           TEXT PRIMARY KEY,
	kind         TEXT NOT NULL,
	account_id   TEXT REFERENCES accounts (id) ON DELETE CASCADE,
	challenge_id TEXT REFERENCES challenges (id) ON DELETE CASCADE,
	generation   INTEGER NOT NULL,
	channel      TEXT NOT NULL,
	destination  TEXT NOT NULL,
	locale       TEXT NOT NULL,
	device       TEXT NOT NULL,
	address      TEXT NOT NULL,
	asked_at     DATETIME NOT NULL,
	state        TEXT NOT NULL,
	reason       TEXT NOT NULL,
	attempts     INTEGER NOT NULL,
	created_at   DATETIME NOT NULL,
	next_at      DATETIME NOT NULL,
	give_up_at   DATETIME NOT NULL,
	lease_until  DATETIME,
	done_at      DATETIME
, what TEXT NOT NULL DEFAULT '', change TEXT NOT NULL DEFAULT '', holds_at DATETIME, undo_id TEXT REFERENCES changes (id) ON DELETE CASCADE, not_me_at DATETIME, body TEXT NOT NULL DEFAULT '');
INSERT INTO "messages" VALUES('8b6e21135e230028774e351002ad3623','sign_up_code',NULL,'23c06b8939ec28342bf81e18d2e483ae',0,'email','ada@example.com','en','Firefox on Linux','127.0.0.1','2026-11-29 22:21:08.792+00:00','accepted','',1,'2026-11-29 22:21:08.792+00:00','2026-11-29 22:22:08.812+00:00','2026-11-29 22:31:08.792+00:00',NULL,'2026-11-29 22:21:08.861+00:00','','',NULL,NULL,NULL,'');
INSERT INTO "messages" VALUES('4f9182fe430532e56f22a967114192ce','sign_in_code','2c3084cc26646fa6af67a195f410a1dd','6929804c6caf2209d6cff13544fafa89',0,'email','ada@example.com','en','Firefox on Linux','127.0.0.1','2026-11-29 22:21:09.265+00:00','accepted','',1,'2026-11-29 22:21:09.265+00:00','2026-11-29 22:22:09.295+00:00','2026-11-29 22:31:09.265+00:00',NULL,'2026-11-29 22:21:09.326+00:00','','',NULL,NULL,NULL,'');
CREATE TABLE missed_searches (
	query  TEXT PRIMARY KEY,
	times  INTEGER NOT NULL,
	last_at DATETIME NOT NULL
);
CREATE TABLE service_codes (
	id         TEXT PRIMARY KEY,
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	tag        TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	ends_at    DATETIME NOT NULL,
	used_at    DATETIME,
	used_by    TEXT REFERENCES accounts (id) ON DELETE SET NULL
);
CREATE TABLE sessions (
	id         TEXT PRIMARY KEY,
	account_id TEXT REFERENCES accounts (id) ON DELETE CASCADE,
	device_id  TEXT REFERENCES devices (id) ON DELETE SET NULL,
	device     TEXT NOT NULL,
	address    TEXT NOT NULL,
	amr        TEXT NOT NULL,
	until_close BOOLEAN NOT NULL,
	created_at DATETIME NOT NULL,
	seen_at    DATETIME NOT NULL,
	ends_at    DATETIME NOT NULL
, elevated_until DATETIME, password_until DATETIME);
INSERT INTO "sessions" VALUES('16e2fed93465cb17c1f44042020db9675c111f194a5fb2b35315e756c214d104',NULL,NULL,'Firefox on Linux','127.0.0.1','',0,'2026-11-29 22:21:08.792+00:00','2026-11-29 22:21:08.792+00:00','2026-11-30 00:21:08.792+00:00',NULL,NULL);
INSERT INTO "sessions" VALUES('211e24cb713fb79e1ac1fb3b9a5fafb25f8347b59b776668e76d7aea37a13389','2c3084cc26646fa6af67a195f410a1dd','ba4d06da58a003bd56fc93dbf1808692','Firefox on Linux','127.0.0.1','pwd otp',0,'2026-11-29 22:21:08.962+00:00','2026-11-29 22:21:08.962+00:00','2027-02-27 22:21:08.962+00:00','2026-11-29 22:31:08.962+00:00',NULL);
INSERT INTO "sessions" VALUES('d322e544192f97facbe1aba5722f5ca06da4786b7547c1180f1fd154ad814bab',NULL,NULL,'Firefox on Linux','127.0.0.1','',0,'2026-11-29 22:21:09.265+00:00','2026-11-29 22:21:09.265+00:00','2026-11-30 00:21:09.265+00:00',NULL,NULL);
CREATE TABLE sign_ins (
	id           TEXT PRIMARY KEY,
	session_id   TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
	challenge_id TEXT NOT NULL REFERENCES challenges (id) ON DELETE CASCADE,
	account_id   TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	lane         TEXT NOT NULL,
	next         TEXT NOT NULL,
	created_at   DATETIME NOT NULL
);
INSERT INTO "sign_ins" VALUES('d97f04a0a6cc784eb1db3b9ad20542fb','d322e544192f97facbe1aba5722f5ca06da4786b7547c1180f1fd154ad814bab','6929804c6caf2209d6cff13544fafa89','2c3084cc26646fa6af67a195f410a1dd','lane fdf01149478387f52ac4766f4d091763','','2026-11-29 22:21:09.265+00:00');
CREATE TABLE sign_ups (
	id            TEXT PRIMARY KEY,
	session_id    TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
	challenge_id  TEXT NOT NULL REFERENCES challenges (id) ON DELETE CASCADE,
	owner_id      TEXT REFERENCES accounts (id) ON DELETE CASCADE,
	email         TEXT NOT NULL,
	email_shown   TEXT NOT NULL,
	password_hash TEXT NOT NULL,
	created_at    DATETIME NOT NULL
);
INSERT INTO "sign_ups" VALUES('a77687a2d9f515fbe52f7602fe92d3f5','16e2fed93465cb17c1f44042020db9675c111f194a5fb2b35315e756c214d104','23c06b8939ec28342bf81e18d2e483ae',NULL,'ada@example.com','ada@example.com','$argon2id$v=19$m=19456,t=2,p=1$jMnh6aMVHLk7r3TrWZrPqw$TwJNuyNXCe/VD92ipJJqnF+W13yu79KHd3sA3JRTfec','2026-11-29 22:21:08.792+00:00');
CREATE TABLE spends (
	key TEXT NOT NULL,
	at  DATETIME NOT NULL
);
INSERT INTO "spends" VALUES('send stranger fdf01149478387f52ac4766f4d091763','2026-11-29 22:21:08.792+00:00');
INSERT INTO "spends" VALUES('send owner fdf01149478387f52ac4766f4d091763','2026-11-29 22:21:09.265+00:00');
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
	proven_at    DATETIME,
	created_at   DATETIME NOT NULL
);
CREATE TABLE votes (
	id      TEXT PRIMARY KEY,
	article TEXT NOT NULL,
	helpful BOOLEAN NOT NULL,
	words   TEXT NOT NULL,
	at      DATETIME NOT NULL
);
CREATE INDEX identifiers_of_account ON identifiers (account_id);
CREATE INDEX known_devices_of_device ON known_devices (device_id);
CREATE INDEX sessions_of_account ON sessions (account_id);
CREATE INDEX sessions_end ON sessions (ends_at);
CREATE INDEX challenges_end ON challenges (ends_at);
CREATE INDEX challenges_of_key ON challenges (key_id);
CREATE INDEX sign_ups_of_session ON sign_ups (session_id, created_at);
CREATE INDEX sign_ins_of_session ON sign_ins (session_id, created_at);
CREATE INDEX messages_due ON messages (next_at) WHERE state = 'queued';
CREATE INDEX messages_of_challenge ON messages (challenge_id, created_at);
CREATE INDEX messages_age ON messages (created_at);
CREATE INDEX message_steps_of_message ON message_steps (message_id);
CREATE INDEX budgets_age ON budgets (touched_at);
CREATE INDEX spends_of_key ON spends (key, at);
CREATE INDEX spends_age ON spends (at);
CREATE INDEX events_of_account ON events (account_id, at);
CREATE INDEX events_age ON events (at);
CREATE INDEX accounts_closing ON accounts (closing_at) WHERE closing_at IS NOT NULL;
CREATE UNIQUE INDEX identifiers_one_owner ON identifiers (value) WHERE kind = 'email' AND verified_at IS NOT NULL;
CREATE INDEX challenges_of_account ON challenges (account_id);
CREATE INDEX verifications_of_session ON verifications (session_id, created_at);
CREATE INDEX verifications_of_challenge ON verifications (challenge_id);
CREATE INDEX verifications_of_account ON verifications (account_id);
CREATE INDEX changes_of_account ON changes (account_id, made_at);
CREATE INDEX changes_waiting ON changes (holds_at) WHERE holds_at IS NOT NULL AND applied_at IS NULL AND undone_at IS NULL;
CREATE INDEX messages_of_change ON messages (undo_id) WHERE undo_id IS NOT NULL;
CREATE INDEX messages_of_account ON messages (account_id, created_at) WHERE account_id IS NOT NULL;
CREATE INDEX messages_of_channel ON messages (channel, created_at) WHERE challenge_id IS NOT NULL;
CREATE INDEX sign_ins_of_challenge ON sign_ins (challenge_id);
CREATE INDEX events_of_agent ON events (agent_id) WHERE agent_id IS NOT NULL;
CREATE INDEX chats_of_token ON chats (token_hash);
CREATE INDEX chats_of_account ON chats (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX chats_open ON chats (state, started_at) WHERE ended_at IS NULL;
CREATE INDEX chats_changed ON chats (changed_at);
CREATE INDEX chats_of_agent ON chats (agent_id) WHERE agent_id IS NOT NULL;
CREATE UNIQUE INDEX chat_messages_once ON chat_messages (chat_id, nonce) WHERE nonce <> '';
CREATE INDEX service_codes_by ON service_codes (used_by) WHERE used_by IS NOT NULL;
CREATE UNIQUE INDEX service_codes_tag ON service_codes (tag) WHERE used_at IS NULL;
CREATE INDEX service_codes_of_account ON service_codes (account_id, created_at);
CREATE INDEX calls_of_token ON calls (token_hash);
CREATE INDEX calls_of_account ON calls (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX calls_due ON calls (state, slot_at);
CREATE INDEX calls_of_agent ON calls (agent_id) WHERE agent_id IS NOT NULL;
CREATE INDEX votes_of_article ON votes (article, at);
COMMIT;
