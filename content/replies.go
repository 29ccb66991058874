package content

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/BurntSushi/toml"
)

// Replies lists the saved replies, by their file's name.
func (h *Help) Replies() []Reply { return h.replies }

// readReplies reads what staff often say. It is plain text: it goes into a box
// where it is read once more and changed.
func readReplies(in fs.FS, f HelpFacts) ([]Reply, error) {
	names, err := fs.Glob(in, path.Join("replies", english, "*.md"))
	if err != nil {
		return nil, err
	}
	var replies []Reply
	for _, name := range names {
		source, err := fs.ReadFile(in, name)
		if err != nil {
			return nil, err
		}
		slug := strings.TrimSuffix(path.Base(name), ".md")
		r, err := readReply(slug, string(source), f)
		if err != nil {
			return nil, fmt.Errorf("saved reply %s.md: %w", slug, err)
		}
		replies = append(replies, r)
	}
	return replies, nil
}

func readReply(slug, source string, f HelpFacts) (Reply, error) {
	head, body, err := split(source)
	if err != nil {
		return Reply{}, err
	}
	var front struct{ Title string }
	if err := decode(head, &front); err != nil {
		return Reply{}, err
	}
	text, err := fill(body, f)
	if err != nil {
		return Reply{}, err
	}
	if text = strings.TrimSpace(text); front.Title == "" || text == "" {
		return Reply{}, errors.New("it needs a title and a text")
	}
	return Reply{Slug: slug, Title: front.Title, Text: text}, nil
}

// fence stands above and below the front matter.
const fence = "+++\n"

// split takes the front matter off a file.
func split(source string) (head, body string, err error) {
	source, opened := strings.CutPrefix(source, fence)
	head, body, closed := strings.Cut(source, "\n"+fence)
	if !opened || !closed {
		return "", "", errors.New("it must begin with front matter between lines of +++")
	}
	return head, body, nil
}

// decode reads front matter and refuses what nobody would read.
func decode(head string, to any) error {
	meta, err := toml.Decode(head, to)
	if err != nil {
		return err
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return fmt.Errorf("%s is no front matter here", extra[0])
	}
	return nil
}
