package models

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestKeyFile(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		path := h.options.KeyFile
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v, %v", info, err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		id := h.core.keys.all()[0].id
		open := func() error {
			m, err := Open(ctx, h.options)
			if err == nil {
				_ = m.Close()
			}
			return err
		}
		if err := open(); err != nil {
			t.Fatalf("the second start: %v", err)
		}
		write := func(text string, mode os.FileMode) {
			t.Helper()
			_ = os.Remove(path)
			if err := os.WriteFile(path, []byte(text), mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
		write(string(text), 0o644)
		mustContain(t, open(), "--key-file", "0644", "chmod 600")
		write("", 0o600)
		mustContain(t, open(), "--key-file", "holds no key")
		write("k1 yesterday abc\n", 0o600)
		mustContain(t, open(), "--key-file", "line 1", "start")
		write("k1 2026-01-01T00:00:00Z abc\n", 0o600)
		mustContain(t, open(), "--key-file", "line 1", "secret")
		write(string(text)+string(text), 0o600)
		mustContain(t, open(), "--key-file", "twice")
		write(newKeyLine("other", time.Now()), 0o600)
		mustContain(t, open(), "--key-file", "does not hold key "+id)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		mustContain(t, open(), "--key-file", "is not there", id)
		if _, err := os.Stat(path); err == nil {
			t.Error("a lost key was replaced in silence")
		}
	})
}

func newKeyLine(id string, starts time.Time) string {
	return fmt.Sprintf("%s %s %s\n", id, starts.UTC().Format(time.RFC3339), base64.StdEncoding.EncodeToString(randomBytes(keyBytes)))
}

func TestKeyRotation(t *testing.T) {
	engines(t, func(t *testing.T, h *house) {
		h.signUp(t, "mara@example.com")
		c := h.startSignIn(t, "mara@example.com")
		old := h.lastCode(t, "mara@example.com")
		oldID := h.core.keys.all()[0].id

		text, err := os.ReadFile(h.options.KeyFile)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, newKeyLine("newer", h.now())...)
		text = append(text, newKeyLine("future", h.now().Add(time.Hour))...)
		if err := os.WriteFile(h.options.KeyFile, text, 0o600); err != nil {
			t.Fatal(err)
		}
		h.forward(time.Second)
		next := &house{Models: openModels(t, h.options), clock: h.clock, options: h.options}
		fresh := next.startSignIn(t, "mara@example.com")
		right := next.lastCode(t, "mara@example.com")
		for id, want := range map[string]int{"newer": 1, "future": 0} {
			if n := next.count(t, "SELECT count(*) FROM challenges WHERE key_id = ?", id); n != want {
				t.Errorf("%d challenges under %s, want %d", n, id, want)
			}
		}
		// Each is judged with the key that its row names.
		if a, err := next.SignIns.Answer(ctx, old, "", Ticks{}, c); err != nil || a.Outcome != Accepted {
			t.Errorf("a code of the older key: %v, %v", a.Outcome, err)
		}
		if a, err := next.SignIns.Answer(ctx, right, "", Ticks{}, fresh); err != nil || a.Outcome != Accepted {
			t.Errorf("a code of the newer key: %v, %v", a.Outcome, err)
		}
		// The older key may go once nothing names it any more, and no link of it lives.
		for after, want := range []int{1, 1, 0} {
			if err := next.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
			if n := next.count(t, "SELECT count(*) FROM keys WHERE id = ?", oldID); n != want {
				t.Errorf("after %d times four days the older key is in use: %d, want %d", after, n, want)
			}
			h.forward(4 * 24 * time.Hour)
		}
		if n := next.count(t, "SELECT count(*) FROM keys WHERE id = 'newer'"); n != 1 {
			t.Error("the newest key is not remembered")
		}
	})
}

// What is at rest gives no code away: neither in clear nor hashed.
func TestNoCodeAtRest(t *testing.T) {
	dir := t.TempDir()
	h := openHouse(t, filepath.Join(dir, "admitone.db"), nil)
	var codes, tokens []string
	for i := range 5 {
		email := fmt.Sprintf("p%d@example.com", i)
		c := h.signUp(t, email)
		b := h.startSignIn(t, email)
		right := h.lastCode(t, email)
		if _, err := h.SignIns.Answer(context.Background(), wrongCode(right), "", Ticks{}, b); err != nil {
			t.Fatal(err)
		}
		codes, tokens = append(codes, right), append(tokens, c.Session, c.Device, b.Session)
	}
	var all strings.Builder
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	stored := all.String()
	for _, token := range tokens {
		if strings.Contains(stored, token) {
			t.Error("a token is at rest")
		}
	}
	for _, code := range codes {
		if wholeToken(stored, code) || strings.Contains(stored, hashToken(code)) {
			t.Errorf("code %s is at rest", code)
		}
	}
	if !strings.Contains(stored, "p0@example.com") {
		t.Error("the search does not see the rows")
	}
}

// wholeToken finds a code that stands alone: six digits turn up by chance in
// any megabyte of hexadecimal.
func wholeToken(text, code string) bool {
	alone := func(i int) bool {
		return i < 0 || i >= len(text) || !strings.ContainsRune("0123456789abcdefABCDEF", rune(text[i]))
	}
	for from := 0; ; {
		i := strings.Index(text[from:], code)
		if i < 0 {
			return false
		}
		i += from
		if alone(i-1) && alone(i+len(code)) {
			return true
		}
		from = i + 1
	}
}

// A mistake in the keys is looked for where it is said to be.
func TestKeysNameTheLineOfAMistake(t *testing.T) {
	err := CheckKeys("\n# of the first machine\n\nno key\n")
	if err == nil || !strings.Contains(err.Error(), "line 4") {
		t.Errorf("%v, want line 4", err)
	}
}
