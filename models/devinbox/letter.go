package devinbox

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // teaches go-message every charset a letter may be written in
	"github.com/emersion/go-message/mail"
)

// maxDepth bounds how far parts may be nested. Our own letters have one level;
// a letter nested a thousand times deep is an attack on its reader.
const maxDepth = 8

// readLetter decodes what can be decoded. It never fails: a letter that is
// broken is exactly the one somebody wants to look at, so it is kept with its
// source and says that it is broken.
func readLetter(source []byte) Message {
	m := Message{Channel: channelEmail, Source: string(source)}
	entity, err := message.Read(bytes.NewReader(source))
	if unreadable(err) || entity == nil {
		m.Broken = true
		return m
	}
	m.Subject = headerText(entity.Header, "Subject")
	m.From = readFrom(entity.Header)
	m.readPart(entity, 0)
	m.Text = strings.ReplaceAll(m.Text, "\r\n", "\n")
	return m
}

// readPart takes the first plain and the first HTML part that are meant to be
// shown, which is what a mail program would choose from.
func (m *Message) readPart(part *message.Entity, depth int) {
	if parts := part.MultipartReader(); parts != nil {
		if depth == maxDepth {
			m.Broken = true
			return
		}
		for {
			next, err := parts.NextPart()
			if errors.Is(err, io.EOF) {
				return
			}
			if unreadable(err) || next == nil {
				m.Broken = true
				return
			}
			m.readPart(next, depth+1)
		}
	}
	if disposition, _, _ := part.Header.ContentDisposition(); strings.EqualFold(disposition, "attachment") {
		return
	}
	var into *string
	switch kind, _, _ := part.Header.ContentType(); strings.ToLower(kind) {
	case "text/plain":
		into = &m.Text
	case "text/html":
		into = &m.HTML
	}
	if into == nil || *into != "" {
		return
	}
	body, err := io.ReadAll(io.LimitReader(part.Body, 4*maxMessage)) // decoding a charset may make it longer
	if err != nil {
		m.Broken = true
	}
	*into = strings.ToValidUTF8(string(body), "\uFFFD")
}

// unreadable tells a broken letter from one in a charset or encoding nobody
// knows: go-message hands the latter over as it is.
func unreadable(err error) bool {
	return err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err)
}

// readFrom writes the letter's sender as a person reads it.
func readFrom(h message.Header) string {
	addresses, err := (&mail.Header{Header: h}).AddressList("From")
	if err != nil || len(addresses) == 0 {
		return headerText(h, "From")
	}
	a := addresses[0]
	if a.Name == "" {
		return oneLine(a.Address)
	}
	return oneLine(a.Name + " <" + a.Address + ">")
}

// headerText decodes encoded words, and falls back to the raw field.
func headerText(h message.Header, field string) string {
	text, err := h.Text(field)
	if err != nil {
		text = h.Get(field)
	}
	return oneLine(text)
}

// oneLine keeps a header that was decoded from becoming several lines, or
// something a terminal obeys, wherever it is shown.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || (r >= 0x7f && r < 0xa0) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.TrimSpace(s)
}

// headers is the letter's header block as it was sent, without the body.
func (m Message) headers() string {
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if head, _, found := strings.Cut(m.Source, end); found {
			return head + "\n"
		}
	}
	return m.Source
}
