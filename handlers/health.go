package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// healthz says that the process answers.
func (s *site) healthz(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// readyz says that the database takes writes too, and that no stop has begun.
func (s *site) readyz(c echo.Context) error {
	if s.leaving.Load() {
		return c.String(http.StatusServiceUnavailable, "stopping\n")
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer cancel()
	if err := s.Models.Ready(ctx); err != nil {
		s.Log.Error("not ready", "error", err)
		return c.String(http.StatusServiceUnavailable, "the database takes no writes\n")
	}
	return c.String(http.StatusOK, "ok\n")
}
