package devinbox

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	// textPath is where the gateway takes texts.
	textPath = "/texts"

	// maxForm is far above any text the program writes.
	maxForm = 64 << 10

	// reportLimit is how long the program may take for a delivery report.
	reportLimit = 10 * time.Second
)

// textNumber is what a text may go to.
var textNumber = regexp.MustCompile(`^\+[0-9]{3,15}$`)

// gateway is the text side of the inbox: what a provider's gateway would be.
type gateway struct {
	listener net.Listener
	server   *http.Server
	served   chan struct{}
	reports  http.Client
}

func newGateway(in *Inbox, l net.Listener) *gateway {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+textPath, in.takeText)
	return &gateway{
		listener: l,
		server: &http.Server{
			Handler: guard(mux), ReadHeaderTimeout: idleLimit, IdleTimeout: idleLimit,
			ErrorLog: slog.NewLogLogger(in.log.Handler(), slog.LevelDebug),
		},
		served: make(chan struct{}),
		// Neither a proxy nor a redirect may lead a report away from this computer.
		reports: http.Client{
			Timeout:       reportLimit,
			Transport:     &http.Transport{DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// GatewayURL is where texts are posted to: a form with to, from, text, report
// and id.
func (in *Inbox) GatewayURL() string {
	return "http://" + in.gateway.listener.Addr().String() + textPath
}

// takeText takes one text, unless the number's mode says otherwise.
func (in *Inbox) takeText(w http.ResponseWriter, r *http.Request) {
	if !in.begin() {
		http.Error(w, "shutting down", http.StatusServiceUnavailable)
		return
	}
	defer in.working.Done()
	body := http.MaxBytesReader(w, r.Body, maxForm)
	raw, err := io.ReadAll(body)
	if err != nil {
		http.Error(w, "the form is too long, or broke off", http.StatusBadRequest)
		return
	}
	m, report, ok := readText(raw)
	if !ok {
		http.Error(w, "a form is needed, with a number as to and some text", http.StatusBadRequest)
		return
	}
	for hung := false; ; hung = true {
		mode, changed := in.ruling([]string{m.To})
		switch mode {
		case Refuse:
			in.failed(mode, m.To)
			http.Error(w, "no such number", http.StatusUnprocessableEntity)
			return
		case Defer:
			in.failed(mode, m.To)
			http.Error(w, "try again later", http.StatusServiceUnavailable)
			return
		case Drop:
			in.failed(mode, m.To)
			panic(http.ErrAbortHandler) // closes the connection; there is nobody to tell
		case Hang:
			if !hung {
				in.failed(mode, m.To)
			}
			select {
			case <-changed:
			case <-r.Context().Done():
				return
			case <-in.stopping.Done():
				http.Error(w, "shutting down", http.StatusServiceUnavailable)
				return
			}
		default:
			in.deliverText(w, m, report)
			return
		}
	}
}

// readText reads the form of a text.
func readText(source []byte) (m Message, report string, ok bool) {
	form, err := url.ParseQuery(string(source))
	m = Message{
		Channel: channelText, To: canonical(form.Get("to")), From: oneLine(form.Get("from")), Source: string(source),
		Text: strings.ReplaceAll(strings.ToValidUTF8(form.Get("text"), "\uFFFD"), "\r\n", "\n"),
	}
	return m, form.Get("report"), err == nil && m.Text != "" && textNumber.MatchString(m.To)
}

func (in *Inbox) deliverText(w http.ResponseWriter, m Message, report string) {
	err := in.keep(m)
	switch {
	case errors.Is(err, ErrClosed):
		http.Error(w, "shutting down", http.StatusServiceUnavailable)
		return
	case err != nil:
		in.log.Error("test inbox could not store a text", "error", err)
		http.Error(w, "the text could not be stored", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, "accepted\n")
	if isLocalURL(report) && in.begin() {
		_ = http.NewResponseController(w).Flush() // as from a provider, the report comes after the answer
		go func() {
			defer in.working.Done()
			in.report(report)
		}()
	}
}

// report tells the program that a text has reached the phone, once, as a
// gateway does.
func (in *Inbox) report(to string) {
	separator := "?"
	if strings.Contains(to, "?") {
		separator = "&"
	}
	r, err := http.NewRequestWithContext(in.stopping, http.MethodGet, to+separator+"state=1", nil)
	if err != nil {
		return // isLocalURL has read it
	}
	res, err := in.gateway.reports.Do(r)
	if err != nil {
		in.log.Debug("test inbox could not report a delivery", "error", err)
		return
	}
	_ = res.Body.Close()
	in.log.Debug("test inbox reported a delivery", "status", res.StatusCode)
}

// isLocalURL says whether a report stays on this computer.
func isLocalURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && isLoopbackHost(u.Hostname())
}

// dialled is whatever people write a number with.
var dialled = regexp.MustCompile(`^\+?[0-9][0-9 .()/-]*$`)

// canonical makes an address comparable: a number however it is written, also
// where the + of an URL's query came as a space; anything else in lower case.
func canonical(address string) string {
	address = strings.TrimSpace(address)
	if !dialled.MatchString(address) {
		return strings.ToLower(address)
	}
	return "+" + strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, address)
}
