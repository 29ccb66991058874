BEGIN TRANSACTION;
CREATE TABLE accounts (
	id              TEXT PRIMARY KEY,
	created_at      DATETIME NOT NULL,
	locale          TEXT NOT NULL,
	password_hash   TEXT NOT NULL,
	password_set_at DATETIME NOT NULL
, two_step TEXT NOT NULL DEFAULT 'new_devices', preferred_id TEXT, reset_via TEXT, muted_until DATETIME, closing_at DATETIME, role TEXT NOT NULL DEFAULT 'member');
INSERT INTO "accounts" VALUES('6b7c4b2d117c9507123df8c7196657a7','2026-11-29 22:21:02.143+00:00','en','$argon2id$v=19$m=19456,t=2,p=1$UBWjGkpMyVxCdDx6Dof5pQ$z/v2a93ROWbY+SmjAzM8fg3BA85TbTGTsztAcCFMuzM','2026-11-29 22:21:02.143+00:00','new_devices',NULL,NULL,NULL,NULL,'member');
CREATE TABLE budgets (
	key        TEXT PRIMARY KEY,
	touched_at DATETIME NOT NULL
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
INSERT INTO "challenges" VALUES('20c88d7839ba50c545bb628fd5d6ab8c','59c1018e',NULL,'sign_up','email','ada@example.com',6,0,1,5,1,'2026-11-29 22:21:01.985+00:00','2026-11-29 22:31:01.985+00:00',NULL,'2026-11-29 22:21:31.985+00:00','2026-11-29 23:21:01.985+00:00','2026-11-29 22:21:02.143+00:00',NULL);
INSERT INTO "challenges" VALUES('3255355c1ada0ffd4f3e1ab50b649276','59c1018e','6b7c4b2d117c9507123df8c7196657a7','sign_in','email','ada@example.com',6,0,0,5,1,'2026-11-29 22:21:02.646+00:00','2026-11-29 22:31:02.646+00:00',NULL,'2026-11-29 22:21:32.646+00:00','2026-11-29 23:21:02.646+00:00',NULL,'ed5c2e05b95f68cda142c0ed0cfcafde');
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
CREATE TABLE devices (
	id         TEXT PRIMARY KEY,
	token_hash TEXT NOT NULL UNIQUE,
	created_at DATETIME NOT NULL,
	ends_at    DATETIME NOT NULL
);
INSERT INTO "devices" VALUES('5ca2644981e7aa2f94350be5403b6052','190842e93660d0ee399a0d2c592eccdc2b75bdb3ede3df9567fb621bc44f66af','2026-11-29 22:21:02.143+00:00','2027-11-29 22:21:02.143+00:00');
CREATE TABLE events (
	id         TEXT PRIMARY KEY,
	account_id TEXT REFERENCES accounts (id) ON DELETE CASCADE,
	kind       TEXT NOT NULL,
	at         DATETIME NOT NULL,
	device     TEXT NOT NULL,
	address    TEXT NOT NULL
, detail TEXT NOT NULL DEFAULT '');
INSERT INTO "events" VALUES('01a22965b8a1000000010c87731dbd8b',NULL,'sign_up_tried','2026-11-29 22:21:01.985+00:00','Firefox on Linux','127.0.0.1','');
INSERT INTO "events" VALUES('01a22965b93f00000002213f5046ae43','6b7c4b2d117c9507123df8c7196657a7','sign_up','2026-11-29 22:21:02.143+00:00','Firefox on Linux','127.0.0.1','');
INSERT INTO "events" VALUES('01a22965bb360000000392fd8e058b56','6b7c4b2d117c9507123df8c7196657a7','code_asked','2026-11-29 22:21:02.646+00:00','Firefox on Linux','127.0.0.1','');
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO "goose_db_version" VALUES(1,0,1,'2026-11-29 22:21:01');
INSERT INTO "goose_db_version" VALUES(2,1,1,'2026-11-29 22:21:01');
INSERT INTO "goose_db_version" VALUES(3,2,1,'2026-11-29 22:21:01');
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
INSERT INTO "identifiers" VALUES('ed5c2e05b95f68cda142c0ed0cfcafde','6b7c4b2d117c9507123df8c7196657a7','email','ada@example.com','ada@example.com',1,0,'2026-11-29 22:21:02.143+00:00','2026-11-29 22:21:02.143+00:00');
CREATE TABLE keys (
	id       TEXT PRIMARY KEY,
	added_at DATETIME NOT NULL
);
INSERT INTO "keys" VALUES('59c1018e','2026-11-29 22:21:01.136+00:00');
CREATE TABLE known_devices (
	device_id  TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	name       TEXT NOT NULL,
	known_at   DATETIME NOT NULL,
	seen_at    DATETIME NOT NULL, trusted_until DATETIME, kind TEXT NOT NULL DEFAULT 'other',
	PRIMARY KEY (account_id, device_id)
);
INSERT INTO "known_devices" VALUES('5ca2644981e7aa2f94350be5403b6052','6b7c4b2d117c9507123df8c7196657a7','Firefox on Linux','2026-11-29 22:21:02.143+00:00','2026-11-29 22:21:02.143+00:00',NULL,'computer');
CREATE TABLE message_steps (
	message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
	at         DATETIME NOT NULL,
	step       TEXT NOT NULL,
	detail     TEXT NOT NULL
);
INSERT INTO "message_steps" VALUES('3337482c455f02b4b907507f79be49ad','2026-11-29 22:21:02.02+00:00','accepted','2.0.0 OK: queued');
INSERT INTO "message_steps" VALUES('920b2f77fb2252797730c1ed53b92f3e','2026-11-29 22:21:02.71+00:00','accepted','2.0.0 OK: queued');
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
, what TEXT NOT NULL DEFAULT '', change TEXT NOT NULL DEFAULT '', holds_at DATETIME, undo_id TEXT REFERENCES changes (id) ON DELETE CASCADE, not_me_at DATETIME);
INSERT INTO "messages" VALUES('3337482c455f02b4b907507f79be49ad','sign_up_code',NULL,'20c88d7839ba50c545bb628fd5d6ab8c',0,'email','ada@example.com','en','Firefox on Linux','127.0.0.1','2026-11-29 22:21:01.985+00:00','accepted','',1,'2026-11-29 22:21:01.985+00:00','2026-11-29 22:22:02.002+00:00','2026-11-29 22:31:01.985+00:00',NULL,'2026-11-29 22:21:02.02+00:00','','',NULL,NULL,NULL);
INSERT INTO "messages" VALUES('920b2f77fb2252797730c1ed53b92f3e','sign_in_code','6b7c4b2d117c9507123df8c7196657a7','3255355c1ada0ffd4f3e1ab50b649276',0,'email','ada@example.com','en','Firefox on Linux','127.0.0.1','2026-11-29 22:21:02.646+00:00','accepted','',1,'2026-11-29 22:21:02.646+00:00','2026-11-29 22:22:02.671+00:00','2026-11-29 22:31:02.646+00:00',NULL,'2026-11-29 22:21:02.71+00:00','','',NULL,NULL,NULL);
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
INSERT INTO "sessions" VALUES('b5fe2ff2a7c3b54a99c1aea2e166c987c25f9dcac7f66788b02a5397b17cbf05',NULL,NULL,'Firefox on Linux','127.0.0.1','',0,'2026-11-29 22:21:01.985+00:00','2026-11-29 22:21:01.985+00:00','2026-11-30 00:21:01.985+00:00',NULL,NULL);
INSERT INTO "sessions" VALUES('24d6773dfdcba7f5acd6cca31da1622fa0db5de0dddeac97f528e0013aa015b0','6b7c4b2d117c9507123df8c7196657a7','5ca2644981e7aa2f94350be5403b6052','Firefox on Linux','127.0.0.1','pwd otp',0,'2026-11-29 22:21:02.143+00:00','2026-11-29 22:21:02.143+00:00','2027-02-27 22:21:02.143+00:00','2026-11-29 22:31:02.143+00:00',NULL);
INSERT INTO "sessions" VALUES('00b46940e6a6f428c0108f815209767adc46f044675c6283f7799e06e6bed1ef',NULL,NULL,'Firefox on Linux','127.0.0.1','',0,'2026-11-29 22:21:02.646+00:00','2026-11-29 22:21:02.646+00:00','2026-11-30 00:21:02.646+00:00',NULL,NULL);
CREATE TABLE sign_ins (
	id           TEXT PRIMARY KEY,
	session_id   TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
	challenge_id TEXT NOT NULL REFERENCES challenges (id) ON DELETE CASCADE,
	account_id   TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	lane         TEXT NOT NULL,
	next         TEXT NOT NULL,
	created_at   DATETIME NOT NULL
);
INSERT INTO "sign_ins" VALUES('537c7e1b8ddd0f4993834329a95c124a','00b46940e6a6f428c0108f815209767adc46f044675c6283f7799e06e6bed1ef','3255355c1ada0ffd4f3e1ab50b649276','6b7c4b2d117c9507123df8c7196657a7','lane d9af39fa88abe6b494044671c96d50cc','','2026-11-29 22:21:02.646+00:00');
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
INSERT INTO "sign_ups" VALUES('2ba085f3c865320dd43419db9c84d07c','b5fe2ff2a7c3b54a99c1aea2e166c987c25f9dcac7f66788b02a5397b17cbf05','20c88d7839ba50c545bb628fd5d6ab8c',NULL,'ada@example.com','ada@example.com','$argon2id$v=19$m=19456,t=2,p=1$UBWjGkpMyVxCdDx6Dof5pQ$z/v2a93ROWbY+SmjAzM8fg3BA85TbTGTsztAcCFMuzM','2026-11-29 22:21:01.985+00:00');
CREATE TABLE spends (
	key TEXT NOT NULL,
	at  DATETIME NOT NULL
);
INSERT INTO "spends" VALUES('send stranger d9af39fa88abe6b494044671c96d50cc','2026-11-29 22:21:01.985+00:00');
INSERT INTO "spends" VALUES('send owner d9af39fa88abe6b494044671c96d50cc','2026-11-29 22:21:02.646+00:00');
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
CREATE INDEX messages_of_account ON messages (account_id);
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
COMMIT;
