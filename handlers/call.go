package handlers

import (
	"crypto/rand"
	"net/http"
	"time"

	"admitone/models"
	"admitone/models/support"
	"admitone/views"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

func (s *site) showContactPhone(c echo.Context) error {
	ways, err := s.ways(c, "")
	if err != nil {
		return err
	}
	p := views.ContactPhonePage{Ways: ways, Now: s.Models.Now()}
	if found, in := s.session(c); in && !found.Moved {
		code, err := s.Support.ServiceCodes.Current(c.Request().Context(), s.client(c))
		if err != nil {
			return err
		}
		p.Code = views.ServiceCode(code)
	}
	p.Shell = s.shell(c)
	return s.render(c, http.StatusOK, views.ContactPhone(p))
}

// makeServiceCode makes a code that is shown on the page it leads to, and
// nowhere else.
func (s *site) makeServiceCode(c echo.Context) error {
	_, err := s.Support.ServiceCodes.Make(c.Request().Context(), s.client(c))
	if retryAt, tooSoon := refusedAs(err, models.TooSoon); tooSoon {
		return s.wait(c, http.StatusTooManyRequests, "service_code", "/contact/phone", retryAt)
	}
	if err != nil {
		return err
	}
	return to(c, "/contact/phone#service-code")
}

func (s *site) showBookCall(c echo.Context) error {
	current, err := s.Support.Calls.Current(c.Request().Context(), s.visitor(c))
	if err != nil {
		return err
	}
	if current != "" {
		return to(c, "/contact/phone/call-back/"+current)
	}
	return s.bookForm(c, http.StatusOK, views.BookCallPage{Problem: chosenProblem(c)})
}

func (s *site) submitBookCall(c echo.Context) error {
	p := views.BookCallPage{Phone: field(c, "phone"), Name: field(c, "name"), Problem: field(c, "problem"), Slot: field(c, "slot")}
	if p.Problem == "" {
		p.Problem = support.Else
	}
	slot, _ := time.Parse(time.RFC3339, p.Slot) // no time is no slot
	started, err := s.Support.Calls.Book(c.Request().Context(), s.visitor(c), support.BookCall{
		Phone: p.Phone, Name: p.Name, Problem: p.Problem, Slot: slot, Nonce: field(c, "nonce"),
	})
	if p.Errors = callErrors(err); p.Errors != nil {
		return s.bookForm(c, http.StatusUnprocessableEntity, p)
	}
	if _, booked := refusedAs(err, models.Conflict); booked {
		return to(c, "/contact/phone/call-back") // which leads to the one there is
	}
	if retryAt, tooSoon := refusedAs(err, models.TooSoon); tooSoon {
		return s.wait(c, http.StatusTooManyRequests, "call", "/contact/phone", retryAt)
	}
	if err != nil {
		return err
	}
	s.setVisitor(c, started.Token)
	s.cookies.leaveNotice(c, "call_booked", s.Models.Now())
	return to(c, "/contact/phone/call-back/"+started.ID)
}

// callErrors are the refusals of a form. The countries that we call are not those
// that we text.
func callErrors(err error) []views.FieldError {
	list := fieldErrors(err)
	for i, e := range list {
		if e.Field == "phone" && e.Reason == "country" {
			list[i].Reason = "no_calls"
		}
	}
	return list
}

func (s *site) bookForm(c echo.Context, status int, p views.BookCallPage) error {
	ways, err := s.ways(c, p.Problem)
	if err != nil {
		return err
	}
	p.Nonce = rand.Text()
	p.Ways, p.Zone, p.Countries = ways, s.Models.Desk().Zone, countryNames(s.Support.Calls.Countries())
	if !ways.CallBack {
		p.Shell = s.shell(c)
		return s.render(c, http.StatusNotFound, views.NoCallBack(p))
	}
	if p.Slots, err = s.Support.Calls.Slots(c.Request().Context()); err != nil {
		return err
	}
	p.Shell = s.shell(c)
	p.Phone, p.Name = shown(p.Phone), shown(p.Name)
	return s.render(c, status, views.BookCall(p))
}

// countryNames are the names of countries (ISO 3166) as people say them.
func countryNames(codes []string) []string {
	list := make([]string, len(codes))
	for i, code := range codes {
		list[i] = code
		if region, err := language.ParseRegion(code); err == nil {
			list[i] = display.English.Regions().Name(region)
		}
	}
	return list
}

func (s *site) showCall(c echo.Context) error { return s.callPage(c, http.StatusOK, "", nil) }

func (s *site) moveCall(c echo.Context) error {
	typed := field(c, "slot")
	slot, _ := time.Parse(time.RFC3339, typed) // no time is no slot
	err := s.Support.Calls.Move(c.Request().Context(), s.visitor(c), c.Param("id"), slot)
	if errors := fieldErrors(err); errors != nil {
		return s.callPage(c, http.StatusUnprocessableEntity, typed, errors)
	}
	if _, changed := refusedAs(err, models.Conflict); changed {
		return to(c, "/contact/phone/call-back/"+c.Param("id"))
	}
	if retryAt, tooSoon := refusedAs(err, models.TooSoon); tooSoon {
		return s.wait(c, http.StatusTooManyRequests, "call", "/contact/phone/call-back/"+c.Param("id"), retryAt)
	}
	if err != nil {
		return err
	}
	s.cookies.leaveNotice(c, "call_moved", s.Models.Now())
	return to(c, "/contact/phone/call-back/"+c.Param("id"))
}

func (s *site) cancelCall(c echo.Context) error {
	err := s.Support.Calls.Cancel(c.Request().Context(), s.visitor(c), c.Param("id"))
	if _, changed := refusedAs(err, models.Conflict); changed {
		return to(c, "/contact/phone/call-back/"+c.Param("id"))
	}
	if err != nil {
		return err
	}
	s.cookies.leaveNotice(c, "call_cancelled", s.Models.Now())
	return to(c, "/contact/phone/call-back/"+c.Param("id"))
}

func (s *site) callPage(c echo.Context, status int, typed string, errors []views.FieldError) error {
	ctx := c.Request().Context()
	call, err := s.Support.Calls.Show(ctx, s.visitor(c), c.Param("id"))
	if err != nil {
		return err
	}
	p := views.CallPage{
		ID: call.ID, State: call.State, Name: call.Name, Masked: call.Masked, Word: call.Word, Problem: call.Problem, At: call.Slot,
		Slot: typed, Zone: s.Models.Desk().Zone, Errors: errors,
	}
	if call.State == support.Scheduled {
		if call.Tries > 0 {
			p.State = "retry"
		}
		if p.Slots, err = s.Support.Calls.Slots(ctx); err != nil {
			return err
		}
	}
	p.Shell = s.shell(c)
	return s.render(c, status, views.Call(p))
}
