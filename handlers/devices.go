package handlers

import (
	"net/http"

	"admitone/views"

	"github.com/labstack/echo/v4"
)

func (s *site) showDevices(c echo.Context) error {
	return s.deviceList(c, http.StatusOK, c.QueryParam("rename"), nil)
}

func (s *site) deviceList(c echo.Context, status int, rename string, errors []views.FieldError) error {
	found, err := s.requireSession(c)
	if err != nil {
		return err
	}
	list, sessions, err := s.Models.Accounts.Devices(c.Request().Context(), found, s.client(c))
	if err != nil {
		return err
	}
	p := views.DevicesPage{Shell: s.shell(c), Now: s.Models.Now(), Sessions: sessions, Rename: rename, RenameTo: shown(field(c, "name")), Errors: errors}
	for _, d := range list {
		p.Devices = append(p.Devices, views.DeviceItem{
			ID: d.ID, Name: d.Name, This: d.This, SignedIn: d.SignedIn, FirstSeen: d.FirstSeen, LastSeen: d.LastSeen,
			Browser: d.Browser, Address: d.Address, Place: d.Place, MovedAt: d.MovedAt, TrustedUntil: d.TrustedUntil, Icon: d.Kind, Unknown: !d.Known,
		})
	}
	return s.unit(c, status, views.Devices(p), views.DeviceList(p))
}

func (s *site) renameDevice(c echo.Context) error {
	id := field(c, "device")
	err := s.Models.Accounts.RenameDevice(c.Request().Context(), id, field(c, "name"), s.client(c))
	if fields := fieldErrors(err); fields != nil {
		return s.deviceList(c, http.StatusUnprocessableEntity, id, fields)
	}
	if err != nil {
		return err
	}
	s.cookies.leaveNotice(c, "device_renamed", s.Models.Now())
	return to(c, "/account/devices")
}

// signOutDevice takes the device's row out of the page, or shows the page anew.
// Signing out this device is an ordinary sign-out and leads to the sign-in.
func (s *site) signOutDevice(c echo.Context) error {
	gone, at, err := s.Models.Accounts.SignOutDevice(c.Request().Context(), field(c, "device"), s.client(c))
	if err != nil {
		return err
	}
	if gone.This {
		if err := s.endHere(c); err != nil {
			return err
		}
		s.cookies.leaveNotice(c, "signed_out", at)
		return to(c, "/sign-in")
	}
	if isHTMX(c) {
		return s.render(c, http.StatusOK, views.DeviceGone(gone.Name, at, s.Zone))
	}
	s.cookies.leaveNotice(c, "device_signed_out", at)
	return to(c, "/account/devices")
}

func (s *site) untrustDevice(c echo.Context) error {
	if err := s.Models.Accounts.StopTrusting(c.Request().Context(), field(c, "device"), s.client(c)); err != nil {
		return err
	}
	s.cookies.leaveNotice(c, "device_untrusted", s.Models.Now())
	return to(c, "/account/devices")
}

func (s *site) showSignOutEverywhere(c echo.Context) error {
	if _, err := s.slow(c); err != nil {
		return err
	}
	found, err := s.requireSession(c)
	if err != nil {
		return err
	}
	_, sessions, err := s.Models.Accounts.Devices(c.Request().Context(), found, s.client(c))
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.SignOutEverywhere(views.SignOutEverywherePage{Shell: s.shell(c), Sessions: sessions}))
}

func (s *site) signOutEverywhere(c echo.Context) error {
	this := field(c, "this") != ""
	at, err := s.Models.Accounts.SignOutEverywhere(c.Request().Context(), this, s.client(c))
	if err != nil {
		return err
	}
	s.cookies.leaveNotice(c, "signed_out_everywhere", at)
	if !this {
		return to(c, "/account/devices")
	}
	if err := s.endHere(c); err != nil {
		return err
	}
	return to(c, "/sign-in")
}
