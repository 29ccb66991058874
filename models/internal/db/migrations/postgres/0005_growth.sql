-- +goose Up

-- The sweep finds what is over without reading the rest.
CREATE INDEX sessions_seen ON sessions (seen_at);
CREATE INDEX devices_end ON devices (ends_at);
CREATE INDEX changes_age ON changes (made_at);
CREATE INDEX chats_ended ON chats (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX service_codes_age ON service_codes (created_at);
CREATE INDEX votes_age ON votes (at);
CREATE INDEX missed_searches_age ON missed_searches (last_at);

-- A row that others refer to is deleted without reading all of those.
CREATE INDEX sessions_of_device ON sessions (device_id) WHERE device_id IS NOT NULL;
CREATE INDEX sign_ups_of_challenge ON sign_ups (challenge_id);
CREATE INDEX sign_ups_of_owner ON sign_ups (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX sign_ins_of_account ON sign_ins (account_id);
CREATE INDEX switches_of_agent ON switches (agent_id) WHERE agent_id IS NOT NULL;

-- Staff look for a pending sign-up by its address; the operator leafs through accounts.
CREATE INDEX sign_ups_of_email ON sign_ups (email);
CREATE INDEX accounts_age ON accounts (created_at, id);

CREATE INDEX accounts_staff ON accounts (role) WHERE role = 'staff';
