package models

import (
	"io"
	"net"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"admitone/internal/freeport"

	"github.com/jackc/pgx/v5/pgproto3"
)

// wire stands between the program and PostgreSQL and makes of it an engine that only
// speaks its protocol: it has no LISTEN, no pg_notify and no advisory locks, and of
// its commits some could not be put in line with others. It can also be cut, as a whole
// or at a statement.
type wire struct {
	server   string
	refused  atomic.Int32 // LISTEN and advisory locks
	notified atomic.Int32 // attempts to say something, each of which undoes its act
	commits  atomic.Int32
	undone   atomic.Int32
	plain    atomic.Bool // hands everything on
	refuse   *countdown  // where it is not nil: but for one statement
	online   atomic.Bool // tables are changed while they serve, and so in no transaction: it is CockroachDB

	mu       sync.Mutex
	listener net.Listener
	away     bool
	open     map[net.Conn]bool
	ending   ending
}

// ending is where connections end: at statements that have these words, so many times,
// before the server has heard of them or, late, once it has done them and before it is
// heard.
type ending struct {
	words string
	times int
	late  bool
}

// unlike is a query that the real server refuses as something it has not (0A000).
const unlike = "SELECT DISTINCT 1 FOR UPDATE"

// changesTables is what needs a table that is there already.
var changesTables = regexp.MustCompile(`(?i)^\s*(ALTER|DROP|CREATE (UNIQUE )?INDEX)\b`)

// outOfLine is a commit that comes to nothing: by the server, in its protocol.
const outOfLine = "ROLLBACK; DO $$ BEGIN RAISE EXCEPTION 'restart transaction' USING ERRCODE = '40001'; END $$"

// everyCommit is which commits are undone: each so manieth.
const everyCommit = 4

// onWire gives the database through a wire.
func onWire(t testing.TB, database string) (w *wire, through string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	w = &wire{server: u.Host, open: map[net.Conn]bool{}}
	w.mend(t, freeport.Address(t))
	t.Cleanup(w.cut)
	u.Host = w.listener.Addr().String()
	return w, u.String()
}

// mend listens, for the first time or again.
func (w *wire) mend(t testing.TB, address string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.listener, w.away = l, false
	w.mu.Unlock()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.mu.Lock()
			if w.away { // who had knocked before it was cut
				_ = c.Close()
			} else {
				w.open[c] = true
				go w.serve(c)
			}
			w.mu.Unlock()
		}
	}()
}

// cut is a server that has gone: nothing listens, and every connection ends.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	freeport.Leave(w.listener)
	w.away = true
	for c := range w.open {
		_ = c.Close()
	}
}

func (w *wire) serve(client net.Conn) {
	defer client.Close()
	defer func() {
		w.mu.Lock()
		delete(w.open, client)
		w.mu.Unlock()
	}()
	server, err := net.Dial("tcp", w.server)
	if err != nil {
		return
	}
	defer server.Close()
	from, to := pgproto3.NewBackend(client, client), pgproto3.NewFrontend(server, server)
	m, err := from.ReceiveStartupMessage()
	if w.online.Load() {
		from.Send(&pgproto3.ParameterStatus{Name: "crdb_version", Value: "CockroachDB"})
		_ = from.Flush()
	}
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	listens, within := false, false
	for err == nil {
		ends, late := w.endsAt(m)
		if ends {
			_ = client.Close()
		}
		if ends && !late {
			return
		}
		listens = listens || strings.HasPrefix(statementOf(m), "LISTEN")
		if w.refuse != nil && !listens {
			m = w.refuse.refused(m)
		}
		if s := strings.ToLower(statementOf(m)); s != "" {
			within = strings.HasPrefix(s, "begin") || within && s != "commit" && s != "rollback"
		}
		to.Send(w.rewritten(m, within))
		if err = to.Flush(); err == nil {
			m, err = from.Receive()
		}
	}
	if c, ok := server.(*net.TCPConn); ok && c.CloseWrite() == nil {
		_, _ = io.Copy(io.Discard, server) // to its end: what it was asked for last is done
	}
}

// endAt has connections end at a statement.
func (w *wire) endAt(e ending) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ending = e
}

// endings is how many connections are still to end.
func (w *wire) endings() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ending.times
}

// statementOf is "" where a message brings none.
func statementOf(m pgproto3.FrontendMessage) string {
	switch m := m.(type) {
	case *pgproto3.Query:
		return m.String
	case *pgproto3.Parse:
		return m.Query
	}
	return ""
}

func (w *wire) endsAt(m pgproto3.FrontendMessage) (ends, late bool) {
	statement := statementOf(m)
	w.mu.Lock()
	defer w.mu.Unlock()
	if statement == "" || w.ending.times == 0 || !strings.Contains(statement, w.ending.words) {
		return false, false
	}
	w.ending.times--
	return true, w.ending.late
}

// rewritten lets the server itself answer as the other engine would.
func (w *wire) rewritten(m pgproto3.FrontendMessage, within bool) pgproto3.FrontendMessage {
	if w.plain.Load() {
		return m
	}
	switch m := m.(type) {
	case *pgproto3.Query:
		m.String = w.said(m.String, within)
	case *pgproto3.Parse:
		m.Query = w.said(m.Query, within)
	}
	return m
}

// said is what the server hears; within is whether a transaction has begun.
func (w *wire) said(query string, within bool) string {
	switch {
	case within && w.online.Load() && changesTables.MatchString(query):
		w.refused.Add(1)
		return unlike
	case strings.Contains(query, "pg_notify"):
		w.notified.Add(1)
		return unlike
	case strings.Contains(query, "LISTEN"), strings.Contains(query, "advisory"):
		w.refused.Add(1)
		return unlike
	case strings.EqualFold(query, "commit") && w.commits.Add(1)%everyCommit == 0:
		w.undone.Add(1)
		return outOfLine
	}
	return query
}
