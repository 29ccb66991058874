package handlers

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"admitone/models"
	"admitone/models/support"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// findCustomer takes what a caller read out, or an address that was typed whole. It
// only ever comes by POST.
func (s *site) findCustomer(c echo.Context) error {
	ctx, a, text := c.Request().Context(), s.client(c), strings.TrimSpace(field(c, "find"))
	var found support.ReadOut
	var err error
	if strings.Contains(text, "@") {
		found.Account, err = s.Models.Agents.Find(ctx, a, text)
	} else {
		found, err = s.Support.ServiceCodes.Redeem(ctx, a, text)
	}
	if err == nil {
		return to(c, came{code: found.ID}.page(found.Account))
	}
	said, status := s.refusal(err, "find")
	if _, missing := refusedAs(err, models.NotFound); missing {
		if sent, err := s.Models.Agents.Unknown(ctx, a, text); err != nil {
			return err
		} else if len(sent) > 0 {
			return s.signUpUnderWay(c, sent)
		}
		said, status = views.FieldError{Field: "find", Reason: "not_found"}, http.StatusUnprocessableEntity
	}
	if status == 0 {
		return err
	}
	if strings.Contains(text, "@") && status == http.StatusUnprocessableEntity && said.Reason != "not_found" {
		said.Reason = "address"
	} else if !strings.Contains(text, "@") {
		text = "" // a service code is not written into a page
	}
	d, err := s.queueDesk(c)
	if err != nil {
		return err
	}
	d.Queue.FindError = said
	retryIn(c, said, status)
	return s.render(c, status, views.Console(d))
}

// came is how staff came to a customer: from a conversation, or by a service code
// that was read out, of which this is the id.
type came struct{ chat, code string }

func cameBy(of func(name string) string) came {
	if chat := idOf(of("chat")); chat != "" {
		return came{chat: chat}
	}
	return came{code: idOf(of("code"))}
}

// page is the page of a customer, by the same way.
func (w came) page(account string) string {
	path := "/console/account/" + account
	switch {
	case w.chat != "":
		return path + "?chat=" + w.chat
	case w.code != "":
		return path + "?code=" + w.code
	}
	return path
}

// customer is what staff may see of an account: of one's own, or a colleague's,
// only that it is one.
func (s *site) customer(c echo.Context, account string) (views.ConsoleCustomer, error) {
	ctx, a := c.Request().Context(), s.client(c)
	of, err := s.Models.Agents.Customer(ctx, a, account)
	if _, staff := refusedAs(err, models.Conflict); staff {
		return views.ConsoleCustomer{ID: account, Staff: true}, nil
	}
	if err != nil {
		return views.ConsoleCustomer{}, err
	}
	return views.ConsoleCustomer{
		ID: of.ID, Addresses: of.Addresses, VoIP: of.VoIP, CodesShut: of.CodesShut, Ways: waysOf(of.Ways), TwoStep: of.TwoStep, Locale: of.Locale,
		HasPassword: of.HasPassword(), Devices: of.Devices, Sessions: of.Sessions, WrongCodes: of.WrongCodes,
		CreatedAt: of.CreatedAt, ClosingAt: of.ClosingAt, LastSignIn: of.LastSignIn,
		Recent: activities(of.Recent), Deliveries: deliveries(of.Deliveries),
	}, nil
}

func deliveries(of []models.DeliveryTimeline) (list []views.ConsoleDelivery) {
	for _, d := range of {
		m := views.ConsoleDelivery{Kind: d.Kind, Channel: d.Channel, Masked: d.Masked, Tag: d.Tag, AskedAt: d.AskedAt, WrongTries: d.WrongTries, Tries: d.Tries, Used: d.Used}
		for _, step := range d.Steps {
			m.Steps = append(m.Steps, views.ConsoleStep(step))
		}
		list = append(list, m)
	}
	return list
}

// signUpUnderWay answers the POST itself: an address stands in no URL.
func (s *site) signUpUnderWay(c echo.Context, sent []models.DeliveryTimeline) error {
	d, err := s.queueDesk(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.ConsoleUnknown(views.ConsoleUnknownPage{Desk: d, Masked: sent[0].Masked, Deliveries: deliveries(sent)}))
}

func (s *site) showCustomer(c echo.Context) error {
	return s.customerPage(c, http.StatusOK, cameBy(c.QueryParam), "", nil)
}

func (s *site) customerPage(c echo.Context, status int, by came, reason string, errors []views.FieldError) error {
	customer, err := s.customer(c, c.Param("id"))
	if err != nil {
		return err
	}
	if customer.Verified, err = s.Support.ServiceCodes.Verified(c.Request().Context(), s.client(c), customer.ID, by.code); err != nil {
		return err
	}
	customer.VerifiedUntil = customer.Verified.Add(support.VerifiedFor)
	d, err := s.queueDesk(c)
	if err != nil {
		return err
	}
	d.Queue.Chat = by.chat
	return s.render(c, status, views.ConsoleCustomerView(views.ConsoleCustomerPage{
		Desk: d, Customer: customer, Chat: by.chat, Code: by.code, Reason: reason, Errors: errors,
	}))
}

// staffNotices say what an act has done.
var staffNotices = map[string]string{
	models.ActResend: "staff_resent", models.ActUnlock: "staff_unlocked", models.ActSignOut: "staff_signed_out", models.ActReset: "staff_reset",
}

// actOnCustomer asks once more, and then does one of the four acts.
func (s *site) actOnCustomer(c echo.Context) error {
	id, act := idOf(c.Param("id")), field(c, "act")
	by := cameBy(func(name string) string { return field(c, name) })
	reason := strings.TrimSpace(shown(field(c, "reason")))
	if staffNotices[act] == "" {
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	if field(c, "confirm") != "yes" {
		if reason == "" {
			return s.customerPage(c, http.StatusUnprocessableEntity, by, reason, []views.FieldError{{Field: "reason", Reason: "required"}})
		}
		return s.confirmAct(c, id, act, reason, by)
	}
	_, err := s.Models.Agents.Act(c.Request().Context(), s.client(c), id, act, reason)
	if _, unproven := refusedAs(err, models.NotProven); unproven { // back by the same way
		return leadAway(c, "/reauth?next="+by.page(id))
	}
	said, status := s.refusal(err, "reason")
	if noCode(err) {
		said, status = views.FieldError{Field: "reason", Reason: "no_code"}, http.StatusUnprocessableEntity
	}
	if status != 0 {
		retryIn(c, said, status)
		return s.customerPage(c, status, by, reason, []views.FieldError{said})
	}
	if err != nil {
		return err
	}
	s.cookies.leaveNotice(c, staffNotices[act], s.Models.Now())
	if by.chat != "" {
		return to(c, "/console/chat/"+by.chat)
	}
	return to(c, by.page(id))
}

// noCode says whether there was nothing to send again.
func noCode(err error) bool {
	var e *models.Error
	return errors.As(err, &e) && e.Kind == models.NotFound && e.Reason == "no_code"
}

func (s *site) confirmAct(c echo.Context, id, act, reason string, by came) error {
	customer, err := s.customer(c, id)
	if err != nil {
		return err
	}
	d, err := s.desk(c)
	if err != nil {
		return err
	}
	p := views.ConsoleConfirmPage{Desk: d, ID: id, Act: act, Reason: reason, Chat: by.chat, Code: by.code, Back: by.page(id)}
	if len(customer.Addresses) > 0 {
		p.Masked = customer.Addresses[0]
	}
	return s.render(c, http.StatusOK, views.ConsoleConfirm(p))
}

func (s *site) showConsoleCalls(c echo.Context) error { return s.consoleCalls(c, http.StatusOK, "") }

func (s *site) consoleCalls(c echo.Context, status int, problem string) error {
	d, err := s.desk(c)
	if err != nil {
		return err
	}
	list, err := s.Support.Calls.List(c.Request().Context(), s.client(c))
	if err != nil {
		return err
	}
	p := views.ConsoleCallsPage{Desk: d, Problem: problem}
	for _, of := range list {
		p.Calls = append(p.Calls, consoleCall(of))
	}
	return s.render(c, status, views.ConsoleCalls(p))
}

func consoleCall(of support.Call) views.ConsoleCall {
	v := views.ConsoleCall{
		ID: of.ID, State: of.State, Name: of.Name, Problem: of.Problem, Masked: of.Masked,
		Agent: of.Agent, Account: of.Account, Slot: of.Slot, Tries: of.Tries, Mine: of.Mine,
	}
	if of.State == support.Calling && of.Mine {
		v.Word = of.Word
	}
	return v
}

// soon is how long before its time a call is made without asking once more.
const soon = 30 * time.Minute

// early gives the call-back that would be made long before the time that its person
// chose, false where it would not.
func (s *site) early(c echo.Context) (support.Call, bool, error) {
	of, err := s.Support.Calls.Read(c.Request().Context(), s.client(c), c.Param("id"))
	return of, err == nil && of.State == support.Scheduled && of.Slot.Sub(s.Models.Now()) > soon, err
}

func (s *site) confirmEarly(c echo.Context, of support.Call) error {
	d, err := s.desk(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.ConsoleEarly(views.ConsoleEarlyPage{Desk: d, Call: consoleCall(of)}))
}

// actOnCall calls, or notes how a call ended.
func (s *site) actOnCall(c echo.Context) error {
	calls, notice := s.Support.Calls, ""
	act := calls.Dial
	switch c.Param("act") {
	case "dial":
		if field(c, "confirm") == "yes" {
			break
		}
		if of, early, err := s.early(c); err != nil {
			return err
		} else if early {
			return s.confirmEarly(c, of)
		}
	case "missed":
		act, notice = calls.Missed, "call_missed"
	case "done":
		act, notice = calls.Done, "call_done"
	default:
		return echo.NewHTTPError(http.StatusNotFound)
	}
	err := act(c.Request().Context(), s.client(c), c.Param("id"))
	if _, down := refusedAs(err, models.Unreachable); down {
		return s.consoleCalls(c, http.StatusServiceUnavailable, "unreachable")
	}
	if _, status := s.refusal(err, "call"); status != 0 {
		return s.consoleCalls(c, status, map[int]string{http.StatusConflict: "conflict", http.StatusTooManyRequests: "too_soon"}[status])
	}
	if err != nil {
		return err
	}
	if notice != "" {
		s.cookies.leaveNotice(c, notice, s.Models.Now())
	}
	return to(c, "/console/calls")
}
