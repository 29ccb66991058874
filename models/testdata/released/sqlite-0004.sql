BEGIN TRANSACTION;
CREATE TABLE accounts (
	id              TEXT PRIMARY KEY,
	created_at      DATETIME NOT NULL,
	locale          TEXT NOT NULL,
	password_hash   TEXT NOT NULL,
	password_set_at DATETIME NOT NULL
, two_step TEXT NOT NULL DEFAULT 'new_devices', preferred_id TEXT, reset_via TEXT, muted_until DATETIME, closing_at DATETIME, role TEXT NOT NULL DEFAULT 'member', desk_name TEXT NOT NULL DEFAULT '', braked_until DATETIME);
INSERT INTO "accounts" VALUES('9aa5e1af9c4bdfabf6398cfb1069000a','2026-11-29 22:21:33.822+00:00','en','$argon2id$v=19$m=19456,t=2,p=1$haBe8ntHdg5+sCskT0sxtA$if2CMKRvHHj/K7x3LsQsKUz1BsNPq7xqFcUOKczHGuc','2026-11-29 22:21:33.822+00:00','new_devices',NULL,NULL,NULL,NULL,'member','',NULL);
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
INSERT INTO "challenges" VALUES('f5714f4212bae2c6230e9522fef031b1','a1133ea8',NULL,'sign_up','email','ada@example.com',6,0,1,5,1,'2026-11-29 22:21:33.699+00:00','2026-11-29 22:31:33.699+00:00',NULL,'2026-11-29 22:22:03.699+00:00','2026-11-29 23:21:33.699+00:00','2026-11-29 22:21:33.822+00:00',NULL);
INSERT INTO "challenges" VALUES('e1e8dd75faf1b18bee409ea2d49e02ba','a1133ea8','9aa5e1af9c4bdfabf6398cfb1069000a','sign_in','email','ada@example.com',6,0,0,5,1,'2026-11-29 22:21:34.497+00:00','2026-11-29 22:31:34.497+00:00',NULL,'2026-11-29 22:22:04.497+00:00','2026-11-29 23:21:34.497+00:00',NULL,'5f9348a8d64811cd2fc5829612fb739c');
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
INSERT INTO "chat_messages" VALUES('0401da9a80dce746ef1d4401ec3b3eba',1,'visitor','','My code did not arrive.','visitor one 5b6d260731b9a16c','2026-11-29 22:21:34.548+00:00');
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
INSERT INTO "chats" VALUES('0401da9a80dce746ef1d4401ec3b3eba','386a6c0d2d1b84544a0dceff7c2d26ec371c316b76c1058c0cb77ce24ec74351',NULL,'no_code','','','','Firefox on Linux','waiting',NULL,'','',0,1,'2026-11-29 22:21:34.548+00:00',NULL,'2026-11-29 22:21:34.548+00:00',NULL,NULL,NULL,'2026-11-29 22:21:34.548+00:00');
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
INSERT INTO "devices" VALUES('c9e4776295f7a5b65f798ae71090c0fa','faf27a2456863680c8d3fa5dbcb217de3ec9d6fcfc5f86403804d3ad02433d1a','2026-11-29 22:21:33.822+00:00','2027-11-29 22:21:33.822+00:00');
CREATE TABLE events (
	id         TEXT PRIMARY KEY,
	account_id TEXT REFERENCES accounts (id) ON DELETE CASCADE,
	kind       TEXT NOT NULL,
	at         DATETIME NOT NULL,
	device     TEXT NOT NULL,
	address    TEXT NOT NULL
, detail TEXT NOT NULL DEFAULT '', agent TEXT NOT NULL DEFAULT '', agent_id TEXT REFERENCES accounts (id) ON DELETE SET NULL, reasons TEXT NOT NULL DEFAULT '', place TEXT NOT NULL DEFAULT '');
INSERT INTO "events" VALUES('01a2296634830000000150a033cf025c',NULL,'sign_up_tried','2026-11-29 22:21:33.699+00:00','Firefox on Linux','127.0.0.1','','',NULL,'','');
INSERT INTO "events" VALUES('01a2296634fe00000002c636b9f3d845','9aa5e1af9c4bdfabf6398cfb1069000a','sign_up','2026-11-29 22:21:33.822+00:00','Firefox on Linux','127.0.0.1','','',NULL,'','');
INSERT INTO "events" VALUES('01a2296637a100000003c5d1900cbe32','9aa5e1af9c4bdfabf6398cfb1069000a','code_asked','2026-11-29 22:21:34.497+00:00','Firefox on Linux','127.0.0.1','','',NULL,'new_device','');
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO "goose_db_version" VALUES(1,0,1,'2026-11-29 22:21:33');
INSERT INTO "goose_db_version" VALUES(2,1,1,'2026-11-29 22:21:33');
INSERT INTO "goose_db_version" VALUES(3,2,1,'2026-11-29 22:21:33');
INSERT INTO "goose_db_version" VALUES(4,3,1,'2026-11-29 22:21:33');
INSERT INTO "goose_db_version" VALUES(5,4,1,'2026-11-29 22:21:33');
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
INSERT INTO "identifiers" VALUES('5f9348a8d64811cd2fc5829612fb739c','9aa5e1af9c4bdfabf6398cfb1069000a','email','ada@example.com','ada@example.com',1,0,'2026-11-29 22:21:33.822+00:00','2026-11-29 22:21:33.822+00:00');
CREATE TABLE keys (
	id       TEXT PRIMARY KEY,
	added_at DATETIME NOT NULL
);
INSERT INTO "keys" VALUES('a1133ea8','2026-11-29 22:21:33.231+00:00');
CREATE TABLE known_devices (
	device_id  TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	name       TEXT NOT NULL,
	known_at   DATETIME NOT NULL,
	seen_at    DATETIME NOT NULL, trusted_until DATETIME, kind TEXT NOT NULL DEFAULT 'other',
	PRIMARY KEY (account_id, device_id)
);
INSERT INTO "known_devices" VALUES('c9e4776295f7a5b65f798ae71090c0fa','9aa5e1af9c4bdfabf6398cfb1069000a','Firefox on Linux','2026-11-29 22:21:33.822+00:00','2026-11-29 22:21:33.822+00:00',NULL,'computer');
CREATE TABLE lanes (
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	device_id  TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
	made_at    DATETIME NOT NULL,
	ends_at    DATETIME NOT NULL,
	PRIMARY KEY (account_id, device_id)
);
CREATE TABLE message_steps (
	message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
	at         DATETIME NOT NULL,
	step       TEXT NOT NULL,
	detail     TEXT NOT NULL
);
INSERT INTO "message_steps" VALUES('f31266d869fdcac0422640f49c1d6e62','2026-11-29 22:21:33.747+00:00','accepted','2.0.0 OK: queued');
INSERT INTO "message_steps" VALUES('a05cce60cd46fe4def191830b1a97336','2026-11-29 22:21:34.519+00:00','accepted','2.0.0 OK: queued');
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
, what TEXT NOT NULL DEFAULT '', change TEXT NOT NULL DEFAULT '', holds_at DATETIME, undo_id TEXT REFERENCES changes (id) ON DELETE CASCADE, not_me_at DATETIME, body TEXT NOT NULL DEFAULT '', reasons TEXT NOT NULL DEFAULT '', place TEXT NOT NULL DEFAULT '');
INSERT INTO "messages" VALUES('f31266d869fdcac0422640f49c1d6e62','sign_up_code',NULL,'f5714f4212bae2c6230e9522fef031b1',0,'email','ada@example.com','en','Firefox on Linux','127.0.0.1','2026-11-29 22:21:33.699+00:00','accepted','',1,'2026-11-29 22:21:33.699+00:00','2026-11-29 22:22:33.703+00:00','2026-11-29 22:31:33.699+00:00',NULL,'2026-11-29 22:21:33.747+00:00','','',NULL,NULL,NULL,'','','');
INSERT INTO "messages" VALUES('a05cce60cd46fe4def191830b1a97336','sign_in_code','9aa5e1af9c4bdfabf6398cfb1069000a','e1e8dd75faf1b18bee409ea2d49e02ba',0,'email','ada@example.com','en','Firefox on Linux','127.0.0.1','2026-11-29 22:21:34.497+00:00','accepted','',1,'2026-11-29 22:21:34.497+00:00','2026-11-29 22:22:34.512+00:00','2026-11-29 22:31:34.497+00:00',NULL,'2026-11-29 22:21:34.519+00:00','','',NULL,NULL,NULL,'','new_device','');
CREATE TABLE missed_searches (
	query  TEXT PRIMARY KEY,
	times  INTEGER NOT NULL,
	last_at DATETIME NOT NULL
);
CREATE TABLE risk_counts (
	feature TEXT NOT NULL,
	value   TEXT NOT NULL,
	month   INTEGER NOT NULL,
	n       INTEGER NOT NULL,
	PRIMARY KEY (feature, value, month)
);
CREATE TABLE risk_totals (
	name TEXT PRIMARY KEY,
	n    INTEGER NOT NULL
);
INSERT INTO "risk_totals" VALUES('sign_ins',0);
INSERT INTO "risk_totals" VALUES('accounts',0);
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
, elevated_until DATETIME, password_until DATETIME, browser TEXT NOT NULL DEFAULT '', country TEXT NOT NULL DEFAULT '', place TEXT NOT NULL DEFAULT '', moved_at DATETIME);
INSERT INTO "sessions" VALUES('4e84ff09fd7ed5fc014671fe22cfee00445985bfbff34174479280cfd7edb429',NULL,NULL,'Firefox on Linux','127.0.0.1','',0,'2026-11-29 22:21:33.699+00:00','2026-11-29 22:21:33.699+00:00','2026-11-30 00:21:33.699+00:00',NULL,NULL,'','','',NULL);
INSERT INTO "sessions" VALUES('0afb853834e1e55e986a78666603bd30967e125cecea84696ab2969277a1faf5','9aa5e1af9c4bdfabf6398cfb1069000a','c9e4776295f7a5b65f798ae71090c0fa','Firefox on Linux','127.0.0.1','pwd otp',0,'2026-11-29 22:21:33.822+00:00','2026-11-29 22:21:33.822+00:00','2027-02-27 22:21:33.822+00:00','2026-11-29 22:31:33.822+00:00',NULL,'Firefox','','',NULL);
INSERT INTO "sessions" VALUES('fdc21ff8eef2e5e742f70634253119fdcb59d055f84072c3565e5bffa5d10fc9',NULL,NULL,'Firefox on Linux','127.0.0.1','',0,'2026-11-29 22:21:34.497+00:00','2026-11-29 22:21:34.497+00:00','2026-11-30 00:21:34.497+00:00',NULL,NULL,'','','',NULL);
CREATE TABLE sign_in_history (
	id         TEXT PRIMARY KEY,
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	at         DATETIME NOT NULL,
	address    TEXT NOT NULL,
	network    TEXT NOT NULL,
	country    TEXT NOT NULL,
	agent      TEXT NOT NULL,
	browser    TEXT NOT NULL,
	system     TEXT NOT NULL,
	kind       TEXT NOT NULL,
	latitude   REAL,
	longitude  REAL,
	roams      BOOLEAN NOT NULL,
	counted    BOOLEAN NOT NULL
);
INSERT INTO "sign_in_history" VALUES('163e3454d70d0dd102b230e375da6c1e','9aa5e1af9c4bdfabf6398cfb1069000a','2026-11-29 22:21:33.822+00:00','2d759a6931ef11d7042da9d1d6eb9a02','cc592f1383c4d940dad86839c81fe166','','4c62f09bc28eb2ae97922b880c93b187','Firefox 140.0','Linux x86_64','computer',NULL,NULL,0,0);
CREATE TABLE sign_ins (
	id           TEXT PRIMARY KEY,
	session_id   TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
	challenge_id TEXT NOT NULL REFERENCES challenges (id) ON DELETE CASCADE,
	account_id   TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	lane         TEXT NOT NULL,
	next         TEXT NOT NULL,
	created_at   DATETIME NOT NULL
, reasons TEXT NOT NULL DEFAULT '');
INSERT INTO "sign_ins" VALUES('5f597c39365d41266c901b45c236d23b','fdc21ff8eef2e5e742f70634253119fdcb59d055f84072c3565e5bffa5d10fc9','e1e8dd75faf1b18bee409ea2d49e02ba','9aa5e1af9c4bdfabf6398cfb1069000a','lane 594109a81a8944a9381788a7c125f9a9','','2026-11-29 22:21:34.497+00:00','new_device');
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
INSERT INTO "sign_ups" VALUES('050a1c321606eb0abc065f157c7d8564','4e84ff09fd7ed5fc014671fe22cfee00445985bfbff34174479280cfd7edb429','f5714f4212bae2c6230e9522fef031b1',NULL,'ada@example.com','ada@example.com','$argon2id$v=19$m=19456,t=2,p=1$haBe8ntHdg5+sCskT0sxtA$if2CMKRvHHj/K7x3LsQsKUz1BsNPq7xqFcUOKczHGuc','2026-11-29 22:21:33.699+00:00');
CREATE TABLE spends (
	key TEXT NOT NULL,
	at  DATETIME NOT NULL
);
INSERT INTO "spends" VALUES('send stranger 594109a81a8944a9381788a7c125f9a9','2026-11-29 22:21:33.699+00:00');
INSERT INTO "spends" VALUES('domain d9e1e298fc7c639a10e12294d183b3c0','2026-11-29 22:21:33.699+00:00');
INSERT INTO "spends" VALUES('sign-up note b12f436d37c1a028a82d112c73f5fe4a','2026-11-29 22:21:33.699+00:00');
INSERT INTO "spends" VALUES('send password 594109a81a8944a9381788a7c125f9a9','2026-11-29 22:21:34.497+00:00');
INSERT INTO "spends" VALUES('password sends of 9aa5e1af9c4bdfabf6398cfb1069000a','2026-11-29 22:21:34.497+00:00');
INSERT INTO "spends" VALUES('sends of 9aa5e1af9c4bdfabf6398cfb1069000a','2026-11-29 22:21:34.497+00:00');
CREATE TABLE strikes (
	key        TEXT PRIMARY KEY,
	n          INTEGER NOT NULL,
	touched_at DATETIME NOT NULL
);
CREATE TABLE switches (
	name     TEXT PRIMARY KEY,
	since    DATETIME NOT NULL,
	agent_id TEXT REFERENCES accounts (id) ON DELETE SET NULL,
	agent    TEXT NOT NULL,
	reason   TEXT NOT NULL
);
CREATE TABLE tallies (
	hour DATETIME NOT NULL,
	name TEXT NOT NULL,
	n    INTEGER NOT NULL,
	PRIMARY KEY (hour, name)
);
INSERT INTO "tallies" VALUES('2026-11-29 22:00:00+00:00','codes entered email',1);
INSERT INTO "tallies" VALUES('2026-11-29 22:00:00+00:00','codes sent email',2);
INSERT INTO "tallies" VALUES('2026-11-29 22:00:00+00:00','deliveries email accepted',2);
INSERT INTO "tallies" VALUES('2026-11-29 22:00:00+00:00','risk allow',1);
INSERT INTO "tallies" VALUES('2026-11-29 22:00:00+00:00','sign_ups asked',1);
INSERT INTO "tallies" VALUES('2026-11-29 22:00:00+00:00','sign_ups done',1);
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
CREATE INDEX sign_in_history_of_account ON sign_in_history (account_id, at);
CREATE INDEX sign_in_history_uncounted ON sign_in_history (at) WHERE NOT counted;
CREATE INDEX sign_in_history_age ON sign_in_history (at);
CREATE INDEX risk_counts_month ON risk_counts (month);
CREATE INDEX lanes_of_device ON lanes (device_id);
CREATE INDEX lanes_end ON lanes (ends_at);
CREATE INDEX strikes_age ON strikes (touched_at);
CREATE INDEX events_of_kind ON events (account_id, kind, at);
COMMIT;
