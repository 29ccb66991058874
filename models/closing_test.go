package models

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const closingWait = 7 * 24 * time.Hour

func TestClosing(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newEmail(t, c, "second@example.net", true)
		other := h.signIn(t, "mara@example.com")
		ends, err := h.Accounts.Close(ctx, c)
		if err != nil || !ends.Equal(h.now().Add(closingWait)) {
			t.Fatalf("%v, %v", ends, err)
		}
		list := h.messages(t)
		mustTell(t, list, "closing mara@example.com", "closing second@example.net")
		for _, m := range list {
			if !m.HoldsAt.Equal(ends) {
				t.Errorf("%+v", m)
			}
		}
		if h.signedIn(t, c.Session) || h.signedIn(t, other.Session) {
			t.Error("a session goes on, and would keep the account by accident")
		}
		// A wrong password keeps nothing.
		h.forward(time.Hour)
		if _, err := h.SignIns.Start(ctx, "mara@example.com", "a wrong horse and no staple", "", c); err != nil {
			t.Fatal(err)
		}
		if h.count(t, "SELECT count(*) FROM accounts WHERE closing_at IS NULL") != 0 {
			t.Error("it is kept without a sign-in")
		}
		h.forward(closingWait - time.Hour - time.Millisecond)
		if err := h.EraseDue(ctx); err != nil {
			t.Fatal(err)
		}
		if h.count(t, "SELECT count(*) FROM accounts") != 1 {
			t.Error("erased too early")
		}
		mustTell(t, h.messages(t))
		h.forward(time.Millisecond)
		errs := make([]error, 4)
		parallel(len(errs), func(i int) { errs[i] = h.EraseDue(ctx) })
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		mustTell(t, h.messages(t), "closed mara@example.com", "closed second@example.net")
		if h.count(t, "SELECT count(*) FROM accounts") != 0 || h.opens(t, "mara@example.com", testPassword, c) != Wrong {
			t.Error("it is still there")
		}
		// The address is free again.
		h.signUp(t, "mara@example.com")
	})
}

// Signing in before its time keeps the account, with and without a code.
func TestSignInCancelsAClosing(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		closing := func() bool { return h.count(t, "SELECT count(*) FROM accounts WHERE closing_at IS NOT NULL") == 1 }
		if _, err := h.Accounts.Close(ctx, c); err != nil {
			t.Fatal(err)
		}
		h.messages(t)
		s, err := h.SignIns.Start(ctx, "mara@example.com", testPassword, "", c)
		if err != nil || s.Outcome != Accepted || closing() {
			t.Fatalf("the password on the known device: %+v, %v", s, err)
		}
		mustTell(t, h.messages(t), "closing_cancelled mara@example.com")
		c.Session = s.Session
		h.forward(time.Hour)
		c = h.stepUp(t, c)
		if _, err := h.Accounts.Close(ctx, c); err != nil {
			t.Fatal(err)
		}
		h.messages(t)
		in := h.startSignIn(t, "mara@example.com")
		if !closing() {
			t.Error("the password alone keeps it where a code is asked for")
		}
		_, code, _ := h.letter(t)
		if a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, in); err != nil || a.Outcome != Accepted || closing() {
			t.Errorf("%+v, %v", a, err)
		}
		mustTell(t, h.messages(t), "closing_cancelled mara@example.com", "new_device mara@example.com")
		h.forward(2 * closingWait)
		if err := h.EraseDue(ctx); err != nil {
			t.Fatal(err)
		}
		if n := h.count(t, "SELECT count(*) FROM events WHERE kind = ?", EventClosingCancelled); n != 2 || h.count(t, "SELECT count(*) FROM accounts") != 1 {
			t.Errorf("%d times cancelled", n)
		}
	})
}

// A closing and a sign-in at once: who is signed in keeps the account.
func TestCloseAndSignInAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		for range 6 {
			h.exec(t, "DELETE FROM accounts")
			h.exec(t, "DELETE FROM spends")
			h.forward(time.Hour)
			c := h.signUp(t, "mara@example.com")
			known := c
			known.Session = ""
			var s Started
			var in, out error
			parallel(2, func(i int) {
				if i == 0 {
					s, in = h.SignIns.Start(ctx, "mara@example.com", testPassword, "", known)
				} else {
					_, out = h.Accounts.Close(ctx, c)
				}
			})
			if in != nil || out != nil || s.Outcome != Accepted {
				t.Fatalf("%+v, %v, %v", s, in, out)
			}
			if h.signedIn(t, s.Session) && h.count(t, "SELECT count(*) FROM accounts WHERE closing_at IS NOT NULL") != 0 {
				t.Fatal("signed in after the closing, and yet it will be erased")
			}
		}
	})
}

// Erased and signed in to at once: one of the two, and no fault.
func TestEraseAndSignInAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		for range 6 {
			h.exec(t, "DELETE FROM accounts")
			h.exec(t, "DELETE FROM spends")
			h.forward(time.Hour)
			c := h.signUp(t, "mara@example.com")
			if _, err := h.Accounts.Close(ctx, c); err != nil {
				t.Fatal(err)
			}
			h.messages(t)
			h.forward(closingWait)
			var s Started
			var in, erased error
			parallel(2, func(i int) {
				if i == 0 {
					s, in = h.SignIns.Start(ctx, "mara@example.com", testPassword, "", c)
				} else {
					erased = h.EraseDue(ctx)
				}
			})
			if in != nil || erased != nil {
				t.Fatalf("%v, %v", in, erased)
			}
			there := h.count(t, "SELECT count(*) FROM accounts WHERE closing_at IS NULL") == 1
			switch {
			case s.Outcome == Accepted && there && h.signedIn(t, s.Session):
			case s.Outcome == Wrong && !there && h.count(t, "SELECT count(*) FROM accounts") == 0:
			default:
				t.Errorf("%v, the account is there: %v", s.Outcome, there)
			}
		}
	})
}

// tables names every table of the schema.
func (h *house) tables(t testing.TB) []string {
	t.Helper()
	pool, err := h.core.db.Read(ctx).DB()
	if err != nil {
		t.Fatal(err)
	}
	names := tableNames(t, pool, h.core.db.Engine)
	if len(names) < 14 {
		t.Fatalf("tables %q", names)
	}
	return names
}

// rows gives every row of every table as text.
func (h *house) rows(t testing.TB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, table := range h.tables(t) {
		var list []map[string]any
		if err := h.core.db.Read(ctx).Table(table).Find(&list).Error; err != nil {
			t.Fatal(err)
		}
		for _, row := range list {
			text, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			all[table] = append(all[table], string(text))
		}
		slices.Sort(all[table])
	}
	return all
}

// mentions picks the rows that have one of some words in them.
func mentions(rows map[string][]string, words ...string) map[string][]string {
	out := map[string][]string{}
	for table, list := range rows {
		for _, row := range list {
			if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(row, w) }) {
				out[table] = append(out[table], row)
			}
		}
	}
	return out
}

// live gives an account rows in every table that an account can have rows in.
func (h *house) live(t testing.TB, name string, number string) (account string, words []string) {
	t.Helper()
	mail, second := name+"@example.com", name+"@example.net"
	c := h.signUp(t, mail)
	h.newEmail(t, c, second, true)
	h.newPhone(t, c, number)
	s, _, err := h.Sessions.Find(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	h.forward(11 * time.Minute)
	c = h.stepUp(t, c)
	h.startEmail(t, c, name+"@example.org", false)
	if _, err := h.SignIns.Start(ctx, mail, "a wrong horse and no staple", "", browser()); err != nil {
		t.Fatal(err)
	}
	h.atTheDesk(t, s.AccountID, name, number)
	h.forward(11 * time.Minute)
	c = h.byPassword(t, c)
	h.begin(t, ChangeEmailRemoved, c)
	if _, err := h.Accounts.Close(ctx, c); err != nil {
		t.Fatal(err)
	}
	h.messages(t)
	// What strangers and its holder begin while it is closing.
	h.forward(closingWait - time.Minute)
	h.startSignUp(t, mail, browser())
	h.startReset(t, mail)
	h.startSignIn(t, mail)
	h.messages(t)
	return s.AccountID, []string{s.AccountID, mail, second, name + "@example.org", number}
}

// atTheDesk gives an account a conversation, a call and a service code.
func (h *house) atTheDesk(t testing.TB, account, name, number string) {
	t.Helper()
	now := h.now()
	h.exec(t, `INSERT INTO chats (id, token_hash, account_id, problem, name, email, address, device, state, agent_name, wrap, rating, seq, started_at, visitor_at, changed_at)
		VALUES (?, 'hash', ?, 'no_code', ?, ?, '', '', 'open', 'Ines', '', 0, 3, ?, ?, ?)`, account+" chat", account, name, name+"@example.com", now, now, now)
	for i, author := range []string{"visitor", "staff", "note"} {
		h.exec(t, "INSERT INTO chat_messages (chat_id, seq, author, name, text, nonce, at) VALUES (?, ?, ?, '', ?, '', ?)", account+" chat", i+1, author, author+" wrote this", now)
	}
	h.exec(t, `INSERT INTO calls (id, token_hash, account_id, number, name, problem, state, tries, agent_name, slot_at, created_at, changed_at)
		VALUES (?, 'hash', ?, ?, ?, 'no_code', 'scheduled', 0, '', ?, ?, ?)`, account+" call", account, number, name, now.Add(time.Hour), now, now)
	h.exec(t, "INSERT INTO service_codes (id, account_id, tag, created_at, ends_at, used_at) VALUES (?, ?, ?, ?, ?, ?)", account+" code", account, account+" tag", now, now.Add(time.Hour), now)
}

func TestEraseLeavesNothing(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		// Two accounts with the same life, one erased and one kept.
		id, words := h.live(t, "mara", "+436641234567")
		kept, keptWords := h.live(t, "tom", "+436641234568")
		h.exec(t, "UPDATE accounts SET closing_at = NULL WHERE id = ?", kept)
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		full := mentions(h.rows(t), kept)
		for _, table := range []string{"accounts", "identifiers", "known_devices", "challenges", "sign_ups", "sign_ins", "verifications", "changes", "messages", "events", "chats", "chat_messages", "calls", "service_codes"} {
			if len(full[table]) == 0 {
				t.Errorf("the test has no row in %s", table)
			}
		}
		h.exec(t, "UPDATE accounts SET closing_at = ? WHERE id = ?", h.now(), id)
		before := mentions(h.rows(t), keptWords...)
		if err := h.EraseDue(ctx); err != nil {
			t.Fatal(err)
		}
		after := h.rows(t)
		for table, rows := range mentions(after, id) {
			t.Errorf("%s still has %q", table, rows)
		}
		if got := mentions(after, keptWords...); fmt.Sprint(got) != fmt.Sprint(before) {
			t.Errorf("the other account changed:\nbefore %v\nafter  %v", before, got)
		}
		// What strangers have begun with its addresses ends by itself. Once nobody can say
		// 'not me' to it they are in no row but the message that says goodbye.
		h.forward(NotMeLife + time.Hour)
		if err := h.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		for table, rows := range mentions(h.rows(t), words...) {
			for _, row := range rows {
				if table != "messages" || !strings.Contains(row, `"kind":"closed"`) {
					t.Errorf("%s still has %s", table, row)
				}
			}
		}
	})
}

// What is handed to the holder is all there is, and no secret is in it.
func TestData(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.threeWays(t)
		tom := h.signUp(t, "tom@example.com")
		in := h.startSignIn(t, "mara@example.com")
		if err := h.Accounts.RenameDevice(ctx, h.deviceOf(t, c), "Mara's own", c); err != nil {
			t.Fatal(err)
		}
		h.startReset(t, "mara@example.com")
		if _, err := h.Accounts.SetTwoStep(ctx, TwoStepEveryTime, c); err != nil {
			t.Fatal(err)
		}
		h.forward(11 * time.Minute)
		c = h.byPassword(t, c)
		h.begin(t, ChangePassword, c)
		h.atTheDesk(t, h.idOf(t, "mara@example.com"), "mara", "+436641234567")
		h.atTheDesk(t, h.idOf(t, "tom@example.com"), "tom", "+436641234568")
		list := h.messages(t)
		d, err := h.Accounts.Data(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Identifiers) != 3 || len(d.Devices) != 1 || len(d.Sessions) != 1 || len(d.Changes) != 4 || len(d.Activity) < 6 || len(d.Messages) < 6 || d.TwoStep != TwoStepEveryTime || d.Devices[0].Name != "Mara's own" {
			t.Errorf("%+v", d)
		}
		if len(d.Chats) != 1 || len(d.Chats[0].Messages) != 2 || d.Chats[0].Messages[1].Text != "staff wrote this" || d.Chats[0].Agent != "Ines" || len(d.Calls) != 1 || d.Calls[0].Number != "+436641234567" {
			t.Errorf("%+v, %+v", d.Chats, d.Calls)
		}
		text, err := json.MarshalIndent(d, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		var secrets []string
		for _, query := range []string{
			"SELECT password_hash FROM accounts", "SELECT password_hash FROM sign_ups", "SELECT token_hash FROM devices", "SELECT id FROM sessions",
			"SELECT id FROM challenges", "SELECT key_id FROM challenges", "SELECT value FROM changes WHERE kind = 'password'", "SELECT id FROM messages", "SELECT id FROM keys",
			"SELECT id FROM accounts", "SELECT value FROM identifiers WHERE value = 'tom@example.com'",
			"SELECT text FROM chat_messages WHERE author = 'note'", "SELECT tag FROM service_codes",
		} {
			var found []string
			if err := h.core.db.Read(ctx).Raw(query).Scan(&found).Error; err != nil || len(found) == 0 {
				t.Fatalf("%s: %q, %v", query, found, err)
			}
			secrets = append(secrets, found...)
		}
		var challenges []challenge
		h.core.db.Read(ctx).Find(&challenges)
		for _, ch := range challenges {
			k, _ := h.core.keys.find(ch.KeyID)
			secrets = append(secrets, k.code(ch.ID, string(ch.Purpose), ch.Generation, ch.Digits), k.link(ch.ID, string(ch.Purpose)))
		}
		for _, m := range list {
			l := h.Outbox.Links(m)
			secrets = append(secrets, l.NotMe, l.Reset, l.Undo, l.Report)
		}
		secrets = append(secrets, c.Session, c.Device, tom.Session, in.Session, "argon2", testPassword, newPassword)
		for _, s := range secrets {
			if s != "" && wholeToken(string(text), s) || len(s) > 8 && strings.Contains(string(text), s) {
				t.Errorf("the data has the secret %q", s)
			}
		}
		// The password alone opens it; nobody else's session does.
		if d, err := h.Accounts.Data(ctx, tom); !isKind(err, NotProven) {
			t.Errorf("%+v, %v", d, err)
		}
	})
}

// deviceOf gives the id of the device that a session is on.
func (h *house) deviceOf(t testing.TB, c Client) string {
	t.Helper()
	s, _, err := h.Sessions.Find(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := h.Accounts.Devices(ctx, s, c)
	if err != nil || len(list) == 0 || !list[0].This {
		t.Fatalf("%+v, %v", list, err)
	}
	return list[0].ID
}
