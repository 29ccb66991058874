package handlers

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"admitone/models"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// codePage is the page where a code is typed. It is one page for every flow
// that waits for a code; what differs is where it lies and which acts it calls.
type codePage struct {
	*site
	start string // where the flow begins
	path  string // where the page lies
	made  string // the notice after a right code, "" for none
	// tooMany is the reason of the wait after too many wrong codes.
	tooMany string
	inside  bool // the code is awaited inside a session
	// then is where a right code leads, "" for where the person was going.
	then string
	// done says what a right code did to the account, and where it leads.
	done func(models.Answered) (notice, path string)

	pending func(context.Context, models.Client) (models.Pending, error)
	answer  func(ctx context.Context, typed, flow string, ticks models.Ticks, c models.Client) (models.Answered, error)
	again   func(ctx context.Context, flow, way string, c models.Client) (models.Resent, error)
}

// show only shows: a reload or the back button never sends anything.
func (p *codePage) show(c echo.Context) error {
	if p.elsewhere(c) {
		return to(c, "/account")
	}
	return p.page(c, http.StatusOK, "", nil)
}

// elsewhere says that the page is not for who is already signed in.
func (p *codePage) elsewhere(c echo.Context) bool {
	_, in := p.session(c)
	return in && !p.inside
}

// page renders the code page as the rows are now. said is what has just
// happened, in #code-status.
func (p *codePage) page(c echo.Context, status int, said string, errors []views.FieldError) error {
	now, err := p.pending(c.Request().Context(), p.client(c))
	if _, gone := refusedAs(err, models.Gone); gone || now.Over == models.Used && errors == nil {
		return p.lost(c)
	}
	if err != nil {
		return err
	}
	if now.Over == models.Exhausted {
		return p.wait(c, status, "exhausted", p.start, time.Time{})
	}
	v := views.CodePage{Shell: p.shell(c), Code: p.view(c, now), Errors: errors, Said: said}
	v.Code.Inline = p.inline[v.Code.HelpScreen()]
	if said == "" && (v.Shell.Notice == "resent" || v.Shell.Notice == "resent_new") {
		v.Said = v.Shell.Notice
	}
	return p.unit(c, status, views.CodeEntry(v), views.CodePanel(v))
}

func ticks(c echo.Context) models.Ticks {
	return models.Ticks{Shared: field(c, "shared") != "", Trust: field(c, "trust") != ""}
}

// lost leads back to the start of a flow that is not there: cookies are off, or
// it is over. The page there says so.
func (p *codePage) lost(c echo.Context) error {
	p.cookies.leaveNotice(c, "flow_lost", p.Models.Now())
	return to(c, p.start)
}

func (p *codePage) view(c echo.Context, now models.Pending) views.Code {
	found, _ := p.session(c)
	return views.Code{
		Purpose: string(now.Purpose), Flow: now.Flow, Channel: now.Channel, Digits: now.Digits,
		Destination: now.Destination, Tag: now.Tag, Sender: p.MailFrom,
		Now: now.Now, ExpiresAt: now.ExpiresAt, ResendAt: now.ResendAt, Life: time.Duration(p.Models.Policy().CodeLife),
		TriesLeft: now.TriesLeft, Tries: now.Tries,
		Delivery: views.Delivery(now.Delivery),
		Shared:   ticks(c).Shared, Trust: ticks(c).Trust, MayTrust: now.MayTrust, Zone: p.Zone,
		TrustDays: int(time.Duration(p.Models.Policy().Trust).Hours() / 24),
		Ways:      len(now.Ways), Next: wanted(c, now.Next), Suggestion: suggestion(now), Speed: p.speed(c, now.Channel),
		Reasons: reasons(now.Reasons), TextsHeld: now.TextsHeld, Moved: found.Moved && now.Purpose == models.PurposeStepUp,
	}
}

// wanted is where a step-up leads: the last page that asked for it wins.
func wanted(c echo.Context, next string) string {
	for _, raw := range []string{field(c, "next"), c.QueryParam("next")} {
		if path := returnPath(raw); path != "" {
			return path
		}
	}
	return next
}

// suggestion is the address that was perhaps meant, where a new one looks like a
// typing mistake: a hint, never a refusal.
func suggestion(now models.Pending) string {
	if now.Purpose != models.PurposeEmail {
		return ""
	}
	return models.DidYouMean(now.Destination)
}

func (p *codePage) submit(c echo.Context) error {
	if p.elsewhere(c) {
		return to(c, "/account")
	}
	client := p.client(c)
	a, err := p.answer(c.Request().Context(), field(c, "code"), field(c, "flow"), ticks(c), client)
	if _, gone := refusedAs(err, models.Gone); gone {
		p.outOfOrder(c, "no_flow "+p.path)
		return p.lost(c)
	}
	if fields := fieldErrors(err); fields != nil {
		return p.page(c, http.StatusUnprocessableEntity, "", fields)
	}
	if err != nil {
		return err
	}
	if a.Outcome == models.Superseded {
		p.outOfOrder(c, "superseded "+p.path)
	}
	switch a.Outcome {
	case models.Accepted:
		return p.opened(c, a)
	case models.Throttled:
		return p.wait(c, http.StatusTooManyRequests, p.tooMany, p.start, a.RetryAt)
	case models.DigitsOff:
		return p.wait(c, http.StatusTooManyRequests, "digits_off", p.start, a.RetryAt)
	case models.ChannelOff:
		return p.wait(c, http.StatusUnprocessableEntity, "channel_off", p.start, time.Time{})
	case models.Taken:
		return p.tookAway(c)
	default: // Wrong, Expired, Used, Exhausted, Superseded
		return p.page(c, http.StatusUnprocessableEntity, "",
			[]views.FieldError{{Field: "code", Reason: string(a.Outcome), N: a.TriesLeft}})
	}
}

// tookAway says that the address got an account of its own in the meantime.
func (p *codePage) tookAway(c echo.Context) error {
	switch p.start {
	case "/sign-up":
		p.cookies.leaveNotice(c, "taken", p.Models.Now())
		return to(c, "/sign-in")
	case "/not-me":
		return p.render(c, http.StatusConflict, views.UndoOver(views.UndoOverPage{Shell: p.shell(c), Reason: "taken"}))
	}
	p.cookies.leaveNotice(c, "email_taken_late", p.Models.Now())
	return to(c, p.start)
}

func (p *codePage) opened(c echo.Context, a models.Answered) error {
	if p.done != nil {
		notice, path := p.done(a)
		p.cookies.leaveNotice(c, notice, p.Models.Now())
		return to(c, path)
	}
	age := p.sessionAge()
	if a.UntilClose || p.then != "" {
		age = 0
	}
	if err := p.setSession(c, a.Session, age); err != nil {
		return err
	}
	if a.Device != "" {
		p.setDevice(c, a.Device)
	}
	p.keptNotice(c, a.Kept)
	if p.made != "" {
		p.cookies.leaveNotice(c, p.made, p.Models.Now())
	}
	if p.then != "" {
		return to(c, p.then)
	}
	return to(c, orAccount(wanted(c, a.Next)))
}

// resend sends the code again. A browser without script is led back to the
// page, so that a reload of what it sees sends nothing.
func (p *codePage) resend(c echo.Context) error {
	if p.elsewhere(c) {
		return to(c, "/account")
	}
	r, err := p.again(c.Request().Context(), field(c, "flow"), "", p.client(c))
	if _, gone := refusedAs(err, models.Gone); gone {
		p.outOfOrder(c, "no_flow "+p.path)
		return p.lost(c)
	}
	retryAt, tooSoon := refusedAs(err, models.TooSoon)
	if err != nil && !tooSoon {
		return err
	}
	if tooSoon {
		// The wait of one's own flow is told exactly.
		wait := max(retryAt.Sub(p.Models.Now()), time.Second)
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		if !isHTMX(c) {
			return p.page(c, http.StatusTooManyRequests, "too_soon", nil)
		}
	} else if r.Outcome != models.CodeSent {
		if isHTMX(c) {
			return to(c, p.path) // the page has no code to wait for any more
		}
		return p.page(c, http.StatusUnprocessableEntity, "", []views.FieldError{{Field: "code", Reason: string(r.Outcome)}})
	}
	if !isHTMX(c) {
		p.cookies.leaveNotice(c, map[bool]string{true: "resent_new", false: "resent"}[r.Fresh], r.At)
		if next := returnPath(field(c, "next")); next != "" {
			return to(c, p.path+"?next="+url.QueryEscape(next))
		}
		return to(c, p.path)
	}
	return p.resent(c, r, tooSoon)
}

// resent answers htmx: what was done, and the clocks as they are now.
func (p *codePage) resent(c echo.Context, r models.Resent, tooSoon bool) error {
	now, err := p.pending(c.Request().Context(), p.client(c))
	if err != nil {
		return err
	}
	v := p.view(c, now)
	v.Fresh = r.Fresh
	status := http.StatusOK
	if tooSoon {
		status = http.StatusTooManyRequests
	}
	return p.render(c, status, views.Resent(v, !tooSoon, tooSoon))
}

// delivery gives the delivery line alone; it asks again by itself until the
// message has arrived somewhere.
func (p *codePage) delivery(c echo.Context) error {
	return p.part(c, func(v views.Code) error { return p.render(c, http.StatusOK, views.DeliveryLine(v)) })
}

// lateHelp comes when a code is long in coming, and again a while after.
func (p *codePage) lateHelp(c echo.Context) error {
	return p.part(c, func(v views.Code) error {
		if c.QueryParam("after") != "" {
			return p.render(c, http.StatusOK, views.LaterHelp())
		}
		return p.render(c, http.StatusOK, views.LateHelp(v))
	})
}

// part shows a part of the page to the tab that it belongs to. A tab whose flow
// is over or has been superseded gets nothing and asks no more.
func (p *codePage) part(c echo.Context, show func(views.Code) error) error {
	if !isHTMX(c) {
		return to(c, p.path)
	}
	now, err := p.pending(c.Request().Context(), p.client(c))
	if _, gone := refusedAs(err, models.Gone); gone || err == nil && now.Flow != c.QueryParam("flow") {
		return c.HTMLBlob(http.StatusOK, nil)
	}
	if err != nil {
		return err
	}
	return show(p.view(c, now))
}
