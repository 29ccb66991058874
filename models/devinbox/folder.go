package devinbox

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Each message is a file of its own, named after its id. In front of a letter
// stand the two lines every mail server adds on delivery, so the file opens in
// any mail program and still knows its envelope. A text is kept as the form
// that it came as.
const (
	returnPath  = "Return-Path: <"
	deliveredTo = "Delivered-To: "
	unfinished  = "arriving-*"
)

// extensions are how the files of each channel's messages end.
var extensions = map[string]string{channelEmail: ".eml", channelText: ".text"}

// An id holds the time of arrival and the place in the order of arrival, which
// makes it the whole index: nothing but the files needs keeping.
var idPattern = regexp.MustCompile(`^(\d{13})-(\d{6,9})$`)

func messageID(at time.Time, seq int) string {
	return fmt.Sprintf("%013d-%06d", at.UnixMilli(), seq)
}

func parseMessageID(id string) (at time.Time, seq int, ok bool) {
	parts := idPattern.FindStringSubmatch(id)
	if parts == nil {
		return time.Time{}, 0, false
	}
	ms, err1 := strconv.ParseInt(parts[1], 10, 64)
	seq, err2 := strconv.Atoi(parts[2])
	return time.UnixMilli(ms).UTC(), seq, err1 == nil && err2 == nil
}

// load reads back the newest messages of an earlier run and removes the rest.
// Files it did not write are left alone.
func (in *Inbox) load() error {
	if err := os.MkdirAll(in.opts.Dir, 0o700); err != nil {
		return fmt.Errorf("devinbox: %w", err)
	}
	// The folder may be older than this program, and wider open.
	if err := os.Chmod(in.opts.Dir, 0o700); err != nil {
		return fmt.Errorf("devinbox: %w", err)
	}
	entries, err := os.ReadDir(in.opts.Dir)
	if err != nil {
		return fmt.Errorf("devinbox: %w", err)
	}
	var kept []Message
	for _, e := range entries {
		if abandoned, _ := filepath.Match(unfinished, e.Name()); abandoned && e.Type().IsRegular() {
			_ = os.Remove(filepath.Join(in.opts.Dir, e.Name())) // a run that was cut off left it
		}
		for channel, extension := range extensions {
			id, fits := strings.CutSuffix(e.Name(), extension)
			if at, seq, ok := parseMessageID(id); fits && ok && e.Type().IsRegular() {
				in.seq = max(in.seq, seq)
				kept = append(kept, Message{ID: id, Channel: channel, ReceivedAt: at})
			}
		}
	}
	slices.SortFunc(kept, func(a, b Message) int {
		_, x, _ := parseMessageID(a.ID)
		_, y, _ := parseMessageID(b.ID)
		return cmp.Compare(x, y)
	})
	for len(kept) > keepNewest {
		if err := in.unsave(kept[0]); err != nil {
			return err
		}
		kept = kept[1:]
	}
	for _, m := range kept {
		if m, err = in.read(m); err != nil {
			in.log.Warn("test inbox skipped a file", "id", m.ID, "error", err)
			continue
		}
		in.messages = append(in.messages, m)
	}
	return nil
}

// read fills a message from its file.
func (in *Inbox) read(m Message) (Message, error) {
	data, err := os.ReadFile(in.path(m))
	if err != nil {
		return m, err
	}
	if m.Channel == channelText {
		text, _, ok := readText(data)
		if !ok {
			return m, errors.New("it is not the form of a text")
		}
		text.ID, text.ReceivedAt = m.ID, m.ReceivedAt
		return text, nil
	}
	first, rest, _ := strings.Cut(string(data), "\r\n")
	second, source, whole := strings.Cut(rest, "\r\n")
	sender, ok1 := strings.CutPrefix(first, returnPath)
	to, ok2 := strings.CutPrefix(second, deliveredTo)
	if !whole || !ok1 || !ok2 {
		return m, errors.New("it does not begin with its envelope")
	}
	letter := readLetter([]byte(source))
	letter.ID, letter.ReceivedAt, letter.To = m.ID, m.ReceivedAt, to
	letter.Sender = strings.TrimSuffix(sender, ">")
	if letter.From == "" {
		letter.From = letter.Sender
	}
	return letter, nil
}

// save writes the message's file, whole or not at all.
func (in *Inbox) save(m Message) error {
	if in.opts.Dir == "" {
		return nil
	}
	f, err := os.CreateTemp(in.opts.Dir, unfinished) // 0600 by its contract
	if err != nil {
		return fmt.Errorf("devinbox: %w", err)
	}
	envelope := returnPath + m.Sender + ">\r\n" + deliveredTo + m.To + "\r\n"
	if m.Channel == channelText {
		envelope = ""
	}
	_, err = f.WriteString(envelope + m.Source)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), in.path(m))
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("devinbox: %w", err)
	}
	return nil
}

// unsave removes the message's file; that it is gone already is no fault.
func (in *Inbox) unsave(m Message) error {
	if in.opts.Dir == "" {
		return nil
	}
	if err := os.Remove(in.path(m)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("devinbox: %w", err)
	}
	return nil
}

// path is safe for ids that messageID made or idPattern matched: digits only.
func (in *Inbox) path(m Message) string {
	return filepath.Join(in.opts.Dir, m.ID+extensions[m.Channel])
}
