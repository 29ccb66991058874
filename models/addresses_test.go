package models

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// told lists messages as 'kind destination', in a fixed order.
func told(list []Message) []string {
	out := make([]string, len(list))
	for i, m := range list {
		out[i] = m.Kind + " " + m.Destination
	}
	slices.Sort(out)
	return out
}

func mustTell(t testing.TB, list []Message, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := told(list); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// pick finds the newest message of a kind to a destination.
func pick(t testing.TB, list []Message, kind, destination string) Message {
	t.Helper()
	for _, m := range slices.Backward(list) {
		if m.Kind == kind && m.Destination == destination {
			return m
		}
	}
	t.Fatalf("no %s to %s in %q", kind, destination, told(list))
	return Message{}
}

func (h *house) undoOf(m Message) string {
	return strings.TrimPrefix(h.Outbox.Links(m).Undo, UndoPath)
}

func (h *house) notMeOf(m Message) string {
	return strings.TrimPrefix(h.Outbox.Links(m).NotMe, NotMePath)
}

// startEmail asks for an address and gives the code that it was sent.
func (h *house) startEmail(t testing.TB, c Client, email string, second bool) (code string) {
	t.Helper()
	s, err := h.Accounts.StartEmail(ctx, email, second, c)
	if err != nil || s.Outcome != CodeSent {
		t.Fatalf("start of %s: %+v, %v", email, s, err)
	}
	code, _ = h.Outbox.Code(pick(t, h.messages(t), KindEmailCode, email))
	return code
}

func (h *house) answerEmail(t testing.TB, c Client, code string) Answered {
	t.Helper()
	a, err := h.Accounts.AnswerProof(PurposeEmail)(ctx, code, "", Ticks{}, c)
	if err != nil {
		t.Fatalf("answer: %v", err)
	}
	return a
}

// newEmail changes or adds an address and gives the messages that tell of it.
func (h *house) newEmail(t testing.TB, c Client, email string, second bool) []Message {
	t.Helper()
	if a := h.answerEmail(t, c, h.startEmail(t, c, email, second)); a.Outcome != Accepted {
		t.Fatalf("%s: %+v", email, a)
	}
	return h.messages(t)
}

// signIn signs in to an account on a browser that it does not know.
func (h *house) signIn(t testing.TB, email string) Client {
	t.Helper()
	h.messages(t)
	c := h.startSignIn(t, email)
	_, code, _ := h.letter(t)
	a, err := h.SignIns.Answer(ctx, code, "", Ticks{}, c)
	if err != nil || a.Outcome != Accepted {
		t.Fatalf("sign-in: %+v, %v", a, err)
	}
	h.messages(t)
	c.Session, c.Device = a.Session, a.Device
	return c
}

func (h *house) overview(t testing.TB, c Client) Overview {
	t.Helper()
	s, standing, err := h.Sessions.Find(ctx, c)
	if err != nil || standing != SignedIn {
		t.Fatalf("nobody is signed in: %v, %v", standing, err)
	}
	o, err := h.Accounts.Overview(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// opens says how a right password ends at an address, on a device of the account.
func (h *house) opens(t testing.TB, email, password string, c Client) Outcome {
	t.Helper()
	c.Session = ""
	s, err := h.SignIns.Start(ctx, email, password, "", c)
	if err != nil {
		t.Fatal(err)
	}
	return s.Outcome
}

// from gives a client another network address.
func from(c Client, n int) Client {
	c.Address = netip.AddrFrom4([4]byte{198, 51, byte(n >> 8), byte(n)})
	return c
}

func TestNewMainAddress(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		other := h.signIn(t, "mara@example.com")
		code := h.startEmail(t, c, "mara@example.net", false)
		// Nothing changes before the code.
		o := h.overview(t, c)
		if o.Main.Address != "mara@example.com" || o.Pending.Address != "mara@example.net" || o.Pending.As != "main" || !o.Pending.SentAt.Equal(h.now()) {
			t.Errorf("%+v", o)
		}
		if a := h.answerEmail(t, c, wrongCode(code)); a.Outcome != Wrong || a.TriesLeft != 4 {
			t.Errorf("%+v", a)
		}
		if h.opens(t, "mara@example.net", testPassword, c) != Wrong || h.opens(t, "mara@example.com", testPassword, c) != Accepted || !h.signedIn(t, other.Session) {
			t.Error("something changed before the code")
		}
		h.messages(t)
		if a := h.answerEmail(t, c, code); a.Outcome != Accepted || !a.HoldsAt.IsZero() || a.Subject != ChangeEmail || a.Session != c.Session {
			t.Fatalf("%+v", a)
		}
		list := h.messages(t)
		mustTell(t, list, "email_changed mara@example.com", "email_changed mara@example.net")
		for _, m := range list {
			if link := h.undoOf(m); (link != "") != (m.Destination == "mara@example.com") {
				t.Errorf("%s can take it back: %v", m.Destination, link != "")
			}
			if m.What != "m***@example.net" {
				t.Errorf("the notice names %q", m.What)
			}
		}
		if !h.signedIn(t, c.Session) || h.signedIn(t, other.Session) {
			t.Error("this session stays, the others end")
		}
		if h.opens(t, "mara@example.com", testPassword, c) != Wrong || h.opens(t, "mara@example.net", testPassword, c) != Accepted {
			t.Error("the new address is the one to sign in with, the old one is not")
		}
		if o := h.overview(t, c); o.Main.Address != "mara@example.net" || o.Second.Address != "" || o.Pending.Address != "" {
			t.Errorf("%+v", o)
		}
		if a := h.answerEmail(t, c, code); a.Outcome != Used {
			t.Errorf("the code a second time: %+v", a)
		}
		// The address that was given up is free for others.
		h.forward(time.Hour)
		h.signUp(t, "mara@example.com")
	})
}

func TestSecondAddress(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		other := h.signIn(t, "mara@example.com")
		list := h.newEmail(t, c, "mara@example.net", true)
		mustTell(t, list, "email_added mara@example.com", "email_added mara@example.net")
		if h.undoOf(pick(t, list, KindEmailAdded, "mara@example.com")) == "" || h.undoOf(pick(t, list, KindEmailAdded, "mara@example.net")) != "" {
			t.Error("the main address can take it back, and the new one cannot")
		}
		if !h.signedIn(t, other.Session) {
			t.Error("one more address ends no session")
		}
		o := h.overview(t, c)
		if o.Main.Address != "mara@example.com" || o.Second.Address != "mara@example.net" || h.opens(t, "mara@example.net", testPassword, c) != Accepted {
			t.Errorf("%+v", o)
		}
		// Another one takes its place, and the one before is told.
		list = h.newEmail(t, c, "mara@example.org", true)
		mustTell(t, list, "email_added mara@example.com", "email_added mara@example.net", "email_added mara@example.org")
		o = h.overview(t, c)
		if o.Second.Address != "mara@example.org" || h.opens(t, "mara@example.net", testPassword, c) != Wrong {
			t.Errorf("%+v", o)
		}

		if _, err := h.Accounts.MakeMain(ctx, o.Main.ID, c); !isKind(err, NotFound) {
			t.Errorf("the main address again: %v", err)
		}
		if ch, err := h.Accounts.MakeMain(ctx, o.Second.ID, c); err != nil || ch.Outcome != Accepted || !ch.HoldsAt.IsZero() {
			t.Fatalf("%+v, %v", ch, err)
		}
		mustTell(t, h.messages(t), "email_changed mara@example.com", "email_changed mara@example.org")
		if !h.signedIn(t, c.Session) || h.signedIn(t, other.Session) {
			t.Error("this session stays, the others end")
		}
		o = h.overview(t, c)
		if o.Main.Address != "mara@example.org" || o.Second.Address != "mara@example.com" {
			t.Errorf("%+v", o)
		}

		if _, err := h.Accounts.RemoveEmail(ctx, o.Main.ID, c); !isKind(err, NotFound) {
			t.Errorf("the main address is removed: %v", err)
		}
		if ch, err := h.Accounts.RemoveEmail(ctx, o.Second.ID, c); err != nil || ch.Outcome != Accepted {
			t.Fatalf("%+v, %v", ch, err)
		}
		mustTell(t, h.messages(t), "email_removed mara@example.com", "email_removed mara@example.org")
		if _, err := h.Accounts.RemoveEmail(ctx, o.Second.ID, c); !isKind(err, NotFound) {
			t.Errorf("a second time: %v", err)
		}
		if o := h.overview(t, c); o.Second.ID != "" || h.opens(t, "mara@example.com", testPassword, c) != Wrong {
			t.Errorf("%+v", o)
		}
	})
}

// Nobody changes what is another account's.
func TestIdentifiersOfOthers(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newEmail(t, c, "mara@example.net", true)
		second := h.overview(t, c).Second.ID
		tom := h.signUp(t, "tom@example.com")
		h.messages(t)
		for name, act := range map[string]func() error{
			"main":   func() error { _, err := h.Accounts.MakeMain(ctx, second, tom); return err },
			"remove": func() error { _, err := h.Accounts.RemoveEmail(ctx, second, tom); return err },
			"phone":  func() error { _, err := h.Accounts.RemovePhone(ctx, tom); return err },
			"way":    func() error { return h.Accounts.PreferWay(ctx, second, tom) },
		} {
			if err := act(); !isKind(err, NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		mustTell(t, h.messages(t))
		if o := h.overview(t, c); o.Second.ID != second {
			t.Errorf("%+v", o)
		}
	})
}

func TestOwnAddressIsRefused(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "Mara@example.com")
		h.newEmail(t, c, "mara@example.net", true)
		for _, typed := range []string{"mara@example.com", "MARA@EXAMPLE.COM.", "\uff4dara@example\u3002com", "mara@example.net", " Mara@Example.Net "} {
			for _, second := range []bool{false, true} {
				_, err := h.Accounts.StartEmail(ctx, typed, second, c)
				if e, ok := err.(*Error); !ok || e.Kind != Invalid || e.Reason != "same" || e.Field != "email" {
					t.Errorf("%q: %v", typed, err)
				}
			}
		}
		for typed, reason := range map[string]string{"": "empty", "mara": "no_at", "mara@[127.0.0.1]": "ip_literal"} {
			_, err := h.Accounts.StartEmail(ctx, typed, false, c)
			if e, ok := err.(*Error); !ok || e.Reason != reason {
				t.Errorf("%q: %v", typed, err)
			}
		}
		mustTell(t, h.messages(t))
	})
}

// asked is what an asker sees of an address, step by step.
func (h *house) asked(t *testing.T, c Client, email string, look func(step, seen string)) {
	t.Helper()
	a := h.Accounts
	pending := func(step string) {
		p, err := a.PendingProof(PurposeEmail)(ctx, c)
		look(step, fmt.Sprintf("%v, again at %v, %d tries, %q, delivery %+v, %v",
			strings.ReplaceAll(p.Destination, email, "X"), p.ResendAt, p.TriesLeft, p.Over, p.Delivery, err))
	}
	s, err := a.StartEmail(ctx, email, false, c)
	look("start", fmt.Sprintf("%+v, %v", s, err))
	pending("page before it is sent")
	h.forward(time.Second)
	h.messages(t)
	pending("page when it was sent")
	_, err = a.ResendProof(PurposeEmail)(ctx, "", "", c)
	look("again, too soon", fmt.Sprint(err))
	h.forward(31 * time.Second)
	r, err := a.ResendProof(PurposeEmail)(ctx, "", "", c)
	look("again", fmt.Sprintf("%+v, %v", r, err))
	claimed, err := h.Outbox.Claim(ctx, "", 10, time.Minute)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("%+v, %v", claimed, err)
	}
	if err := h.Outbox.Failed(ctx, claimed[0], Failure{Reason: "connection"}); err != nil {
		t.Fatal(err)
	}
	pending("page when the server is away")
	h.forward(time.Minute)
	h.messages(t)
	pending("page when it came back")
	for range 6 {
		w, err := a.AnswerProof(PurposeEmail)(ctx, "000000", "", Ticks{}, c)
		look("wrong code", fmt.Sprintf("%v %d, %v", w.Outcome, w.TriesLeft, err))
	}
	o := h.overview(t, c)
	for i := range o.Recent {
		o.Recent[i].At = time.Time{}
	}
	look("overview", fmt.Sprintf("%v %v %v %v %v", strings.ReplaceAll(o.Pending.Address, email, "X"), o.Main.Refused, len(o.Waiting), o.Recent, o.Devices))
	d, err := a.Data(ctx, c)
	var sent []string
	for _, m := range d.Messages {
		sent = append(sent, fmt.Sprint(m.Kind, strings.ReplaceAll(m.Destination, email, "X")))
	}
	slices.Sort(sent)
	look("data", fmt.Sprintf("%v, %v, %v, %v", len(d.Identifiers), len(d.Activity), sent, err))
}

// Who asks for an address cannot tell whether it is somebody's.
func TestTakenAddressLooksLikeAnother(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "owner@example.net")
		seen := map[string][2]string{}
		var steps []string
		for i, email := range []string{"owner@example.net", "nobody@example.net"} {
			c := h.signUp(t, "mara@example.com")
			h.messages(t)
			h.exec(t, "DELETE FROM spends")
			h.forward(time.Second)
			n := 0
			h.asked(t, c, email, func(step, what string) {
				step = fmt.Sprintf("%d %s", n, step)
				n++
				pair := seen[step]
				pair[i] = what
				seen[step] = pair
				if i == 0 {
					steps = append(steps, step)
				}
			})
			h.exec(t, "DELETE FROM accounts WHERE id IN (SELECT account_id FROM identifiers WHERE value = 'mara@example.com')")
			h.clock.at = newClock().at // the same moments again
		}
		for _, step := range steps {
			if seen[step][0] != seen[step][1] {
				t.Errorf("%s:\n taken %v\n free  %v", step, seen[step][0], seen[step][1])
			}
		}
	})
}

func TestTakenAddress(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		owner := h.signUp(t, "Owner@example.net")
		h.forward(11 * time.Minute)
		owner = h.stepUp(t, owner)
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		if s, err := h.Accounts.StartEmail(ctx, "owner@EXAMPLE.net", false, c); err != nil || s.Outcome != CodeSent {
			t.Fatalf("%+v, %v", s, err)
		}
		m, code, _ := h.letter(t)
		if m.Kind != KindEmailTaken || m.Destination != "Owner@example.net" || code != "" || h.undoOf(m) != "" {
			t.Errorf("%+v, code %q", m, code)
		}
		// No code is right, not even the one that the challenge would have had.
		var ch challenge
		if err := h.core.db.Read(ctx).Take(&ch, "purpose = 'email'").Error; err != nil {
			t.Fatal(err)
		}
		never := h.core.keys.all()[0].code(ch.ID, string(ch.Purpose), ch.Generation, ch.Digits)
		if a := h.answerEmail(t, c, never); a.Outcome != Wrong || a.TriesLeft != 4 {
			t.Errorf("%+v", a)
		}
		h.forward(31 * time.Second)
		if r, err := h.Accounts.ResendProof(PurposeEmail)(ctx, "", "", c); err != nil || r.Outcome != CodeSent {
			t.Errorf("%+v, %v", r, err)
		}
		again, _, _ := h.letter(t)
		if again.Kind != KindEmailTaken || again.Destination != "Owner@example.net" {
			t.Errorf("%+v", again)
		}
		// What reaches its owner gives nothing of the asker away, and the owner
		// keeps the account.
		for _, note := range []Message{m, again} {
			if n, err := h.NotMes.Show(ctx, h.notMeOf(note)); err != nil || n.HasAccount {
				t.Errorf("%+v, %v", n, err)
			}
		}
		if o := h.overview(t, owner); o.Main.Address != "Owner@example.net" {
			t.Errorf("%+v", o)
		}
		if o := h.overview(t, c); o.Main.Address != "mara@example.com" || o.Main.Refused {
			t.Errorf("%+v", o)
		}
		// Given up meanwhile, it still proves nothing in this flow, and no more
		// mail goes there.
		h.newEmail(t, owner, "owner@example.org", false)
		h.forward(2 * time.Minute)
		if r, err := h.Accounts.ResendProof(PurposeEmail)(ctx, "", "", c); err != nil || r.Outcome != CodeSent {
			t.Errorf("%+v, %v", r, err)
		}
		mustTell(t, h.messages(t))
		if a := h.answerEmail(t, c, never); a.Outcome != Wrong {
			t.Errorf("%+v", a)
		}
	})
}

func TestCancelEmail(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		code := h.startEmail(t, c, "mara@example.net", false)
		for range 2 { // a second press changes nothing
			if err := h.Accounts.CancelEmail(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		if n := h.count(t, "SELECT count(*) FROM events WHERE kind = ?", EventEmailCancelled); n != 1 {
			t.Errorf("%d events", n)
		}
		if _, err := h.Accounts.AnswerProof(PurposeEmail)(ctx, code, "", Ticks{}, c); !isKind(err, Gone) {
			t.Errorf("the code of a cancelled change: %v", err)
		}
		if _, err := h.Accounts.ResendProof(PurposeEmail)(ctx, "", "", c); !isKind(err, Gone) {
			t.Errorf("again: %v", err)
		}
		if o := h.overview(t, c); o.Pending.Address != "" || o.Main.Address != "mara@example.com" {
			t.Errorf("%+v", o)
		}
		// Begun anew it works.
		h.newEmail(t, c, "mara@example.net", false)
	})
}

func TestNewerAddressReplaces(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		first := h.startEmail(t, c, "mara@example.net", false)
		p, err := h.Accounts.PendingProof(PurposeEmail)(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		h.forward(time.Second)
		second := h.startEmail(t, c, "mara@example.org", true)
		if o := h.overview(t, c); o.Pending.Address != "mara@example.org" || o.Pending.As != "second" {
			t.Errorf("%+v", o.Pending)
		}
		if a, err := h.Accounts.AnswerProof(PurposeEmail)(ctx, first, p.Flow, Ticks{}, c); err != nil || a.Outcome != Superseded {
			t.Errorf("the page of the first one: %+v, %v", a, err)
		}
		if r, err := h.Accounts.ResendProof(PurposeEmail)(ctx, p.Flow, "", c); err != nil || r.Outcome != Superseded {
			t.Errorf("again, of the first one: %+v, %v", r, err)
		}
		if a := h.answerEmail(t, c, first); a.Outcome != Wrong {
			t.Errorf("the code of the first one: %+v", a)
		}
		if a := h.answerEmail(t, c, second); a.Outcome != Accepted || a.Subject != ChangeEmailSecond {
			t.Errorf("%+v", a)
		}
		if o := h.overview(t, c); o.Main.Address != "mara@example.com" || o.Second.Address != "mara@example.org" {
			t.Errorf("%+v", o)
		}
		// The same from another session of the account: one flow at a time.
		other := h.signIn(t, "mara@example.com")
		mine := h.startEmail(t, c, "mara@example.net", false)
		h.forward(time.Second)
		h.startEmail(t, other, "mara@example.edu", false)
		if _, err := h.Accounts.AnswerProof(PurposeEmail)(ctx, mine, "", Ticks{}, c); !isKind(err, Gone) {
			t.Errorf("replaced in another session: %v", err)
		}
	})
}

// A code is good in its own flow, for its account and purpose, and nowhere else.
func TestEmailCodesStayInTheirFlow(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		mara, tom := h.signUp(t, "mara@example.com"), h.signUp(t, "tom@example.com")
		h.messages(t)
		ofMara, ofTom := h.startEmail(t, mara, "mara@example.net", false), h.startEmail(t, tom, "tom@example.net", false)
		if a := h.answerEmail(t, mara, ofTom); a.Outcome != Wrong {
			t.Errorf("another account's: %+v", a)
		}
		phone := h.startPhone(t, mara, "+436641234567")
		if a := h.answerEmail(t, mara, phone); a.Outcome != Wrong {
			t.Errorf("a number's: %+v", a)
		}
		if a, err := h.Accounts.AnswerProof(PurposePhone)(ctx, ofMara, "", Ticks{}, mara); err != nil || a.Outcome != Wrong {
			t.Errorf("an address's for a number: %+v, %v", a, err)
		}
		in := h.startSignIn(t, "mara@example.com")
		_, signIn, _ := h.letter(t)
		if a := h.answerEmail(t, mara, signIn); a.Outcome != Wrong {
			t.Errorf("a sign-in's: %+v", a)
		}
		if a, err := h.SignIns.Answer(ctx, ofMara, "", Ticks{}, in); err != nil || a.Outcome != Wrong {
			t.Errorf("an address's for a sign-in: %+v, %v", a, err)
		}
		if _, err := h.Reauths.Start(ctx, "", "", mara); err != nil {
			t.Fatal(err)
		}
		_, stepUp, _ := h.letter(t)
		if a := h.answerEmail(t, mara, stepUp); a.Outcome != Wrong {
			t.Errorf("a step-up's: %+v", a)
		}
		if a, err := h.Reauths.Answer(ctx, ofMara, "", Ticks{}, mara); err != nil || a.Outcome != Wrong {
			t.Errorf("an address's for a step-up: %+v, %v", a, err)
		}
		// The last of the five tries is the right one.
		if a := h.answerEmail(t, mara, ofMara); a.Outcome != Accepted {
			t.Errorf("%+v", a)
		}
		if a := h.answerEmail(t, tom, ofTom); a.Outcome != Accepted {
			t.Errorf("%+v", a)
		}
	})
}

func TestEmailCodeEnds(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		code := h.startEmail(t, c, "mara@example.net", false)
		h.forward(10 * time.Minute)
		answer := h.Accounts.AnswerProof(PurposeEmail)
		if _, err := answer(ctx, code, "", Ticks{}, c); !isKind(err, NotProven) {
			t.Errorf("a stale session: %v", err)
		}
		c = h.stepUp(t, c)
		if a := h.answerEmail(t, c, code); a.Outcome != Expired || a.TriesLeft != 5 {
			t.Errorf("after ten minutes: %+v", a)
		}
		r, err := h.Accounts.ResendProof(PurposeEmail)(ctx, "", "", c)
		if err != nil || !r.Fresh {
			t.Fatalf("%+v, %v", r, err)
		}
		_, fresh, _ := h.letter(t)
		h.forward(9 * time.Minute)
		for range 5 {
			h.answerEmail(t, c, wrongCode(fresh))
		}
		if a := h.answerEmail(t, c, fresh); a.Outcome != Exhausted {
			t.Errorf("the right code after five wrong ones: %+v", a)
		}
		h.forward(42 * time.Minute)
		c = h.stepUp(t, c)
		if _, err := answer(ctx, fresh, "", Ticks{}, c); !isKind(err, Gone) {
			t.Errorf("after an hour: %v", err)
		}
		if o := h.overview(t, c); o.Main.Address != "mara@example.com" || o.Pending.Address != "" {
			t.Errorf("%+v", o)
		}
	})
}

// Two accounts prove one address at once: the one unique index decides.
func TestTwoAccountsProveOneAddress(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		for round, second := range []bool{false, true} {
			h.forward(time.Hour) // one network address reaches five mailboxes in an hour
			wanted := fmt.Sprintf("wanted%d@example.net", round)
			emails := []string{fmt.Sprintf("mara%d@example.com", round), fmt.Sprintf("tom%d@example.com", round)}
			var people [2]Client
			var codes [2]string
			for i, email := range emails {
				people[i] = h.signUp(t, email)
				h.messages(t)
				codes[i] = h.startEmail(t, people[i], wanted, second)
			}
			var got [2]Answered
			var errs [2]error
			parallel(2, func(i int) {
				got[i], errs[i] = h.Accounts.AnswerProof(PurposeEmail)(ctx, codes[i], "", Ticks{}, people[i])
			})
			won := 0
			for i, a := range got {
				o := h.overview(t, people[i])
				has := o.Main.Address == wanted || o.Second.Address == wanted
				switch {
				case errs[i] != nil:
					t.Errorf("%v", errs[i])
				case a.Outcome == Accepted && has:
					won++
				case a.Outcome == Taken && !has && o.Main.Address == emails[i] && o.Second.Address == "":
					if h.opens(t, emails[i], testPassword, people[i]) != Accepted {
						t.Error("the other one cannot sign in any more")
					}
				default:
					t.Errorf("%+v, %+v", a, o)
				}
			}
			if n := h.count(t, "SELECT count(*) FROM identifiers WHERE value = ?", wanted); won != 1 || n != 1 {
				t.Errorf("%d accounts won, %d rows", won, n)
			}
			// Only the winner's addresses are told.
			if n := len(h.messages(t)); n != 2 {
				t.Errorf("%d notices", n)
			}
		}
	})
}

func TestOneCodeInTwoTabs(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		code := h.startEmail(t, c, "mara@example.net", false)
		got := make([]Answered, 4)
		errs := make([]error, len(got))
		parallel(len(got), func(i int) {
			got[i], errs[i] = h.Accounts.AnswerProof(PurposeEmail)(ctx, code, "", Ticks{}, c)
		})
		done := 0
		for i, a := range got {
			switch {
			case errs[i] == nil && a.Outcome == Accepted:
				done++
			case errs[i] == nil && a.Outcome == Used:
			default:
				t.Errorf("%+v, %v", a, errs[i])
			}
		}
		if n := h.count(t, "SELECT count(*) FROM changes"); done != 1 || n != 1 {
			t.Errorf("%d times accepted, %d changes", done, n)
		}
		mustTell(t, h.messages(t), "email_changed mara@example.com", "email_changed mara@example.net")
	})
}

// A stolen session cookie alone reaches no address, number or choice.
func TestAddressesNeedAFreshProof(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		c := h.signUp(t, "mara@example.com")
		h.newEmail(t, c, "mara@example.net", true)
		h.newPhone(t, c, "+436641234567")
		second := h.overview(t, c).Second.ID
		email, phone := h.startEmail(t, c, "new@example.com", false), h.startPhone(t, c, "+436641234568")
		h.forward(10 * time.Minute)
		acts := map[string]func(c Client) error{
			"email":      func(c Client) error { _, err := h.Accounts.StartEmail(ctx, "a@example.com", false, c); return err },
			"no address": func(c Client) error { _, err := h.Accounts.StartEmail(ctx, "a", false, c); return err },
			"phone":      func(c Client) error { _, err := h.Accounts.StartPhone(ctx, "+436641234569", false, c); return err },
			"no number":  func(c Client) error { _, err := h.Accounts.StartPhone(ctx, "1", false, c); return err },
			"email code": func(c Client) error {
				_, err := h.Accounts.AnswerProof(PurposeEmail)(ctx, email, "", Ticks{}, c)
				return err
			},
			"phone code": func(c Client) error {
				_, err := h.Accounts.AnswerProof(PurposePhone)(ctx, phone, "", Ticks{}, c)
				return err
			},
			"no code": func(c Client) error {
				_, err := h.Accounts.AnswerProof(PurposePhone)(ctx, "x", "", Ticks{}, c)
				return err
			},
			"email again":  func(c Client) error { _, err := h.Accounts.ResendProof(PurposeEmail)(ctx, "", "", c); return err },
			"phone again":  func(c Client) error { _, err := h.Accounts.ResendProof(PurposePhone)(ctx, "", "", c); return err },
			"cancel":       func(c Client) error { return h.Accounts.CancelEmail(ctx, c) },
			"main":         func(c Client) error { _, err := h.Accounts.MakeMain(ctx, second, c); return err },
			"remove":       func(c Client) error { _, err := h.Accounts.RemoveEmail(ctx, second, c); return err },
			"remove phone": func(c Client) error { _, err := h.Accounts.RemovePhone(ctx, c); return err },
			"way":          func(c Client) error { return h.Accounts.PreferWay(ctx, second, c) },
			"no way":       func(c Client) error { return h.Accounts.PreferWay(ctx, "", c) },
			"close":        func(c Client) error { _, err := h.Accounts.Close(ctx, c); return err },
			"data": func(c Client) error {
				d, err := h.Accounts.Data(ctx, c)
				if !reflect.DeepEqual(d, Data{}) {
					t.Errorf("a refused act gives %+v", d)
				}
				return err
			},
		}
		// A handle of what is pending is nobody's session, and so is one that ended.
		handle := h.startSignIn(t, "mara@example.com")
		ended := h.signUp(t, "tom@example.com")
		if _, err := h.Sessions.SignOut(ctx, ended); err != nil {
			t.Fatal(err)
		}
		h.messages(t)
		before := h.count(t, "SELECT count(*) FROM events")
		for name, act := range acts {
			if err := act(c); !isKind(err, NotProven) {
				t.Errorf("%s: %v", name, err)
			}
			for _, nobody := range []Client{browser(), handle, ended} {
				if err := act(nobody); !isKind(err, NoSession) {
					t.Errorf("%s, nobody: %v", name, err)
				}
			}
		}
		mustTell(t, h.messages(t))
		if n := h.count(t, "SELECT count(*) FROM events"); n != before {
			t.Errorf("refused acts were recorded: %d events more", n-before)
		}
		if o := h.overview(t, c); o.Main.Address != "mara@example.com" || o.Second.ID != second || o.Phone.ID == "" {
			t.Errorf("%+v", o)
		}
	})
}

// The new address has proven nothing: what it is sent is counted as a stranger's
// wish, so that nobody uses up what its owner may ask for.
func TestNewAddressSpendsTheStrangersBudget(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "owner@example.net")
		h.forward(time.Hour)
		c := h.signUp(t, "mara@example.com")
		h.messages(t)
		sent := 0
		for i, typed := range []string{"owner@example.net", "owner+a@example.net", "owner@example.net", "owner+b@example.net", "owner+c@example.net"} {
			s, err := h.Accounts.StartEmail(ctx, typed, false, from(c, i))
			if err != nil {
				t.Fatal(err)
			}
			switch s.Outcome {
			case CodeSent:
				sent++
			case Throttled:
				if !s.RetryAt.After(h.now()) {
					t.Errorf("%+v", s)
				}
			}
		}
		if sent != 3 {
			t.Errorf("one mailbox was sent %d messages in ten minutes, want 3", sent)
		}
		h.messages(t)
		if s, err := h.Resets.Start(ctx, "owner@example.net", from(browser(), 9)); err != nil || s.Outcome != Throttled {
			t.Errorf("strangers have one budget together: %+v, %v", s, err)
		}
		// The owner's own six are all still there.
		for range 6 {
			h.startSignIn(t, "owner@example.net")
		}
		if s, err := h.SignIns.Start(ctx, "owner@example.net", testPassword, "", browser()); err != nil || s.Outcome != Throttled {
			t.Errorf("%+v, %v", s, err)
		}
		// And the other way round: a used up owner's budget is none of this one.
		h.forward(11 * time.Minute)
		h.messages(t)
		for range 6 {
			h.startSignIn(t, "mara@example.com")
		}
		c = h.signUp(t, "tom@example.com")
		if s, err := h.Accounts.StartEmail(ctx, "mara@example.com", false, c); err != nil || s.Outcome != CodeSent {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

// notations of one mailbox and of others that look like it.
var notations = []string{
	"Mara@b\u00fccher.example", "mara@BU\u0308CHER.example", "mara@xn--bcher-kva.example", "MARA@XN--BCHER-KVA.EXAMPLE", "mara@b\u00fccher.example.",
	"\uff2d\uff21\uff32\uff21@b\u00fccher.example", "mara@b\u00fccher\u3002example", "mara@b\u00fccher\uff0eexample", " mara@b\u00fccher.example\u00a0", "mara\uff20b\u00fccher.example",
	"ma\u24e1a@b\u00fccher.example", "mara@b\u00ad\u00fccher.example", "\u2133ara@b\u00fccher.example",
	"mara@bucher.example", "mara+tv@b\u00fccher.example", "mara+TV@b\u00fccher.example", "m.ara@b\u00fccher.example", "mara@b\u00fccher.example.com",
	"mara@\u0432\u00fccher.example", "m\u0430ra@b\u00fccher.example", "mar\u0101@b\u00fccher.example", `"mara"@b\u00fccher.example`, `"mara"@xn--bcher-kva.example`,
	"ma\u200bra@b\u00fccher.example", "mara@b\u200d\u00fccher.example", "\u0130mara@b\u00fccher.example", "mara@\u0130b\u00fccher.example", "mara\u0000@b\u00fccher.example",
	"mara@b\u00fccher.example\r\nbcc: x@example.com", "<mara@b\u00fccher.example>", "mara(x)@b\u00fccher.example", "mara@[127.0.0.1]", "\u212aim@b\u00fccher.example", "kim@b\u00fccher.example",
	"mara@stra\u00dfe.example", "mara@strasse.example",
}

// However an address is written, no two accounts come to share one by a change,
// and mail goes only to what its owner has stored.
func TestNotationsDoNotCollide(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		withoutHash(h)
		owner := h.signUp(t, "mara@xn--bcher-kva.example")
		tried := 0
		for i, typed := range notations {
			h.forward(3 * time.Hour)
			c := h.signUp(t, fmt.Sprintf("asker%d@example.com", i))
			h.messages(t)
			e, reason := ParseEmail(typed)
			s, err := h.Accounts.StartEmail(ctx, typed, i%2 == 0, from(c, i))
			if reason != "" {
				if !isKind(err, Invalid) {
					t.Errorf("%q: %+v, %v", typed, s, err)
				}
				continue
			}
			if err != nil || s.Outcome != CodeSent {
				t.Fatalf("%q: %+v, %v", typed, s, err)
			}
			tried++
			m, code, _ := h.letter(t)
			holder := h.count(t, "SELECT count(*) FROM identifiers WHERE kind = 'email' AND value = ?", e.Value)
			switch {
			case holder == 1:
				var stored string
				h.core.db.Read(ctx).Raw("SELECT shown FROM identifiers WHERE value = ?", e.Value).Scan(&stored)
				if m.Kind != KindEmailTaken || m.Destination != stored || code != "" {
					t.Errorf("%q: %s to %s", typed, m.Kind, m.Destination)
				}
			default:
				if m.Kind != KindEmailCode || m.Destination != e.Shown {
					t.Errorf("%q: %s to %s", typed, m.Kind, m.Destination)
				}
				if a, err := h.Accounts.AnswerProof(PurposeEmail)(ctx, code, "", Ticks{}, from(c, i)); err != nil || a.Outcome != Accepted {
					t.Errorf("%q: %+v, %v", typed, a, err)
				}
				h.messages(t)
			}
		}
		if tried < 15 {
			t.Errorf("only %d notations are addresses", tried)
		}
		var values []string
		h.core.db.Read(ctx).Raw("SELECT value FROM identifiers").Scan(&values)
		seen := map[string]bool{}
		for _, v := range values {
			if again, reason := ParseEmail(v); reason != "" || again.Value != v || seen[v] {
				t.Errorf("%q is stored: read as %q, %s; twice: %v", v, again.Value, reason, seen[v])
			}
			seen[v] = true
		}
		if o := h.overview(t, owner); o.Main.Address != "mara@xn--bcher-kva.example" {
			t.Errorf("%+v", o)
		}
	})
}
