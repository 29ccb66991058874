PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO goose_db_version VALUES(1,0,1,'2026-11-30 12:30:34');
INSERT INTO goose_db_version VALUES(2,1,1,'2026-11-30 12:30:34');
INSERT INTO goose_db_version VALUES(3,2,1,'2026-11-30 12:30:34');
INSERT INTO goose_db_version VALUES(4,3,1,'2026-11-30 12:30:34');
INSERT INTO goose_db_version VALUES(5,4,1,'2026-11-30 12:30:34');
INSERT INTO goose_db_version VALUES(6,5,1,'2026-11-30 12:30:34');
CREATE TABLE accounts (
	id              TEXT PRIMARY KEY,
	created_at      DATETIME NOT NULL,
	locale          TEXT NOT NULL,
	password_hash   TEXT NOT NULL,
	password_set_at DATETIME NOT NULL
, two_step TEXT NOT NULL DEFAULT 'new_devices', preferred_id TEXT, reset_via TEXT, muted_until DATETIME, closing_at DATETIME, role TEXT NOT NULL DEFAULT 'member', desk_name TEXT NOT NULL DEFAULT '', braked_until DATETIME);
INSERT INTO accounts VALUES('306cacee9f378eab28f60f644b320cbf','2026-11-29 20:35:07+00:00','en','$argon2id$v=19$m=19456,t=2,p=1$58NrvMPUSlTkEv6Ojvv0EQ$DpZEHYd1VlSAXo4UHym4yaLtT9gRmUgFSOilrXSfN9g','2026-11-29 20:35:07+00:00','new_devices',NULL,NULL,NULL,NULL,'member','',NULL);
INSERT INTO accounts VALUES('471b59601885690fb605fe2a19628dd2','2026-11-29 20:46:07+00:00','en','$argon2id$v=19$m=19456,t=2,p=1$g4e3CMCYzL7dwCqIqmZsNg$gVXF4p26x/t1lrVXKTiGCD5TwkTAuMw6KGMNDJYoK3Q','2026-11-29 20:46:07+00:00','new_devices',NULL,NULL,NULL,NULL,'member','',NULL);
INSERT INTO accounts VALUES('f02843f141ab30855629d9b54426ecd1','2026-11-29 20:46:07+00:00','en','$argon2id$v=19$m=19456,t=2,p=1$l+iZrEwNs6oLaLGU4o2BCg$2sRcN6nKIOM3J8K8/ad1vEDX7UZZRLnkyXixrtVUB18','2026-11-29 20:46:07+00:00','new_devices',NULL,NULL,NULL,NULL,'staff','Ines',NULL);
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
INSERT INTO identifiers VALUES('2f962d8794ee17234bdb7238cbb10339','306cacee9f378eab28f60f644b320cbf','email','nora@example.com','nora@example.com',1,0,'2026-11-29 20:35:07+00:00','2026-11-29 20:35:07+00:00');
INSERT INTO identifiers VALUES('40e1eaef47bf90f56901b9ba5e2294e8','306cacee9f378eab28f60f644b320cbf','email','nora@example.net','nora@example.net',0,0,'2026-11-29 20:35:07+00:00','2026-11-29 20:35:07+00:00');
INSERT INTO identifiers VALUES('615c9242672c9e518f7ee5b3ef752abb','471b59601885690fb605fe2a19628dd2','email','ada@example.com','ada@example.com',1,0,'2026-11-29 20:46:07+00:00','2026-11-29 20:46:07+00:00');
INSERT INTO identifiers VALUES('19d59944f91504e80eb01e09f4043e5f','f02843f141ab30855629d9b54426ecd1','email','kim@example.com','kim@example.com',1,0,'2026-11-29 20:46:07+00:00','2026-11-29 20:46:07+00:00');
CREATE TABLE devices (
	id         TEXT PRIMARY KEY,
	token_hash TEXT NOT NULL UNIQUE,
	created_at DATETIME NOT NULL,
	ends_at    DATETIME NOT NULL
);
INSERT INTO devices VALUES('a521fe20404b00854d324123c4ea4551','68f283481a68327ad5a57b2d92bdad40f04150275dcec4abff6a2a1fc996706a','2026-11-22 20:14:07+00:00','2027-11-22 20:14:07+00:00');
INSERT INTO devices VALUES('669e06a60dbf4a4a8216c01b12b54d2d','414265632e5509b142147a8fafac67fde781057a572daa540c6a3ae45111c2b0','2026-11-29 20:35:07+00:00','2027-11-29 20:35:07+00:00');
INSERT INTO devices VALUES('857c840537ea75cb6e4e52e5eb44af22','b1378651ec98f02e3326df0053f5c8a42b4d517d52ae84d28a11e0b06b25e6ae','2026-11-29 20:46:07+00:00','2027-11-29 20:46:07+00:00');
INSERT INTO devices VALUES('a196fc6d8c1c9d4f8b51e1522b59028b','76a68e6778b64c331d02a38ae76b1cd645db9f6bb5779000c33330e9a6b66e27','2026-11-29 20:46:07+00:00','2027-11-29 20:46:07+00:00');
CREATE TABLE known_devices (
	device_id  TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	name       TEXT NOT NULL,
	known_at   DATETIME NOT NULL,
	seen_at    DATETIME NOT NULL, trusted_until DATETIME, kind TEXT NOT NULL DEFAULT 'other',
	PRIMARY KEY (account_id, device_id)
);
INSERT INTO known_devices VALUES('669e06a60dbf4a4a8216c01b12b54d2d','306cacee9f378eab28f60f644b320cbf','Firefox on Linux','2026-11-29 20:35:07+00:00','2026-11-29 20:35:07+00:00',NULL,'computer');
INSERT INTO known_devices VALUES('857c840537ea75cb6e4e52e5eb44af22','471b59601885690fb605fe2a19628dd2','Firefox on Linux','2026-11-29 20:46:07+00:00','2026-11-29 20:46:07+00:00',NULL,'computer');
INSERT INTO known_devices VALUES('a196fc6d8c1c9d4f8b51e1522b59028b','f02843f141ab30855629d9b54426ecd1','Firefox on Linux','2026-11-29 20:46:07+00:00','2026-11-29 20:46:07+00:00',NULL,'computer');
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
INSERT INTO sessions VALUES('23f70d67af1d288d73a612a54e88c7ad26ac3b393fad1fcc050dd0d4ebea5b6b',NULL,NULL,'Firefox on Linux','203.0.113.7','',0,'2026-11-29 20:35:07+00:00','2026-11-29 20:35:07+00:00','2026-11-29 22:35:07+00:00',NULL,NULL,'','','',NULL);
INSERT INTO sessions VALUES('9071bfee2366f419e73c21e1762ef0d7861fada2bc017d68b2b7a5998299596c',NULL,NULL,'Firefox on Linux','203.0.113.7','',0,'2026-11-29 20:35:07+00:00','2026-11-29 20:35:07+00:00','2026-11-29 22:35:07+00:00',NULL,NULL,'','','',NULL);
INSERT INTO sessions VALUES('d06f26b1fea9a768f0d421f3be0eebcbb98b8c7b867d8cc12c779fce7455ca8b',NULL,NULL,'Firefox on Linux','203.0.113.7','',0,'2026-11-29 20:35:07+00:00','2026-11-29 20:35:07+00:00','2026-11-29 22:35:07+00:00',NULL,NULL,'','','',NULL);
INSERT INTO sessions VALUES('cfffb6630125802399e2869466ba12ec5239e11a51509b16339f78560d28fd60',NULL,NULL,'Firefox on Linux','203.0.113.7','',0,'2026-11-29 20:35:07+00:00','2026-11-29 20:35:07+00:00','2026-11-29 22:35:07+00:00',NULL,NULL,'','','',NULL);
INSERT INTO sessions VALUES('15be0c754724ae5650601a06b2a5381ac098df79046b6264b9b503cd074e678a','306cacee9f378eab28f60f644b320cbf','669e06a60dbf4a4a8216c01b12b54d2d','Firefox on Linux','203.0.113.7','pwd otp',0,'2026-11-29 20:35:07+00:00','2026-11-29 20:46:07+00:00','2027-02-27 20:35:07+00:00','2026-11-29 20:45:07+00:00','2026-11-29 20:56:07+00:00','Firefox','','',NULL);
INSERT INTO sessions VALUES('bfea59a148ad0a48e3efb49380c121c916f0c66c4e8b49308d24b90311b78e76',NULL,NULL,'Firefox on Linux','203.0.113.7','',0,'2026-11-29 20:46:07+00:00','2026-11-29 20:46:07+00:00','2026-11-29 22:46:07+00:00',NULL,NULL,'','','',NULL);
INSERT INTO sessions VALUES('4105308a27b5cf985a5ad4e71c6e69e508de97510e428f074d871580aea12344','471b59601885690fb605fe2a19628dd2','857c840537ea75cb6e4e52e5eb44af22','Firefox on Linux','203.0.113.7','pwd otp',0,'2026-11-29 20:46:07+00:00','2026-11-29 20:46:07+00:00','2027-02-27 20:46:07+00:00','2026-11-29 20:56:07+00:00',NULL,'Firefox','','',NULL);
INSERT INTO sessions VALUES('ba26ce4c3f1463d542abc80e4e57863234b152ece8b2fc6251ae129d6dd9c171',NULL,NULL,'Firefox on Linux','203.0.113.7','',0,'2026-11-29 20:46:07+00:00','2026-11-29 20:46:07+00:00','2026-11-29 22:46:07+00:00',NULL,NULL,'','','',NULL);
INSERT INTO sessions VALUES('49529e40a1104df9db288ad66ffa3e421a47cf973ab863330f0a4a51049eaff9','f02843f141ab30855629d9b54426ecd1','a196fc6d8c1c9d4f8b51e1522b59028b','Firefox on Linux','203.0.113.7','pwd otp',0,'2026-11-29 20:46:07+00:00','2026-11-29 20:46:07+00:00','2027-02-27 20:46:07+00:00','2026-11-29 20:56:07+00:00',NULL,'Firefox','','',NULL);
INSERT INTO sessions VALUES('0047592fa956427981dab914d1a9dbe7eebefd8f0aedca5d0b51eaf22e0ab911',NULL,NULL,'Firefox on Linux','203.0.113.7','',0,'2026-11-29 20:46:07+00:00','2026-11-29 20:46:07+00:00','2026-11-29 22:46:07+00:00',NULL,NULL,'','','',NULL);
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
INSERT INTO challenges VALUES('d4b6815e94612b4e728bc2fe06ecaec5','eb7e18e2',NULL,'sign_up','email','mara@example.com',6,0,0,5,1,'2026-11-29 20:35:07+00:00','2026-11-29 20:45:07+00:00',NULL,'2026-11-29 20:35:37+00:00','2026-11-29 21:35:07+00:00',NULL,NULL);
INSERT INTO challenges VALUES('14b1a00981492446f9833191e7ab9315','eb7e18e2',NULL,'sign_up','email','nora@example.com',6,0,1,5,1,'2026-11-29 20:35:07+00:00','2026-11-29 20:45:07+00:00',NULL,'2026-11-29 20:35:37+00:00','2026-11-29 21:35:07+00:00','2026-11-29 20:35:07+00:00',NULL);
INSERT INTO challenges VALUES('3d44129f6da7c01f85666d2ec443b5ef','eb7e18e2','306cacee9f378eab28f60f644b320cbf','email','email','nora@example.net',6,0,1,5,1,'2026-11-29 20:35:07+00:00','2026-11-29 20:45:07+00:00',NULL,'2026-11-29 20:35:37+00:00','2026-11-29 21:35:07+00:00','2026-11-29 20:35:07+00:00',NULL);
INSERT INTO challenges VALUES('8cc7d442157b13a73453ebda4256bcfd','eb7e18e2',NULL,'sign_up','email','ada@example.com',6,0,1,5,1,'2026-11-29 20:46:07+00:00','2026-11-29 20:56:07+00:00',NULL,'2026-11-29 20:46:37+00:00','2026-11-29 21:46:07+00:00','2026-11-29 20:46:07+00:00',NULL);
INSERT INTO challenges VALUES('80de10d7aaf3875f6678fa2b730214fe','eb7e18e2',NULL,'sign_up','email','kim@example.com',6,0,1,5,1,'2026-11-29 20:46:07+00:00','2026-11-29 20:56:07+00:00',NULL,'2026-11-29 20:46:37+00:00','2026-11-29 21:46:07+00:00','2026-11-29 20:46:07+00:00',NULL);
INSERT INTO challenges VALUES('2b2f99c740b86dd61321dc5acf387c60','eb7e18e2','471b59601885690fb605fe2a19628dd2','sign_in','email','ada@example.com',6,0,0,5,1,'2026-11-29 20:46:07+00:00','2026-11-29 20:56:07+00:00',NULL,'2026-11-29 20:46:37+00:00','2026-11-29 21:46:07+00:00',NULL,'615c9242672c9e518f7ee5b3ef752abb');
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
INSERT INTO sign_ups VALUES('56c17d14ff70948f641dd13b16cd7308','cfffb6630125802399e2869466ba12ec5239e11a51509b16339f78560d28fd60','14b1a00981492446f9833191e7ab9315',NULL,'nora@example.com','nora@example.com','$argon2id$v=19$m=19456,t=2,p=1$58NrvMPUSlTkEv6Ojvv0EQ$DpZEHYd1VlSAXo4UHym4yaLtT9gRmUgFSOilrXSfN9g','2026-11-29 20:35:07+00:00');
INSERT INTO sign_ups VALUES('aa1c98816fa1f746efe57fa650700162','bfea59a148ad0a48e3efb49380c121c916f0c66c4e8b49308d24b90311b78e76','8cc7d442157b13a73453ebda4256bcfd',NULL,'ada@example.com','ada@example.com','$argon2id$v=19$m=19456,t=2,p=1$g4e3CMCYzL7dwCqIqmZsNg$gVXF4p26x/t1lrVXKTiGCD5TwkTAuMw6KGMNDJYoK3Q','2026-11-29 20:46:07+00:00');
INSERT INTO sign_ups VALUES('984b39c7389c226335a61c209c47fbba','ba26ce4c3f1463d542abc80e4e57863234b152ece8b2fc6251ae129d6dd9c171','80de10d7aaf3875f6678fa2b730214fe',NULL,'kim@example.com','kim@example.com','$argon2id$v=19$m=19456,t=2,p=1$l+iZrEwNs6oLaLGU4o2BCg$2sRcN6nKIOM3J8K8/ad1vEDX7UZZRLnkyXixrtVUB18','2026-11-29 20:46:07+00:00');
CREATE TABLE sign_ins (
	id           TEXT PRIMARY KEY,
	session_id   TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
	challenge_id TEXT NOT NULL REFERENCES challenges (id) ON DELETE CASCADE,
	account_id   TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	lane         TEXT NOT NULL,
	next         TEXT NOT NULL,
	created_at   DATETIME NOT NULL
, reasons TEXT NOT NULL DEFAULT '');
INSERT INTO sign_ins VALUES('111d5cd87ead34d3b8fe73630a5e631c','0047592fa956427981dab914d1a9dbe7eebefd8f0aedca5d0b51eaf22e0ab911','2b2f99c740b86dd61321dc5acf387c60','471b59601885690fb605fe2a19628dd2','lane 79dfff8f495799cd30bc21148acfdbe6','','2026-11-29 20:46:07+00:00','new_device');
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
INSERT INTO messages VALUES('ac37324de00ad08db1705bfc8540d8de','sign_up_code',NULL,'14b1a00981492446f9833191e7ab9315',0,'email','nora@example.com','en','Firefox on Linux','203.0.113.7','2026-11-29 20:35:07+00:00','accepted','',1,'2026-11-29 20:35:07+00:00','2026-11-29 20:36:07+00:00','2026-11-29 20:45:07+00:00',NULL,'2026-11-29 20:35:07+00:00','','',NULL,NULL,NULL,'','','');
INSERT INTO messages VALUES('aa937ec0ff7230d9956eae1ba0884070','email_code','306cacee9f378eab28f60f644b320cbf','3d44129f6da7c01f85666d2ec443b5ef',0,'email','nora@example.net','en','Firefox on Linux','203.0.113.7','2026-11-29 20:35:07+00:00','accepted','',1,'2026-11-29 20:35:07+00:00','2026-11-29 20:36:07+00:00','2026-11-29 20:45:07+00:00',NULL,'2026-11-29 20:35:07+00:00','','',NULL,NULL,NULL,'','','');
INSERT INTO messages VALUES('04c19873f07c967e7b094af711f8076f','email_added','306cacee9f378eab28f60f644b320cbf',NULL,0,'email','nora@example.com','en','Firefox on Linux','203.0.113.7','2026-11-29 20:35:07+00:00','accepted','',1,'2026-11-29 20:35:07+00:00','2026-11-29 20:36:07+00:00','2026-12-02 20:35:07+00:00',NULL,'2026-11-29 20:35:07+00:00','n***@example.net','',NULL,'78edc9c0d530cb236f3980c1caa47c1c',NULL,'','','');
INSERT INTO messages VALUES('fba7e268e2d3b69e8a1a85d4e1dfa9a1','email_added','306cacee9f378eab28f60f644b320cbf',NULL,0,'email','nora@example.net','en','Firefox on Linux','203.0.113.7','2026-11-29 20:35:07+00:00','accepted','',1,'2026-11-29 20:35:07+00:00','2026-11-29 20:36:07+00:00','2026-12-02 20:35:07+00:00',NULL,'2026-11-29 20:35:07+00:00','n***@example.net','',NULL,NULL,NULL,'','','');
INSERT INTO messages VALUES('441dc9d47b94bf9137309a0c02b9d0fd','change_waiting','306cacee9f378eab28f60f644b320cbf',NULL,0,'email','nora@example.com','en','Firefox on Linux','203.0.113.7','2026-11-29 20:46:07+00:00','accepted','',1,'2026-11-29 20:46:07+00:00','2026-11-29 20:47:07+00:00','2026-12-02 20:46:07+00:00',NULL,'2026-11-29 20:46:07+00:00','n***@example.net','email_removed','2026-12-02 20:46:07+00:00','aef01c0a939b236b501951d1ba4fe419',NULL,'','','');
INSERT INTO messages VALUES('6312215170bf49ed9931f9cc66029919','change_waiting','306cacee9f378eab28f60f644b320cbf',NULL,0,'email','nora@example.net','en','Firefox on Linux','203.0.113.7','2026-11-29 20:46:07+00:00','accepted','',1,'2026-11-29 20:46:07+00:00','2026-11-29 20:47:07+00:00','2026-12-02 20:46:07+00:00',NULL,'2026-11-29 20:46:07+00:00','n***@example.net','email_removed','2026-12-02 20:46:07+00:00','aef01c0a939b236b501951d1ba4fe419',NULL,'','','');
INSERT INTO messages VALUES('81c066999046c953917b6e8b1d45ee63','sign_up_code',NULL,'8cc7d442157b13a73453ebda4256bcfd',0,'email','ada@example.com','en','Firefox on Linux','203.0.113.7','2026-11-29 20:46:07+00:00','accepted','',1,'2026-11-29 20:46:07+00:00','2026-11-29 20:47:07+00:00','2026-11-29 20:56:07+00:00',NULL,'2026-11-29 20:46:07+00:00','','',NULL,NULL,NULL,'','','');
INSERT INTO messages VALUES('753c21b9a840a4f27452b2064bc67240','sign_up_code',NULL,'80de10d7aaf3875f6678fa2b730214fe',0,'email','kim@example.com','en','Firefox on Linux','203.0.113.7','2026-11-29 20:46:07+00:00','accepted','',1,'2026-11-29 20:46:07+00:00','2026-11-29 20:47:07+00:00','2026-11-29 20:56:07+00:00',NULL,'2026-11-29 20:46:07+00:00','','',NULL,NULL,NULL,'','','');
INSERT INTO messages VALUES('7aa405778853bf9ff9aa8556ea84b32f','closed',NULL,NULL,0,'email','mara@example.com','en','','','2026-11-29 20:46:07+00:00','accepted','',1,'2026-11-29 20:46:07+00:00','2026-11-29 20:47:07+00:00','2026-12-02 20:46:07+00:00',NULL,'2026-11-29 20:46:07+00:00','','',NULL,NULL,NULL,'','','');
INSERT INTO messages VALUES('84e320727b8974911e52d1199546c4ec','sign_in_code','471b59601885690fb605fe2a19628dd2','2b2f99c740b86dd61321dc5acf387c60',0,'email','ada@example.com','en','Firefox on Linux','203.0.113.7','2026-11-29 20:46:07+00:00','accepted','',1,'2026-11-29 20:46:07+00:00','2026-11-29 20:47:07+00:00','2026-11-29 20:56:07+00:00',NULL,'2026-11-29 20:46:07+00:00','','',NULL,NULL,NULL,'','new_device','');
CREATE TABLE message_steps (
	message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
	at         DATETIME NOT NULL,
	step       TEXT NOT NULL,
	detail     TEXT NOT NULL
);
INSERT INTO message_steps VALUES('ac37324de00ad08db1705bfc8540d8de','2026-11-29 20:35:07+00:00','accepted','');
INSERT INTO message_steps VALUES('aa937ec0ff7230d9956eae1ba0884070','2026-11-29 20:35:07+00:00','accepted','');
INSERT INTO message_steps VALUES('04c19873f07c967e7b094af711f8076f','2026-11-29 20:35:07+00:00','accepted','');
INSERT INTO message_steps VALUES('fba7e268e2d3b69e8a1a85d4e1dfa9a1','2026-11-29 20:35:07+00:00','accepted','');
INSERT INTO message_steps VALUES('441dc9d47b94bf9137309a0c02b9d0fd','2026-11-29 20:46:07+00:00','accepted','');
INSERT INTO message_steps VALUES('6312215170bf49ed9931f9cc66029919','2026-11-29 20:46:07+00:00','accepted','');
INSERT INTO message_steps VALUES('81c066999046c953917b6e8b1d45ee63','2026-11-29 20:46:07+00:00','accepted','');
INSERT INTO message_steps VALUES('753c21b9a840a4f27452b2064bc67240','2026-11-29 20:46:07+00:00','accepted','');
INSERT INTO message_steps VALUES('7aa405778853bf9ff9aa8556ea84b32f','2026-11-29 20:46:07+00:00','accepted','');
INSERT INTO message_steps VALUES('84e320727b8974911e52d1199546c4ec','2026-11-29 20:46:07+00:00','accepted','');
CREATE TABLE budgets (
	key        TEXT PRIMARY KEY,
	touched_at DATETIME NOT NULL
);
CREATE TABLE spends (
	key TEXT NOT NULL,
	at  DATETIME NOT NULL
);
INSERT INTO spends VALUES('destinations from address 203.0.113.7','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('send stranger 81edc2f93e8de19a49178f0e90d19a6e','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('sends from address 203.0.113.7','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('domain 0fd8139f220e49b02a18737e7024c799','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('sign-up note 81edc2f93e8de19a49178f0e90d19a6e','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('destinations from address 203.0.113.7 81edc2f93e8de19a49178f0e90d19a6e','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('send stranger 81edc2f93e8de19a49178f0e90d19a6e','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('sends from address 203.0.113.7','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('domain 0fd8139f220e49b02a18737e7024c799','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('unasked 81edc2f93e8de19a49178f0e90d19a6e','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('send password 43cc2cad93341d9d3fcf50ffb43f4593','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('prefix 157b8d55528a53542ca6d86e6b5d2e9e','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('country AT','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('purse','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('destinations from address 203.0.113.7 d734f9d47db188782db5f972e9cf12fd','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('destinations from address 203.0.113.7','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('send stranger d734f9d47db188782db5f972e9cf12fd','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('sends from address 203.0.113.7','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('domain 0fd8139f220e49b02a18737e7024c799','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('sign-up note 1f94b60e078d06cb72b7206c6b54f4d8','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('destinations from address 203.0.113.7 aa71fd8b97860f04df6aa99f7f8d09fa','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('destinations from address 203.0.113.7','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('send stranger aa71fd8b97860f04df6aa99f7f8d09fa','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('sends from address 203.0.113.7','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('domain c16ff1ae7aa804fc15132a7b30757c1e','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('changes 306cacee9f378eab28f60f644b320cbf','2026-11-29 20:35:07+00:00');
INSERT INTO spends VALUES('changes 306cacee9f378eab28f60f644b320cbf','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('destinations from address 203.0.113.7 79dfff8f495799cd30bc21148acfdbe6','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('destinations from address 203.0.113.7','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('send stranger 79dfff8f495799cd30bc21148acfdbe6','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('sends from address 203.0.113.7','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('domain 0fd8139f220e49b02a18737e7024c799','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('sign-up note 6eafd0efb9e3fedd297b420fd7b64943','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('lane 79dfff8f495799cd30bc21148acfdbe6 857c840537ea75cb6e4e52e5eb44af22','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('lane 79dfff8f495799cd30bc21148acfdbe6','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('address 203.0.113.7','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('destinations from address 203.0.113.7 8b0cdf0070cc3084500f5cfa3483a90b','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('destinations from address 203.0.113.7','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('send stranger 8b0cdf0070cc3084500f5cfa3483a90b','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('sends from address 203.0.113.7','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('domain 0fd8139f220e49b02a18737e7024c799','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('sign-up note 10bdb61f253a0c27bee9ef28a30c674a','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('send password 79dfff8f495799cd30bc21148acfdbe6','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('password sends of 471b59601885690fb605fe2a19628dd2','2026-11-29 20:46:07+00:00');
INSERT INTO spends VALUES('sends of 471b59601885690fb605fe2a19628dd2','2026-11-29 20:46:07+00:00');
CREATE TABLE events (
	id         TEXT PRIMARY KEY,
	account_id TEXT REFERENCES accounts (id) ON DELETE CASCADE,
	kind       TEXT NOT NULL,
	at         DATETIME NOT NULL,
	device     TEXT NOT NULL,
	address    TEXT NOT NULL
, detail TEXT NOT NULL DEFAULT '', agent TEXT NOT NULL DEFAULT '', agent_id TEXT REFERENCES accounts (id) ON DELETE SET NULL, reasons TEXT NOT NULL DEFAULT '', place TEXT NOT NULL DEFAULT '');
INSERT INTO events VALUES('01a204e50298000000016621c0baf9f4',NULL,'sign_up_tried','2026-11-22 20:14:07+00:00','Firefox on Linux','203.0.113.7','','',NULL,'','');
INSERT INTO events VALUES('01a22904c0780000000f15e83980debe',NULL,'sign_up_tried','2026-11-29 20:35:07+00:00','Firefox on Linux','203.0.113.7','','',NULL,'','');
INSERT INTO events VALUES('01a22904c078000000103f88b57b26c6','306cacee9f378eab28f60f644b320cbf','sign_up','2026-11-29 20:35:07+00:00','Firefox on Linux','203.0.113.7','','',NULL,'','');
INSERT INTO events VALUES('01a22904c078000000111320fa0aad8a','306cacee9f378eab28f60f644b320cbf','email_change_asked','2026-11-29 20:35:07+00:00','Firefox on Linux','203.0.113.7','','',NULL,'','');
INSERT INTO events VALUES('01a22904c078000000123eae7c556e2e','306cacee9f378eab28f60f644b320cbf','email_added','2026-11-29 20:35:07+00:00','Firefox on Linux','203.0.113.7','','',NULL,'','');
INSERT INTO events VALUES('01a2290ed298000000133ddf860a8864','306cacee9f378eab28f60f644b320cbf','step_up_password','2026-11-29 20:46:07+00:00','Firefox on Linux','203.0.113.7','','',NULL,'','');
INSERT INTO events VALUES('01a2290ed2980000001448a612092618','306cacee9f378eab28f60f644b320cbf','change_waiting','2026-11-29 20:46:07+00:00','Firefox on Linux','203.0.113.7','','',NULL,'','');
INSERT INTO events VALUES('01a2290ed29800000015c795b4d8ae7b',NULL,'sign_up_tried','2026-11-29 20:46:07+00:00','Firefox on Linux','203.0.113.7','','',NULL,'','');
INSERT INTO events VALUES('01a2290ed29800000016a9dd2794a593','471b59601885690fb605fe2a19628dd2','sign_up','2026-11-29 20:46:07+00:00','Firefox on Linux','203.0.113.7','','',NULL,'','');
INSERT INTO events VALUES('01a2290ed29800000017d4876b457364','471b59601885690fb605fe2a19628dd2','wrong_password','2026-11-29 20:46:07+00:00','Firefox on Linux','203.0.113.7','','',NULL,'','');
INSERT INTO events VALUES('01a2290ed29800000018c01ce25f5a81','471b59601885690fb605fe2a19628dd2','wrong_password','2026-11-29 20:46:07+00:00','Firefox on Linux','203.0.113.7','','',NULL,'','');
INSERT INTO events VALUES('01a2290ed29800000019ee9e03a1b5a4',NULL,'sign_up_tried','2026-11-29 20:46:07+00:00','Firefox on Linux','203.0.113.7','','',NULL,'','');
INSERT INTO events VALUES('01a2290ed2980000001a7920b7d28ae9','f02843f141ab30855629d9b54426ecd1','sign_up','2026-11-29 20:46:07+00:00','Firefox on Linux','203.0.113.7','','',NULL,'','');
INSERT INTO events VALUES('01a2290ed2980000001bfe595bfca7c2','f02843f141ab30855629d9b54426ecd1','staff_role','2026-11-29 20:46:07+00:00','','','staff','',NULL,'','');
INSERT INTO events VALUES('01a2290ed2980000001d16fe448b822f','471b59601885690fb605fe2a19628dd2','code_asked','2026-11-29 20:46:07+00:00','Firefox on Linux','203.0.113.7','','',NULL,'new_device','');
CREATE TABLE keys (
	id       TEXT PRIMARY KEY,
	added_at DATETIME NOT NULL
);
INSERT INTO keys VALUES('eb7e18e2','2026-11-22 20:14:07+00:00');
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
INSERT INTO verifications VALUES('a0329cae3a748df8b3c16f21a8924263','15be0c754724ae5650601a06b2a5381ac098df79046b6264b9b503cd074e678a','3d44129f6da7c01f85666d2ec443b5ef','306cacee9f378eab28f60f644b320cbf','email','nora@example.net','nora@example.net','email_second','',0,NULL,'2026-11-29 20:35:07+00:00');
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
INSERT INTO changes VALUES('78edc9c0d530cb236f3980c1caa47c1c','306cacee9f378eab28f60f644b320cbf','email_second','{"Value":"nora@example.net","Shown":"nora@example.net"}','n***@example.net','{"two_step":"new_devices","preferred_id":"","identifiers":[{"id":"2f962d8794ee17234bdb7238cbb10339","kind":"email","value":"nora@example.com","shown":"nora@example.com","main":true,"created_at":"2026-11-29T20:35:07Z","verified_at":"2026-11-29T20:35:07Z"}]}','Firefox on Linux','203.0.113.7','2026-11-29 20:35:07+00:00',NULL,'2026-11-29 20:35:07+00:00',NULL);
INSERT INTO changes VALUES('aef01c0a939b236b501951d1ba4fe419','306cacee9f378eab28f60f644b320cbf','email_removed','40e1eaef47bf90f56901b9ba5e2294e8','n***@example.net','{}','Firefox on Linux','203.0.113.7','2026-11-29 20:46:07+00:00','2026-12-02 20:46:07+00:00',NULL,NULL);
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
INSERT INTO chats VALUES('306cacee9f378eab28f60f644b320cbf chat','hash','306cacee9f378eab28f60f644b320cbf','no_code','nora','nora@example.com','','','open',NULL,'Ines','',0,3,'2026-11-29 20:46:07+00:00',NULL,'2026-11-29 20:46:07+00:00',NULL,NULL,NULL,'2026-11-29 20:46:07+00:00');
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
INSERT INTO chat_messages VALUES('306cacee9f378eab28f60f644b320cbf chat',1,'visitor','','visitor wrote this','','2026-11-29 20:46:07+00:00');
INSERT INTO chat_messages VALUES('306cacee9f378eab28f60f644b320cbf chat',2,'staff','','staff wrote this','','2026-11-29 20:46:07+00:00');
INSERT INTO chat_messages VALUES('306cacee9f378eab28f60f644b320cbf chat',3,'note','','note wrote this','','2026-11-29 20:46:07+00:00');
CREATE TABLE service_codes (
	id         TEXT PRIMARY KEY,
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	tag        TEXT NOT NULL,
	created_at DATETIME NOT NULL,
	ends_at    DATETIME NOT NULL,
	used_at    DATETIME,
	used_by    TEXT REFERENCES accounts (id) ON DELETE SET NULL
);
INSERT INTO service_codes VALUES('306cacee9f378eab28f60f644b320cbf code','306cacee9f378eab28f60f644b320cbf','306cacee9f378eab28f60f644b320cbf tag','2026-11-29 20:46:07+00:00','2026-11-29 21:46:07+00:00',NULL,NULL);
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
INSERT INTO calls VALUES('306cacee9f378eab28f60f644b320cbf call','hash','306cacee9f378eab28f60f644b320cbf','+436641234568','nora','no_code','scheduled',0,NULL,'','2026-11-29 21:46:07+00:00','2026-11-29 20:46:07+00:00','2026-11-29 20:46:07+00:00');
CREATE TABLE votes (
	id      TEXT PRIMARY KEY,
	article TEXT NOT NULL,
	helpful BOOLEAN NOT NULL,
	words   TEXT NOT NULL,
	at      DATETIME NOT NULL
);
INSERT INTO votes VALUES('vote','no-code',0,'It came later.','2026-11-29 20:46:07+00:00');
CREATE TABLE missed_searches (
	query  TEXT PRIMARY KEY,
	times  INTEGER NOT NULL,
	last_at DATETIME NOT NULL
);
INSERT INTO missed_searches VALUES('fax',2,'2026-11-29 20:46:07+00:00');
CREATE TABLE desk_seen (
	account_id TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
	at         DATETIME NOT NULL
);
INSERT INTO desk_seen VALUES('f02843f141ab30855629d9b54426ecd1','2026-11-29 20:46:07+00:00');
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
INSERT INTO sign_in_history VALUES('2f7b52497afc5931bf0ce5716d4e65e7','306cacee9f378eab28f60f644b320cbf','2026-11-29 20:35:07+00:00','815dc728b5f4c7d6ea164c37bf63e50a','564aa996817a33eefe00439df9e0c3d6','','8d776d95e0b3b8e14f7fb8b473bb26e9','Firefox 140.0','Linux x86_64','computer',NULL,NULL,0,1);
INSERT INTO sign_in_history VALUES('b6f30b0ef82c8cfbbbad7b47731fed45','471b59601885690fb605fe2a19628dd2','2026-11-29 20:46:07+00:00','815dc728b5f4c7d6ea164c37bf63e50a','564aa996817a33eefe00439df9e0c3d6','','8d776d95e0b3b8e14f7fb8b473bb26e9','Firefox 140.0','Linux x86_64','computer',NULL,NULL,0,1);
INSERT INTO sign_in_history VALUES('8722e79fc75d276caf465f0c606ab554','f02843f141ab30855629d9b54426ecd1','2026-11-29 20:46:07+00:00','815dc728b5f4c7d6ea164c37bf63e50a','564aa996817a33eefe00439df9e0c3d6','','8d776d95e0b3b8e14f7fb8b473bb26e9','Firefox 140.0','Linux x86_64','computer',NULL,NULL,0,1);
CREATE TABLE risk_counts (
	feature TEXT NOT NULL,
	value   TEXT NOT NULL,
	month   INTEGER NOT NULL,
	n       INTEGER NOT NULL,
	PRIMARY KEY (feature, value, month)
);
INSERT INTO risk_counts VALUES('address','815dc728b5f4c7d6ea164c37bf63e50a',692,3);
INSERT INTO risk_counts VALUES('agent','8d776d95e0b3b8e14f7fb8b473bb26e9',692,3);
INSERT INTO risk_counts VALUES('browser','Firefox 140.0',692,3);
INSERT INTO risk_counts VALUES('country','',692,3);
INSERT INTO risk_counts VALUES('kind','computer',692,3);
INSERT INTO risk_counts VALUES('network','564aa996817a33eefe00439df9e0c3d6',692,3);
INSERT INTO risk_counts VALUES('system','Linux x86_64',692,3);
CREATE TABLE risk_totals (
	name TEXT PRIMARY KEY,
	n    INTEGER NOT NULL
);
INSERT INTO risk_totals VALUES('address',1);
INSERT INTO risk_totals VALUES('agent',1);
INSERT INTO risk_totals VALUES('browser',1);
INSERT INTO risk_totals VALUES('country',1);
INSERT INTO risk_totals VALUES('kind',1);
INSERT INTO risk_totals VALUES('network',1);
INSERT INTO risk_totals VALUES('system',1);
INSERT INTO risk_totals VALUES('sign_ins',3);
INSERT INTO risk_totals VALUES('accounts',3);
CREATE TABLE lanes (
	account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
	device_id  TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
	made_at    DATETIME NOT NULL,
	ends_at    DATETIME NOT NULL,
	PRIMARY KEY (account_id, device_id)
);
INSERT INTO lanes VALUES('306cacee9f378eab28f60f644b320cbf','669e06a60dbf4a4a8216c01b12b54d2d','2026-11-29 20:35:07+00:00','2026-11-30 20:46:07+00:00');
INSERT INTO lanes VALUES('471b59601885690fb605fe2a19628dd2','857c840537ea75cb6e4e52e5eb44af22','2026-11-29 20:46:07+00:00','2026-11-30 20:46:07+00:00');
INSERT INTO lanes VALUES('f02843f141ab30855629d9b54426ecd1','a196fc6d8c1c9d4f8b51e1522b59028b','2026-11-29 20:46:07+00:00','2026-11-30 20:46:07+00:00');
CREATE TABLE strikes (
	key        TEXT PRIMARY KEY,
	n          INTEGER NOT NULL,
	touched_at DATETIME NOT NULL
);
INSERT INTO strikes VALUES('lane 81edc2f93e8de19a49178f0e90d19a6e',1,'2026-11-22 20:25:07+00:00');
INSERT INTO strikes VALUES('lane 79dfff8f495799cd30bc21148acfdbe6',2,'2026-11-29 20:46:07+00:00');
INSERT INTO strikes VALUES('device 471b59601885690fb605fe2a19628dd2 857c840537ea75cb6e4e52e5eb44af22',1,'2026-11-29 20:46:07+00:00');
CREATE TABLE switches (
	name     TEXT PRIMARY KEY,
	since    DATETIME NOT NULL,
	agent_id TEXT REFERENCES accounts (id) ON DELETE SET NULL,
	agent    TEXT NOT NULL,
	reason   TEXT NOT NULL
);
INSERT INTO switches VALUES('texts_off','2026-11-29 20:46:07+00:00',NULL,'Kim','pumped');
CREATE TABLE tallies (
	hour DATETIME NOT NULL,
	name TEXT NOT NULL,
	n    INTEGER NOT NULL,
	PRIMARY KEY (hour, name)
);
INSERT INTO tallies VALUES('2026-11-22 20:00:00+00:00','codes entered email',2);
INSERT INTO tallies VALUES('2026-11-22 20:00:00+00:00','codes entered sms',2);
INSERT INTO tallies VALUES('2026-11-22 20:00:00+00:00','codes sent email',3);
INSERT INTO tallies VALUES('2026-11-22 20:00:00+00:00','codes sent sms',2);
INSERT INTO tallies VALUES('2026-11-22 20:00:00+00:00','deliveries email accepted',11);
INSERT INTO tallies VALUES('2026-11-22 20:00:00+00:00','deliveries sms accepted',5);
INSERT INTO tallies VALUES('2026-11-22 20:00:00+00:00','sign_ins wrong_password',1);
INSERT INTO tallies VALUES('2026-11-22 20:00:00+00:00','sign_ups asked',1);
INSERT INTO tallies VALUES('2026-11-22 20:00:00+00:00','sign_ups done',1);
INSERT INTO tallies VALUES('2026-11-29 20:00:00+00:00','codes entered email',4);
INSERT INTO tallies VALUES('2026-11-29 20:00:00+00:00','codes sent email',5);
INSERT INTO tallies VALUES('2026-11-29 20:00:00+00:00','codes sent sms',1);
INSERT INTO tallies VALUES('2026-11-29 20:00:00+00:00','deliveries email accepted',10);
INSERT INTO tallies VALUES('2026-11-29 20:00:00+00:00','deliveries sms accepted',1);
INSERT INTO tallies VALUES('2026-11-29 20:00:00+00:00','resets asked',1);
INSERT INTO tallies VALUES('2026-11-29 20:00:00+00:00','risk allow',1);
INSERT INTO tallies VALUES('2026-11-29 20:00:00+00:00','sign_ins wrong_password',2);
INSERT INTO tallies VALUES('2026-11-29 20:00:00+00:00','sign_ups asked',4);
INSERT INTO tallies VALUES('2026-11-29 20:00:00+00:00','sign_ups done',3);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('goose_db_version',6);
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
CREATE INDEX sessions_seen ON sessions (seen_at);
CREATE INDEX devices_end ON devices (ends_at);
CREATE INDEX changes_age ON changes (made_at);
CREATE INDEX chats_ended ON chats (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX service_codes_age ON service_codes (created_at);
CREATE INDEX votes_age ON votes (at);
CREATE INDEX missed_searches_age ON missed_searches (last_at);
CREATE INDEX sessions_of_device ON sessions (device_id) WHERE device_id IS NOT NULL;
CREATE INDEX sign_ups_of_challenge ON sign_ups (challenge_id);
CREATE INDEX sign_ups_of_owner ON sign_ups (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX sign_ins_of_account ON sign_ins (account_id);
CREATE INDEX switches_of_agent ON switches (agent_id) WHERE agent_id IS NOT NULL;
CREATE INDEX sign_ups_of_email ON sign_ups (email);
CREATE INDEX accounts_age ON accounts (created_at, id);
CREATE INDEX accounts_staff ON accounts (role) WHERE role = 'staff';
COMMIT;
