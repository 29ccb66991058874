package models

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"admitone/models/internal/db"
)

// agent is a member of staff at work, with a fresh proof.
func (h *house) agent(t testing.TB, email, name string) Client {
	t.Helper()
	c := h.signUp(t, email)
	if err := h.Staff.SetRole(ctx, email, RoleStaff, name); err != nil {
		t.Fatal(err)
	}
	h.messages(t)
	return from(c, 77)
}

func (h *house) idOf(t testing.TB, email string) string {
	t.Helper()
	who, err := findOwner(h.core.db.Read(ctx), Email{Value: email})
	if err != nil || who.AccountID == "" {
		t.Fatalf("%s: %v", email, err)
	}
	return who.AccountID
}

func isReason(err error, kind Kind, reason string) bool {
	e, ok := err.(*Error)
	return ok && e.Kind == kind && e.Reason == reason
}

const goodReason = "asked for it on the phone"

func TestEnterTheConsole(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		member := h.signUp(t, "tom@example.com")
		ines := h.agent(t, "ines@example.com", "Ines")
		nameless := h.agent(t, "bo@example.com", "")
		enters := func(c Client, name string) {
			t.Helper()
			if a, err := h.Agents.Enter(ctx, c); err != nil || a.Name != name || a.Account == "" {
				t.Errorf("%+v, %v", a, err)
			}
		}
		refused := func(c Client, kind Kind) {
			t.Helper()
			if a, err := h.Agents.Enter(ctx, c); !isKind(err, kind) || a != (Agent{}) {
				t.Errorf("%+v, %v: want %s", a, err, kind)
			}
		}
		enters(ines, "Ines")
		enters(nameless, nobodysName)
		refused(member, NotFound)
		refused(browser(), NoSession)
		refused(Client{Session: "x"}, NoSession)
		refused(h.startSignIn(t, "ines@example.com"), NoSession) // the password alone

		// A device that the account knows opens by the password alone.
		known := ines
		s, err := h.SignIns.Start(ctx, "ines@example.com", testPassword, "", ines)
		if err != nil || s.Outcome != Accepted {
			t.Fatalf("%+v, %v", s, err)
		}
		known.Session = s.Session
		refused(known, NotProven)
		refused(h.byPassword(t, known), NotProven)
		h.messages(t)
		known.Session = s.Session
		if s, err = h.SignIns.Start(ctx, "ines@example.com", testPassword, "", ines); err != nil {
			t.Fatal(err)
		}
		known.Session = s.Session
		enters(h.stepUp(t, known), "Ines")

		// The proof holds for a working day from when it was given.
		h.forward(8*time.Hour - time.Minute)
		enters(ines, "Ines")
		h.forward(time.Minute)
		refused(ines, NotProven)
		ines = h.stepUp(t, ines)
		enters(ines, "Ines")

		// What is taken away is gone at the next request.
		h.exec(t, "UPDATE accounts SET role = 'chief' WHERE id = ?", h.idOf(t, "ines@example.com"))
		refused(ines, NotFound)
		if err := h.Staff.SetRole(ctx, "ines@example.com", RoleStaff, "Ines M."); err != nil {
			t.Fatal(err)
		}
		enters(ines, "Ines M.")
		if err := h.Staff.SetRole(ctx, "ines@example.com", RoleMember, "Ines"); err != nil {
			t.Fatal(err)
		}
		refused(ines, NotFound)
		if n := h.count(t, "SELECT count(*) FROM accounts WHERE desk_name <> ''"); n != 0 {
			t.Error("a member keeps a name")
		}
		if err := h.Staff.SetRole(ctx, "ines@example.com", RoleStaff, "Ines"); err != nil {
			t.Fatal(err)
		}
		if err := h.Staff.SignOut(ctx, "ines@example.com"); err != nil {
			t.Fatal(err)
		}
		refused(ines, NoSession)
		nameless = h.stepUpAlone(t, nameless)
		if _, err := h.Sessions.SignOut(ctx, nameless); err != nil {
			t.Fatal(err)
		}
		refused(nameless, NoSession)
	})
}

// stepUpAlone is stepUp where other messages wait as well.
func (h *house) stepUpAlone(t testing.TB, c Client) Client {
	t.Helper()
	h.messages(t)
	return h.stepUp(t, c)
}

func TestDeskNames(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "ines@example.com")
		for name, reason := range map[string]string{
			strings.Repeat("ä", 41): "too_long", "Ines\nM.": "bad_characters", "Ines\x00": "bad_characters", "In\xffes": "bad_characters", "Ines 4821": "bad_characters",
		} {
			if err := h.Staff.SetRole(ctx, "ines@example.com", RoleStaff, name); !isReason(err, Invalid, reason) {
				t.Errorf("%q: %v", name, err)
			}
		}
		if h.count(t, "SELECT count(*) FROM accounts WHERE role = 'staff'") != 0 {
			t.Error("a refused name made staff")
		}
		if err := h.Staff.SetRole(ctx, "ines@example.com", RoleStaff, " "+strings.Repeat("ä", 40)+" "); err != nil {
			t.Error(err)
		}
	})
}

func TestFindCustomer(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		member := h.signUp(t, "tom@example.com")
		ines := h.agent(t, "ines@example.com", "Ines")
		mara := h.idOf(t, "mara@example.com")
		if id, err := h.Agents.Find(ctx, ines, " Mara@EXAMPLE.com "); err != nil || id != mara {
			t.Errorf("%q, %v", id, err)
		}
		h.nothingWritten(t, func() {
			for _, c := range []Client{member, browser()} {
				if id, err := h.Agents.Find(ctx, c, "mara@example.com"); err == nil || id != "" {
					t.Errorf("%q, %v", id, err)
				}
			}
			for _, typed := range []string{"mara", "", "@example.com", "mara@", mara, "mara@example"} {
				if id, err := h.Agents.Find(ctx, ines, typed); !isKind(err, Invalid) || id != "" {
					t.Errorf("%q: %q, %v", typed, id, err)
				}
			}
		})
		for i := range 59 {
			for _, typed := range []string{fmt.Sprintf("p%d@example.com", i), "%@example.com", "mar_@example.com"}[i%3 : i%3+1] {
				if id, err := h.Agents.Find(ctx, ines, typed); !isReason(err, NotFound, "account") || id != "" {
					t.Fatalf("%q: %q, %v", typed, id, err)
				}
			}
		}
		if id, err := h.Agents.Find(ctx, ines, "mara@example.com"); !isKind(err, TooSoon) || id != "" {
			t.Errorf("the 61st: %q, %v", id, err)
		}
		h.forward(time.Hour)
		if id, err := h.Agents.Find(ctx, ines, "mara@example.com"); err != nil || id != mara {
			t.Errorf("%q, %v", id, err)
		}
	})
}

// A sign-up has no account yet: its messages are all that staff see.
func TestFindSignUp(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		member := h.signUp(t, "tom@example.com")
		ines := h.agent(t, "ines@example.com", "Ines")
		for _, email := range []string{"New@example.com", "tom@example.com"} { // the second has an account
			if _, err := h.SignUps.Start(ctx, email, testPassword, browser()); err != nil {
				t.Fatal(err)
			}
		}
		out, err := h.Agents.Unknown(ctx, ines, " new@EXAMPLE.com ")
		if err != nil || len(out) != 1 || out[0].Kind != KindSignUpCode || out[0].Masked != "N***@example.com" || out[0].Tag == "" || len(out[0].Steps) != 1 {
			t.Errorf("%+v, %v", out, err)
		}
		for _, typed := range []string{"tom@example.com", "other@example.com", "%@example.com"} {
			if out, err := h.Agents.Unknown(ctx, ines, typed); err != nil || out != nil {
				t.Errorf("%q: %+v, %v", typed, out, err)
			}
		}
		for c, kind := range map[Client]Kind{member: NotFound, browser(): NoSession} {
			if out, err := h.Agents.Unknown(ctx, c, "new@example.com"); !isKind(err, kind) || out != nil {
				t.Errorf("%+v, %v", out, err)
			}
		}
		h.forward(24 * time.Hour)
		if out, err := h.Agents.Unknown(ctx, h.stepUpAlone(t, ines), "new@example.com"); err != nil || out != nil {
			t.Errorf("a day later: %+v, %v", out, err)
		}
	})
}

// mustRefuseActs wants one refusal of each of the four acts, and nothing written.
func mustRefuseActs(t testing.TB, h *house, c Client, account string, kind Kind, reason string) {
	t.Helper()
	h.nothingWritten(t, func() {
		for act := range staffActs {
			if out, err := h.Agents.Act(ctx, c, account, act, goodReason); !isReason(err, kind, reason) || out != (ActOutcome{}) {
				t.Errorf("%s: %+v, %v: want %s %s", act, out, err, kind, reason)
			}
		}
	})
}

func TestWhoMayAct(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		mara := h.signUp(t, "mara@example.com")
		id := h.idOf(t, "mara@example.com")
		member := h.signUp(t, "tom@example.com")
		ines := h.agent(t, "ines@example.com", "Ines")
		h.agent(t, "bo@example.com", "Bo")
		mustRefuseActs(t, h, browser(), id, NoSession, "session")
		mustRefuseActs(t, h, member, id, NotFound, "console")
		mustRefuseActs(t, h, mara, id, NotFound, "console")
		mustRefuseActs(t, h, ines, h.idOf(t, "ines@example.com"), Conflict, "own")
		mustRefuseActs(t, h, ines, h.idOf(t, "bo@example.com"), Conflict, "staff")
		for email, reason := range map[string]string{"ines@example.com": "own", "bo@example.com": "staff"} {
			if out, err := h.Agents.Customer(ctx, ines, h.idOf(t, email)); !isReason(err, Conflict, reason) || out.ID != "" || len(out.Deliveries) > 0 {
				t.Errorf("%+v, %v", out, err)
			}
		}
		for _, name := range []string{"", "mara@example.com", strings.Repeat("0", 32), "' OR 1=1 --"} {
			mustRefuseActs(t, h, ines, name, NotFound, "account")
			if _, err := h.Agents.Customer(ctx, ines, name); !isReason(err, NotFound, "account") {
				t.Errorf("%q: %v", name, err)
			}
		}
		for c, kind := range map[Client]Kind{browser(): NoSession, member: NotFound, mara: NotFound} {
			if out, err := h.Agents.Customer(ctx, c, id); !isKind(err, kind) || out.ID != "" {
				t.Errorf("%+v, %v", out, err)
			}
		}
		if _, err := h.Agents.Act(ctx, ines, id, "open", goodReason); !isReason(err, Invalid, "unknown") {
			t.Errorf("%v", err)
		}
		// The proof of a working day is enough to look, and not to act.
		h.forward(10 * time.Minute)
		mustRefuseActs(t, h, ines, id, NotProven, "step_up")
		mustRefuseActs(t, h, h.byPassword(t, h.knownOnly(t, "ines@example.com", ines)), id, NotProven, "step_up")
		if out, err := h.Agents.Customer(ctx, ines, id); err != nil || out.ID != id {
			t.Errorf("%+v, %v", out, err)
		}
		ines = h.stepUpAlone(t, ines)
		if out, err := h.Agents.Act(ctx, ines, id, ActUnlock, goodReason); err != nil || !out.At.Equal(h.now()) {
			t.Errorf("%+v, %v", out, err)
		}
	})
}

// knownOnly is a session that the password alone has opened.
func (h *house) knownOnly(t testing.TB, email string, c Client) Client {
	t.Helper()
	s, err := h.SignIns.Start(ctx, email, testPassword, "", c)
	if err != nil || s.Outcome != Accepted {
		t.Fatalf("%+v, %v", s, err)
	}
	c.Session = s.Session
	return c
}

func TestReasons(t *testing.T) {
	for reason, want := range map[string]string{
		"":                       "required",
		"none":                   "too_short",
		strings.Repeat("a", 201): "too_long",
		"the code is 482913":     "looks_like_code",
		"she said 4 8 2 9 1 3":   "looks_like_code",
		"she said 48-29-13":      "looks_like_code",
		"a zero\u200b1\u200b2\u200b3\u200b4 hides": "looks_like_code",
		"Arabic digits ٤٨٢٩":                       "looks_like_code",
		"Bengali digits ৪৮২৯":                      "looks_like_code",
		"full-width ４８２９":                          "looks_like_code",
		"bad \xff byte":                            "bad_characters",
		"bad \x1b[31m letters":                     "bad_characters",
		"called on 23 May at 9 h":                  "",
		"3 tries, 2 mails, 1 phone call":           "",
		"lost phone":                               "",
	} {
		got := ""
		if err := checkReason(reason); err != nil {
			got = err.(*Error).Reason
		}
		if got != want {
			t.Errorf("%q: %q, want %q", reason, got, want)
		}
	}
}

// Each act is done, is kept with its reason, and its holder reads who did it.
func TestActsOfStaff(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		mara := h.signUp(t, "mara@example.com")
		id := h.idOf(t, "mara@example.com")
		ines := h.agent(t, "ines@example.com", "Ines")
		s, _, err := h.Sessions.Find(ctx, mara)
		if err != nil {
			t.Fatal(err)
		}
		act := func(act string) ActOutcome {
			t.Helper()
			h.forward(time.Second)
			out, err := h.Agents.Act(ctx, ines, id, act, "  asked for it \n on the phone ")
			if err != nil {
				t.Fatalf("%s: %v", act, err)
			}
			list, err := h.Accounts.Activity(ctx, s, 1)
			if err != nil || len(list) != 1 || list[0].Kind != string(staffActs[act]) || !list[0].At.Equal(h.now()) || list[0].Detail != goodReason || list[0].Agent != "Ines" {
				t.Errorf("%s is kept as %+v, %v", act, list, err)
			}
			return out
		}

		if _, err := h.Agents.Act(ctx, ines, id, ActResend, goodReason); !isReason(err, NotFound, "no_code") {
			t.Errorf("%v", err)
		}
		in := h.startSignIn(t, "mara@example.com")
		first, code, _ := h.letter(t)
		if _, err := h.Agents.Act(ctx, ines, id, ActResend, goodReason); !isKind(err, TooSoon) {
			t.Errorf("before its wait: %v", err)
		}
		h.forward(30 * time.Second)
		if out := act(ActResend); out.Masked != "m***@example.com" {
			t.Errorf("%+v", out)
		}
		again, same, _ := h.letter(t)
		if again.Kind != KindSignInCode || again.Destination != first.Destination || again.Device != first.Device || again.Address != first.Address || again.Tag != first.Tag || same != code {
			t.Errorf("%+v after %+v", again, first)
		}
		if a, err := h.SignIns.Answer(ctx, same, "", Ticks{}, in); err != nil || a.Outcome != Accepted {
			t.Errorf("%+v, %v", a, err)
		}
		h.messages(t)

		for i := range 6 {
			if _, err := h.SignIns.Start(ctx, "mara@example.com", "a wrong horse and no staple", "", from(browser(), i)); err != nil {
				t.Fatal(err)
			}
		}
		if h.opens(t, "mara@example.com", testPassword, browser()) != Throttled {
			t.Error("the lane is open")
		}
		act(ActUnlock)
		if h.opens(t, "mara@example.com", testPassword, browser()) != CodeSent {
			t.Error("the lane is closed")
		}
		h.messages(t)

		act(ActSignOut)
		mustTell(t, h.messages(t), "signed_out_everywhere mara@example.com")
		if h.signedIn(t, mara.Session) || !h.signedIn(t, ines.Session) {
			t.Error("the wrong sessions ended")
		}

		if out := act(ActReset); out.Masked != "m***@example.com" {
			t.Errorf("%+v", out)
		}
		if n := h.count(t, "SELECT count(*) FROM events WHERE account_id = ? AND agent_id = ?", id, h.idOf(t, "ines@example.com")); n != 4 {
			t.Errorf("%d acts are kept", n)
		}
	})
}

// A reset that support begins is a link and nothing else.
func TestStaffStartReset(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		ines := h.agent(t, "ines@example.com", "Ines")
		id := h.idOf(t, "mara@example.com")
		if _, err := h.Agents.Act(ctx, ines, id, ActReset, goodReason); err != nil {
			t.Fatal(err)
		}
		m, code, link := h.letter(t)
		if m.Kind != KindResetStarted || m.Destination != "mara@example.com" || code != "" || link == "" || m.Device != "" || m.Address != "" {
			t.Fatalf("%+v, %q, %q", m, code, link)
		}
		// The code that could be derived opens nothing: no browser can type it, the
		// agent's own neither.
		k := h.core.keys.current(h.now())
		right := k.code(m.challengeID, m.Purpose, 0, ResetDigits)
		for _, c := range []Client{browser(), ines, h.startReset(t, "mara@example.com")} {
			if a, err := h.Resets.Answer(ctx, right, "", Ticks{}, c); err == nil && a.Outcome == Accepted {
				t.Errorf("%+v", a)
			}
		}
		if n := h.count(t, "SELECT count(*) FROM challenges WHERE id = ? AND attempts = max_attempts", m.challengeID); n != 1 {
			t.Error("the code has tries")
		}
		anywhere := from(browser(), 5)
		if masked, err := h.Resets.Link(ctx, link); err != nil || masked != "m***@example.com" {
			t.Errorf("%q, %v", masked, err)
		}
		session, _, err := h.Resets.Follow(ctx, link, anywhere)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Resets.Follow(ctx, link, anywhere); !isKind(err, Gone) {
			t.Errorf("twice: %v", err)
		}
		anywhere.Session = session
		if err := h.Resets.Finish(ctx, newPassword, anywhere); err != nil {
			t.Fatal(err)
		}
		h.messages(t)
		if h.opens(t, "mara@example.com", newPassword, browser()) != CodeSent {
			t.Error("the new password does not work, or skips the code")
		}
		h.messages(t)

		// It lives no longer than a code, and is not sent when it is over.
		h.forward(time.Minute)
		if _, err := h.Agents.Act(ctx, ines, id, ActReset, goodReason); err != nil {
			t.Fatal(err)
		}
		h.forward(10 * time.Minute)
		if list := h.messages(t); len(list) != 0 {
			t.Errorf("%+v", list)
		}
	})
}

// Every purpose that an account waits for is sent again, and nothing else.
func TestStaffResendOfEachPurpose(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		ines := h.agent(t, "ines@example.com", "Ines")
		mara := h.signUp(t, "mara@example.com")
		h.signUp(t, "tom@example.com")
		h.messages(t)
		id := h.idOf(t, "mara@example.com")
		again := func(kind, to, code string) {
			t.Helper()
			h.messages(t)
			h.forward(30 * time.Second)
			out, err := h.Agents.Act(ctx, ines, id, ActResend, goodReason)
			if err != nil {
				t.Errorf("%s: %v", kind, err)
				return
			}
			m, same, _ := h.letter(t)
			if m.Kind != kind || m.Destination != to || same != code || m.Address != "203.0.113.7" || strings.Contains(out.Masked, "+43664") {
				t.Errorf("%+v, %+v", out, m)
			}
		}
		code := h.startEmail(t, mara, "fresh@example.com", false)
		again(KindEmailCode, "fresh@example.com", code)
		code = h.startPhone(t, mara, "+436641234567")
		again(KindPhoneCode, "+436641234567", code)
		if a, err := h.Accounts.AnswerProof(PurposePhone)(ctx, code, "", Ticks{}, mara); err != nil || a.Outcome != Accepted {
			t.Fatalf("%+v, %v", a, err)
		}
		h.messages(t)

		// The address of somebody else: its owner is told again, and staff see no
		// difference.
		if _, err := h.Accounts.StartEmail(ctx, "tom@example.com", false, mara); err != nil {
			t.Fatal(err)
		}
		h.messages(t)
		h.forward(30 * time.Second)
		out, err := h.Agents.Act(ctx, ines, id, ActResend, goodReason)
		if m := h.messages(t); err != nil || out.Masked != "t***@example.com" || len(m) != 1 || m[0].Kind != KindEmailTaken {
			t.Errorf("%+v, %+v, %v", out, m, err)
		}
		for _, c := range h.customer(t, ines, id).Deliveries {
			if c.Kind == KindEmailTaken {
				t.Errorf("%+v", c)
			}
		}
		if err := h.Accounts.CancelEmail(ctx, mara); err != nil {
			t.Fatal(err)
		}

		h.forward(10 * time.Minute)
		s, err := h.Reauths.Start(ctx, "/account", "", mara)
		if err != nil || s.Outcome != CodeSent {
			t.Fatalf("%+v, %v", s, err)
		}
		ines = h.stepUpOf(t, ines)
		again(KindStepUpCode, "+436641234567", h.codeOf(t, PurposeStepUp))

		// A reset's code is asked for by anyone; one whose flow is over by nobody.
		h.startReset(t, "mara@example.com")
		h.messages(t)
		if _, err := h.Sessions.SignOut(ctx, mara); err != nil {
			t.Fatal(err)
		}
		h.forward(2 * time.Minute)
		if _, err := h.Agents.Act(ctx, ines, id, ActResend, goodReason); !isReason(err, NotFound, "no_code") {
			t.Errorf("%v", err)
		}
	})
}

// stepUpOf is stepUp beside codes of others.
func (h *house) stepUpOf(t testing.TB, c Client) Client {
	t.Helper()
	if _, err := h.Reauths.Start(ctx, "/console", "", c); err != nil {
		t.Fatal(err)
	}
	var code string
	for _, m := range h.messages(t) {
		if m.Destination == "ines@example.com" {
			code, _ = h.Outbox.Code(m)
		}
	}
	a, err := h.Reauths.Answer(ctx, code, "", Ticks{}, c)
	if err != nil || a.Outcome != Accepted {
		t.Fatalf("%+v, %v", a, err)
	}
	c.Session = a.Session
	return c
}

// codeOf derives the code that is awaited for a purpose.
func (h *house) codeOf(t testing.TB, purpose Purpose) string {
	t.Helper()
	var ch challenge
	if err := h.core.db.Read(ctx).Where("purpose = ? AND consumed_at IS NULL", purpose).Order("created_at DESC").Take(&ch).Error; err != nil {
		t.Fatal(err)
	}
	k, _ := h.core.keys.find(ch.KeyID)
	return k.code(ch.ID, string(ch.Purpose), ch.Generation, ch.Digits)
}

func (h *house) customer(t testing.TB, c Client, id string) Customer {
	t.Helper()
	out, err := h.Agents.Customer(ctx, c, id)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// One member of staff does so much in an hour and no more; the owners' limits hold
// for support too.
func TestStaffBudgets(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		ines := h.agent(t, "ines@example.com", "Ines")
		bo := h.agent(t, "bo@example.com", "Bo")
		id := h.idOf(t, "mara@example.com")
		resets := 0
		for range 30 {
			act := ActReset
			if resets == 6 {
				act = ActSignOut
			}
			_, err := h.Agents.Act(ctx, ines, id, act, goodReason)
			switch {
			case isReason(err, TooSoon, "resend"):
				t.Fatalf("after %d resets: %v", resets, err)
			case err != nil:
				t.Fatal(err)
			case act == ActReset:
				resets++
			}
			h.forward(time.Second)
		}
		if _, err := h.Agents.Act(ctx, bo, id, ActReset, goodReason); !isReason(err, TooSoon, "resend") {
			t.Errorf("a seventh mail in ten minutes: %v", err)
		}
		if _, err := h.Agents.Act(ctx, ines, id, ActUnlock, goodReason); !isReason(err, TooSoon, "acts") {
			t.Errorf("the 31st act: %v", err)
		}
		// The counts that keep guessers out are not emptied at will.
		for range 5 {
			if _, err := h.Agents.Act(ctx, bo, id, ActUnlock, goodReason); err != nil {
				t.Errorf("a colleague: %v", err)
			}
		}
		if _, err := h.Agents.Act(ctx, bo, id, ActUnlock, goodReason); !isReason(err, TooSoon, "acts") {
			t.Errorf("the sixth unlock of one account: %v", err)
		}
	})
}

// Acts at once neither block nor undo each other, and none is done by somebody
// whose role is gone.
func TestStaffRaces(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		id := h.idOf(t, "mara@example.com")
		agents := []Client{h.agent(t, "ines@example.com", "Ines"), h.agent(t, "bo@example.com", "Bo")}
		parallel(8, func(i int) {
			act := []string{ActUnlock, ActSignOut}[i/2%2]
			if _, err := h.Agents.Act(ctx, agents[i%2], id, act, goodReason); err != nil {
				t.Errorf("%s: %v", act, err)
			}
		})
		if n := h.count(t, "SELECT count(*) FROM events WHERE account_id = ? AND agent <> ''", id); n != 8 {
			t.Errorf("%d acts are kept", n)
		}
		var revoked atomic.Bool
		parallel(6, func(i int) {
			if i == 0 {
				if err := h.Staff.SetRole(ctx, "ines@example.com", RoleMember, ""); err != nil {
					t.Error(err)
				}
				revoked.Store(true)
				return
			}
			after := revoked.Load()
			_, err := h.Agents.Act(ctx, agents[0], id, ActSignOut, goodReason)
			if after && err == nil || err != nil && !isReason(err, NotFound, "console") {
				t.Errorf("after %v: %v", after, err)
			}
		})
		mustRefuseActs(t, h, agents[0], id, NotFound, "console")
	})
}

// A role that is taken away while an act waits for it holds at once.
func TestRevokedWhileActing(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		if h.core.db.Engine != db.Postgres {
			t.Skip("one writer: nothing runs beside an act")
		}
		h.signUp(t, "mara@example.com")
		ines := h.agent(t, "ines@example.com", "Ines")
		id := h.idOf(t, "mara@example.com")
		done := make(chan error, 1)
		err := h.core.db.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec("UPDATE accounts SET role = 'member' WHERE id = ?", h.idOf(t, "ines@example.com")); err != nil {
				return err
			}
			go func() {
				_, err := h.Agents.Act(ctx, ines, id, ActUnlock, goodReason)
				done <- err
			}()
			// Until the act waits for the row.
			for {
				var waits int
				if err := h.core.db.Read(ctx).Raw("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR SHARE OF a%'").Scan(&waits).Error; err != nil || waits > 0 {
					return err
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-done; !isReason(err, NotFound, "console") {
			t.Errorf("%v", err)
		}
	})
}

// What staff see has no code, token, whole address or number in it.
func TestCustomer(t *testing.T) {
	enginesWith(t, withTexts, func(t *testing.T, h *house) {
		ines := h.agent(t, "ines@example.com", "Ines")
		mara := h.threeWays(t)
		h.forward(time.Second)
		id := h.idOf(t, "mara@example.com")
		in := h.startSignIn(t, "mara@example.com")
		m, code, _ := h.letter(t)
		if _, err := h.SignIns.Answer(ctx, wrongCode(code), "", Ticks{}, in); err != nil {
			t.Fatal(err)
		}
		h.forward(2 * time.Minute)
		if _, err := h.SignIns.Resend(ctx, "", h.overview(t, mara).Main.ID, in); err != nil {
			t.Fatal(err)
		}
		claimed, err := h.Outbox.Claim(ctx, "", 1, time.Minute)
		if err != nil || len(claimed) != 1 {
			t.Fatalf("%+v, %v", claimed, err)
		}
		h.forward(time.Second)
		if err := h.Outbox.Failed(ctx, claimed[0], Failure{Reason: "deferred", Detail: "450 mara@example.com is busy, " + code}); err != nil {
			t.Fatal(err)
		}
		h.forward(3 * time.Second)
		again, err := h.Outbox.Claim(ctx, "", 1, time.Minute)
		if err != nil || len(again) != 1 {
			t.Fatalf("%+v, %v", again, err)
		}
		if err := h.Outbox.Failed(ctx, again[0], Failure{Permanent: true, Reason: "no_mailbox", Detail: "550 no mara@example.com here"}); err != nil {
			t.Fatal(err)
		}
		h.startReset(t, "mara@example.com")
		h.startEmail(t, mara, "fresh@example.org", false)
		if _, err := h.Agents.Act(ctx, ines, id, ActUnlock, goodReason); err != nil {
			t.Fatal(err)
		}
		list := h.messages(t)
		out := h.customer(t, ines, id)
		if len(out.Deliveries) == 0 || len(out.Deliveries) > shownDeliveries || len(out.Ways) != 3 || !out.Ways[0].Now || out.Locale != "en" || out.Recent[0].Agent != "Ines" {
			t.Errorf("%+v", out)
		}
		var refused, texted DeliveryTimeline
		for _, d := range out.Deliveries {
			switch {
			case d.Kind == KindSignInCode && d.Channel == ChannelEmail:
				refused = d
			case d.Kind == KindSignInCode:
				texted = d
			}
		}
		if texted.Tag != m.Tag || texted.Masked != "number ending 67" || texted.WrongTries != 1 || texted.Tries != 5 || texted.Used || texted.Purpose != "sign_in" ||
			len(texted.Steps) != 2 || texted.Steps[1].Step != stateAccepted {
			t.Errorf("%+v", texted)
		}
		var said []string
		for _, s := range refused.Steps {
			said = append(said, fmt.Sprintf("%s %s %d", s.Step, s.Reason, s.At.Sub(refused.AskedAt)/time.Second))
		}
		if got := strings.Join(said, ", "); got != "queued  0, delayed deferred 1, refused no_mailbox 4" {
			t.Errorf("%q", got)
		}
		text, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		all := fmt.Sprintf("%s %+v", text, out)
		for _, m := range list {
			l := h.Outbox.Links(m)
			for _, s := range []string{l.Reset, l.NotMe, l.Undo, l.Report} {
				if s != "" && strings.Contains(all, s) {
					t.Errorf("a link is shown: %s", s)
				}
			}
		}
		var challenges []challenge
		h.core.db.Read(ctx).Find(&challenges)
		for _, ch := range challenges {
			k, _ := h.core.keys.find(ch.KeyID)
			if wholeToken(all, k.code(ch.ID, string(ch.Purpose), ch.Generation, ch.Digits)) || strings.Contains(all, ch.ID) {
				t.Errorf("%s %s is shown", ch.Purpose, ch.ID)
			}
		}
		for _, secret := range []string{
			"mara@", "second@", "fresh@", "1234567", "203.0.113.7", "argon2", mara.Session, hashToken(mara.Session), hashToken(mara.Device), "is busy", "550 no",
		} {
			if strings.Contains(all, secret) {
				t.Errorf("%q is shown in %s", secret, all)
			}
		}
		// What is older than a day is nobody's business any more.
		h.forward(24 * time.Hour)
		if out := h.customer(t, h.stepUpAlone(t, ines), id); len(out.Deliveries) != 0 {
			t.Errorf("%+v", out.Deliveries)
		}
	})
}

// What a stranger asked for while its owner wanted none is said to be held back.
func TestCustomerMuted(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		ines := h.agent(t, "ines@example.com", "Ines")
		id := h.idOf(t, "mara@example.com")
		h.exec(t, "UPDATE accounts SET muted_until = ? WHERE id = ?", h.now().Add(time.Hour), id)
		h.forward(time.Second)
		h.startReset(t, "mara@example.com")
		d := h.customer(t, ines, id).Deliveries[0]
		if d.Kind != KindResetCode || len(d.Steps) != 2 || d.Steps[1].Step != stateDropped || d.Steps[1].Reason != "muted" {
			t.Errorf("%+v", d)
		}
		// Support's own link is not held back.
		if _, err := h.Agents.Act(ctx, ines, id, ActReset, goodReason); err != nil {
			t.Fatal(err)
		}
		if m, _, link := h.letter(t); m.Kind != KindResetStarted || link == "" {
			t.Errorf("%+v", m)
		}
	})
}
