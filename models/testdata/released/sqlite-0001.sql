BEGIN TRANSACTION;
CREATE TABLE accounts (
	id              TEXT PRIMARY KEY,
	created_at      DATETIME NOT NULL,
	locale          TEXT NOT NULL,
	password_hash   TEXT NOT NULL,
	password_set_at DATETIME NOT NULL
);
INSERT INTO "accounts" VALUES('20472e72e22798ad1ce9ce5db908215f','2026-11-29 22:20:56.578+00:00','en','$argon2id$v=19$m=19456,t=2,p=1$lh59XYNlBRisMlfZ5S21FQ$QSDIJcVuoM/BDHhPZ+SPhB5F9nbQZ4DhifIchrUN3Es','2026-11-29 22:20:56.578+00:00');
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
);
INSERT INTO "challenges" VALUES('a14e1994d25b59159343a30ea513da2f','b37aec3c',NULL,'sign_up','email','ada@example.com',6,0,1,5,1,'2026-11-29 22:20:56.515+00:00','2026-11-29 22:30:56.515+00:00',NULL,'2026-11-29 22:21:26.515+00:00','2026-11-29 23:20:56.515+00:00','2026-11-29 22:20:56.578+00:00');
INSERT INTO "challenges" VALUES('957eec5d0dfda072333453678814b117','b37aec3c','20472e72e22798ad1ce9ce5db908215f','sign_in','email','ada@example.com',6,0,0,5,1,'2026-11-29 22:20:56.838+00:00','2026-11-29 22:30:56.838+00:00',NULL,'2026-11-29 22:21:26.838+00:00','2026-11-29 23:20:56.838+00:00',NULL);
CREATE TABLE devices (
	id         TEXT PRIMARY KEY,
	token_hash TEXT NOT NULL UNIQUE,
	created_at DATETIME NOT NULL,
	ends_at    DATETIME NOT NULL
);
INSERT INTO "devices" VALUES('6b70e8a6c43b3818349f40591555b9b2','8ef1c4647c701e811d28e18686fa197ffb6a2f27610591665b5521ec8c6965ad','2026-11-29 22:20:56.578+00:00','2027-11-29 22:20:56.578+00:00');
CREATE TABLE events (
	id         TEXT PRIMARY KEY,
	account_id TEXT REFERENCES accounts (id) ON DELETE CASCADE,
	kind       TEXT NOT NULL,
	at         DATETIME NOT NULL,
	device     TEXT NOT NULL,
	address    TEXT NOT NULL
);
INSERT INTO "events" VALUES('95fdd65ac98549148d8480f178846168',NULL,'sign_up_tried','2026-11-29 22:20:56.515+00:00','Firefox on Linux','127.0.0.1');
INSERT INTO "events" VALUES('2c2f9da06d826add6e2143dd427c2b24','20472e72e22798ad1ce9ce5db908215f','sign_up','2026-11-29 22:20:56.578+00:00','Firefox on Linux','127.0.0.1');
INSERT INTO "events" VALUES('133dcadee04d6d1df1269fa1c9d0540d','20472e72e22798ad1ce9ce5db908215f','code_asked','2026-11-29 22:20:56.838+00:00','Firefox on Linux','127.0.0.1');
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO "goose_db_version" VALUES(1,0,1,'2026-11-29 22:20:55');
INSERT INTO "goose_db_version" VALUES(2,1,1,'2026-11-29 22:20:55');
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
INSERT INTO "identifiers" VALUES('66c2ee41d9bcbb4e8e50dda3b5cfce67','20472e72e22798ad1ce9ce5db908215f','email','ada@example.com','ada@example.com',1,0,'2026-11-29 22:20:56.578+00:00','2026-11-29 22:20:56.578+00:00');
CREATE TABLE keys (
	id       TEXT PRIMARY KEY,
	added_at DATETIME NOT NULL
);
INSERT INTO "keys" VALUES('b37aec3c','2026-11-29 22:20:55.979+00:00');
CREATE TABLE known_devices (
	device_id  TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	name       TEXT NOT NULL,
	known_at   DATETIME NOT NULL,
	seen_at    DATETIME NOT NULL,
	PRIMARY KEY (account_id, device_id)
);
INSERT INTO "known_devices" VALUES('6b70e8a6c43b3818349f40591555b9b2','20472e72e22798ad1ce9ce5db908215f','Firefox on Linux','2026-11-29 22:20:56.578+00:00','2026-11-29 22:20:56.578+00:00');
CREATE TABLE message_steps (
	message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
	at         DATETIME NOT NULL,
	step       TEXT NOT NULL,
	detail     TEXT NOT NULL
);
INSERT INTO "message_steps" VALUES('e0b5da616c3b30782102e4649c9ee2cc','2026-11-29 22:20:56.555+00:00','accepted','2.0.0 OK: queued');
INSERT INTO "message_steps" VALUES('4cf93a1361a8bb6a94c9b13fb27420a9','2026-11-29 22:20:56.893+00:00','accepted','2.0.0 OK: queued');
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
);
INSERT INTO "messages" VALUES('e0b5da616c3b30782102e4649c9ee2cc','sign_up_code',NULL,'a14e1994d25b59159343a30ea513da2f',0,'email','ada@example.com','en','Firefox on Linux','127.0.0.1','2026-11-29 22:20:56.515+00:00','accepted','',1,'2026-11-29 22:20:56.515+00:00','2026-11-29 22:21:56.533+00:00','2026-11-29 22:30:56.515+00:00',NULL,'2026-11-29 22:20:56.555+00:00');
INSERT INTO "messages" VALUES('4cf93a1361a8bb6a94c9b13fb27420a9','sign_in_code','20472e72e22798ad1ce9ce5db908215f','957eec5d0dfda072333453678814b117',0,'email','ada@example.com','en','Firefox on Linux','127.0.0.1','2026-11-29 22:20:56.838+00:00','accepted','',1,'2026-11-29 22:20:56.838+00:00','2026-11-29 22:21:56.873+00:00','2026-11-29 22:30:56.838+00:00',NULL,'2026-11-29 22:20:56.893+00:00');
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
);
INSERT INTO "sessions" VALUES('41f5c13ebc9425c7b68bee28a5447fc17a86b2147a40712865e9e57d97f09087',NULL,NULL,'Firefox on Linux','127.0.0.1','',0,'2026-11-29 22:20:56.515+00:00','2026-11-29 22:20:56.515+00:00','2026-11-30 00:20:56.515+00:00');
INSERT INTO "sessions" VALUES('a132c979af7aab7d07bffd2b6b8f640700469f93d3c233a4587a2ea7336971b2','20472e72e22798ad1ce9ce5db908215f','6b70e8a6c43b3818349f40591555b9b2','Firefox on Linux','127.0.0.1','pwd otp',0,'2026-11-29 22:20:56.578+00:00','2026-11-29 22:20:56.578+00:00','2027-02-27 22:20:56.578+00:00');
INSERT INTO "sessions" VALUES('ac7ffc6fe094d501f60779b1a3b0a6ad8e9ef003ad4557b636b99b75b490b1af',NULL,NULL,'Firefox on Linux','127.0.0.1','',0,'2026-11-29 22:20:56.838+00:00','2026-11-29 22:20:56.838+00:00','2026-11-30 00:20:56.838+00:00');
CREATE TABLE sign_ins (
	id           TEXT PRIMARY KEY,
	session_id   TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
	challenge_id TEXT NOT NULL REFERENCES challenges (id) ON DELETE CASCADE,
	account_id   TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	lane         TEXT NOT NULL,
	next         TEXT NOT NULL,
	created_at   DATETIME NOT NULL
);
INSERT INTO "sign_ins" VALUES('ab5a9c2c39e3f9bf6e5be1aa0663ce8e','ac7ffc6fe094d501f60779b1a3b0a6ad8e9ef003ad4557b636b99b75b490b1af','957eec5d0dfda072333453678814b117','20472e72e22798ad1ce9ce5db908215f','lane 770975fb5ec5a0f2eb40574f491ee73e','','2026-11-29 22:20:56.838+00:00');
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
INSERT INTO "sign_ups" VALUES('bea5083728a1259abb2c64955656a1ef','41f5c13ebc9425c7b68bee28a5447fc17a86b2147a40712865e9e57d97f09087','a14e1994d25b59159343a30ea513da2f',NULL,'ada@example.com','ada@example.com','$argon2id$v=19$m=19456,t=2,p=1$lh59XYNlBRisMlfZ5S21FQ$QSDIJcVuoM/BDHhPZ+SPhB5F9nbQZ4DhifIchrUN3Es','2026-11-29 22:20:56.515+00:00');
CREATE TABLE spends (
	key TEXT NOT NULL,
	at  DATETIME NOT NULL
);
INSERT INTO "spends" VALUES('send stranger 770975fb5ec5a0f2eb40574f491ee73e','2026-11-29 22:20:56.515+00:00');
INSERT INTO "spends" VALUES('send owner 770975fb5ec5a0f2eb40574f491ee73e','2026-11-29 22:20:56.838+00:00');
CREATE UNIQUE INDEX identifiers_one_owner ON identifiers (kind, value) WHERE verified_at IS NOT NULL;
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
COMMIT;
