package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"admitone/models"

	"github.com/labstack/echo/v4"
)

func TestParseNotice(t *testing.T) {
	slug, at, err := parseNotice("signed_out.1795378447000")
	if err != nil || slug != "signed_out" || !at.Equal(time.Date(2026, 11, 22, 20, 14, 7, 0, time.UTC)) {
		t.Errorf("%q %v %v", slug, at, err)
	}
	for _, bad := range []string{"", ".", "signed_out", "signed_out.", ".1", "nothing.1", "signed_out.1.2", "signed_out.1 ", "SIGNED_OUT.1", "signed_out.99999999999999999999"} {
		if slug, at, err := parseNotice(bad); err == nil {
			t.Errorf("%q gives %q %v", bad, slug, at)
		}
	}
}

// A notice says one of our slugs or nothing.
func FuzzNotice(f *testing.F) {
	for _, slug := range notices {
		f.Add(slug + ".1795378447000")
	}
	for _, seed := range []string{"", ".", "x.1", "signed_out.-1", "signed_out.9223372036854775807", "<b>.1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		slug, at, err := parseNotice(value)
		if err != nil {
			if slug != "" || !at.IsZero() {
				t.Errorf("%q is refused and gives %q %v", value, slug, at)
			}
			return
		}
		known := false
		for _, n := range notices {
			known = known || n == slug
		}
		if !known || at.Location() != time.UTC {
			t.Errorf("%q gives %q %v", value, slug, at)
		}
		_ = at.Format(time.RFC3339) // a time however far away can be written
	})
}

func TestCoarse(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{
		-time.Hour: 15 * time.Second, 0: 15 * time.Second, time.Millisecond: 15 * time.Second, 15 * time.Second: 15 * time.Second,
		15*time.Second + 1: 30 * time.Second, time.Minute: time.Minute, time.Minute + 1: 2 * time.Minute, 59 * time.Minute: 59 * time.Minute,
	} {
		if got := coarse(d); got != want {
			t.Errorf("%v is told as %v, not %v", d, got, want)
		}
	}
}

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		kind   string
	}{
		{errors.New("x"), 500, "server"},
		{echo.NewHTTPError(http.StatusUnsupportedMediaType), 415, "bad_request"},
		{echo.NewHTTPError(http.StatusBadGateway), 500, "server"},
		{fmt.Errorf("wrapped: %w", echo.ErrNotFound), 404, "not_found"},
		{echo.ErrStatusRequestEntityTooLarge, 413, "too_large"},
		{fmt.Errorf("wrapped: %w", context.Canceled), 400, "bad_request"},
		{context.DeadlineExceeded, 503, "away"},
	} {
		if status, kind := classify(c.err); status != c.status || kind != c.kind {
			t.Errorf("%v: %d %q, not %d %q", c.err, status, kind, c.status, c.kind)
		}
	}
}

// Only where every part of an error is a refusal of a field is it the form's
// to show: a fault beside them must not be lost.
func TestFieldErrors(t *testing.T) {
	email := &models.Error{Kind: models.Invalid, Field: "email", Reason: "empty"}
	word := &models.Error{Kind: models.Invalid, Field: "password", Reason: "too_short", N: 12}
	if got := fieldErrors(errors.Join(email, word)); len(got) != 2 || got[0].Field != "email" || got[1].N != 12 {
		t.Errorf("%+v", got)
	}
	if got := fieldErrors(fmt.Errorf("wrapped: %w", email)); len(got) != 1 {
		t.Errorf("%+v", got)
	}
	for _, err := range []error{nil, errors.New("x"), errors.Join(email, errors.New("x")), &models.Error{Kind: models.Busy}} {
		if got := fieldErrors(err); got != nil {
			t.Errorf("%v gives %+v", err, got)
		}
	}
}
