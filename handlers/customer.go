package handlers

import (
	"errors"
	"net/http"
	"strings"

	"admitone/models"
	"admitone/models/support"
	"admitone/views"

	"github.com/labstack/echo/v4"
)

// findCustomer takes what a caller read out, or an address that was typed whole. It
// only ever comes by POST.
func (s *site) findCustomer(c echo.Context) error {
	ctx, a, text := c.Request().Context(), s.client(c), strings.TrimSpace(field(c, "find"))
	var account string
	var err error
	if strings.Contains(text, "@") {
		account, err = s.Models.Agents.Find(ctx, a, text)
	} else {
		account, err = s.Support.ServiceCodes.Redeem(ctx, a, text)
	}
	if err == nil {
		return to(c, "/console/account/"+account)
	}
	said, status := s.refusal(err, "find")
	if _, missing := refusedAs(err, models.NotFound); missing {
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
	d, err := s.desk(c)
	if err != nil {
		return err
	}
	d.Queue.FindError = said
	retryIn(c, said, status)
	return s.render(c, status, views.Console(d))
}

// customer is what staff may see of an account.
func (s *site) customer(c echo.Context, account string) (views.ConsoleCustomer, error) {
	ctx, a := c.Request().Context(), s.client(c)
	of, err := s.Models.Agents.Customer(ctx, a, account)
	if err != nil {
		return views.ConsoleCustomer{}, err
	}
	v := views.ConsoleCustomer{
		ID: of.ID, Addresses: of.Addresses, CodesShut: of.CodesShut, Ways: waysOf(of.Ways), TwoStep: of.TwoStep, Locale: of.Locale,
		Staff: of.Role == models.RoleStaff, HasPassword: of.HasPassword(), Devices: of.Devices, Sessions: of.Sessions, WrongCodes: of.WrongCodes,
		CreatedAt: of.CreatedAt, ClosingAt: of.ClosingAt, LastSignIn: of.LastSignIn, Recent: activities(of.Recent),
	}
	for i := range v.Recent {
		v.Recent[i].Address = "" // where people are is not for staff
	}
	for _, d := range of.Deliveries {
		m := views.ConsoleDelivery{Kind: d.Kind, Channel: d.Channel, Masked: d.Masked, Tag: d.Tag, AskedAt: d.AskedAt, WrongTries: d.WrongTries, Tries: d.Tries, Used: d.Used}
		for _, step := range d.Steps {
			m.Steps = append(m.Steps, views.ConsoleStep(step))
		}
		v.Deliveries = append(v.Deliveries, m)
	}
	v.Verified, err = s.Support.ServiceCodes.Verified(ctx, a, account)
	return v, err
}

func (s *site) showCustomer(c echo.Context) error {
	return s.customerPage(c, http.StatusOK, idOf(c.QueryParam("chat")), "", nil)
}

func (s *site) customerPage(c echo.Context, status int, chat, reason string, errors []views.FieldError) error {
	customer, err := s.customer(c, c.Param("id"))
	if err != nil {
		return err
	}
	d, err := s.desk(c)
	if err != nil {
		return err
	}
	d.Queue.Chat = chat
	return s.render(c, status, views.ConsoleCustomerView(views.ConsoleCustomerPage{Desk: d, Customer: customer, Chat: chat, Reason: reason, Errors: errors}))
}

// staffNotices say what an act has done.
var staffNotices = map[string]string{
	models.ActResend: "staff_resent", models.ActUnlock: "staff_unlocked", models.ActSignOut: "staff_signed_out", models.ActReset: "staff_reset",
}

// actOnCustomer asks once more, and then does one of the four acts.
func (s *site) actOnCustomer(c echo.Context) error {
	id, act, chat := c.Param("id"), field(c, "act"), idOf(field(c, "chat"))
	reason := strings.TrimSpace(shown(field(c, "reason")))
	if staffNotices[act] == "" {
		return echo.NewHTTPError(http.StatusBadRequest)
	}
	if field(c, "confirm") != "yes" {
		if reason == "" {
			return s.customerPage(c, http.StatusUnprocessableEntity, chat, reason, []views.FieldError{{Field: "reason", Reason: "required"}})
		}
		return s.confirmAct(c, id, act, reason, chat)
	}
	_, err := s.Models.Agents.Act(c.Request().Context(), s.client(c), id, act, reason)
	said, status := s.refusal(err, "reason")
	if noCode(err) {
		said, status = views.FieldError{Field: "reason", Reason: "no_code"}, http.StatusUnprocessableEntity
	}
	if status != 0 {
		retryIn(c, said, status)
		return s.customerPage(c, status, chat, reason, []views.FieldError{said})
	}
	if err != nil {
		return err
	}
	s.cookies.leaveNotice(c, staffNotices[act], s.Models.Now())
	if chat != "" {
		return to(c, "/console/chat/"+chat)
	}
	return to(c, "/console/account/"+id)
}

// noCode says whether there was nothing to send again.
func noCode(err error) bool {
	var e *models.Error
	return errors.As(err, &e) && e.Kind == models.NotFound && e.Reason == "no_code"
}

func (s *site) confirmAct(c echo.Context, id, act, reason, chat string) error {
	customer, err := s.customer(c, id)
	if err != nil {
		return err
	}
	d, err := s.desk(c)
	if err != nil {
		return err
	}
	p := views.ConsoleConfirmPage{Desk: d, ID: id, Act: act, Reason: reason, Chat: chat}
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
		v := views.ConsoleCall{
			ID: of.ID, State: of.State, Name: of.Name, Problem: of.Problem, Masked: of.Masked,
			Agent: of.Agent, Account: of.Account, Slot: of.Slot, Tries: of.Tries, Mine: of.Mine,
		}
		if of.State == support.Calling && of.Mine {
			v.Word = of.Word
		}
		p.Calls = append(p.Calls, v)
	}
	return s.render(c, status, views.ConsoleCalls(p))
}

// actOnCall calls, or notes how a call ended.
func (s *site) actOnCall(c echo.Context) error {
	calls, notice := s.Support.Calls, ""
	act := calls.Dial
	switch c.Param("act") {
	case "dial":
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
