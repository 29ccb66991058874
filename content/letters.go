package content

import (
	"embed"
	"fmt"
	"html"
	htmltemplate "html/template"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	texttemplate "text/template"
)

//go:embed messages
var files embed.FS

const (
	folder  = "messages"
	english = "en" // the language that has every kind
	words   = "words"
	texts   = "texts" // the words of all texts stand in one file: they are one line each
)

// letter is one kind of mail in one language, parsed.
type letter struct {
	text *texttemplate.Template // also holds the subject
	html *htmltemplate.Template
}

// letterbox is every letter by language and kind. Each is parsed when it is first
// written: all of them take as much memory as the rest of the program.
type letterbox map[string]map[string]func() (letter, error)

// hasCode says whether mails of this kind carry a code: they are drawn as the ticket, those of people's words as a letter, all
// others as a plain notice.
func hasCode(kind string) bool { return strings.HasSuffix(kind, "_code") }

// read finds out which letters there are, once.
var read = sync.OnceValues(func() (letterbox, error) {
	locales, err := files.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	all := letterbox{}
	for _, locale := range locales {
		if !locale.IsDir() {
			continue
		}
		entries, err := files.ReadDir(path.Join(folder, locale.Name()))
		if err != nil {
			return nil, err
		}
		all[locale.Name()] = map[string]func() (letter, error){}
		for _, entry := range entries {
			kind := strings.TrimSuffix(entry.Name(), ".tmpl")
			if kind == words || kind == texts {
				continue
			}
			all[locale.Name()][kind] = sync.OnceValues(func() (letter, error) {
				l, err := parse(kind, locale.Name())
				if err != nil {
					err = fmt.Errorf("mail %s in %s: %w", kind, locale.Name(), err)
				}
				return l, err
			})
		}
	}
	return all, nil
})

// parse reads the shape, the shared words and the kind's own words, in this order: what comes later is said instead.
func parse(kind, locale string) (l letter, err error) {
	shape := "notice"
	switch {
	case hasCode(kind):
		shape = "ticket"
	case slices.Contains(written, kind):
		shape = "letter"
	}
	own := []string{path.Join(folder, locale, words+".tmpl"), path.Join(folder, locale, kind+".tmpl")}
	in := func(ext string) []string {
		return append([]string{path.Join(folder, "frame"+ext), path.Join(folder, shape+ext)}, own...)
	}

	plain := func(s string) string { return s }
	l.text, err = texttemplate.New(kind).Funcs(texttemplate.FuncMap{"strong": plain, "isolate": plain}).ParseFS(files, in(".txt")...)
	if err != nil {
		return letter{}, err
	}
	tag := func(name string) func(string) htmltemplate.HTML {
		return func(s string) htmltemplate.HTML {
			return htmltemplate.HTML("<" + name + ">" + html.EscapeString(s) + "</" + name + ">")
		}
	}
	l.html, err = htmltemplate.New(kind).Funcs(htmltemplate.FuncMap{"strong": tag("b"), "isolate": tag("bdi")}).ParseFS(files, in(".html")...)
	return l, err
}

// spoken is where to look for words: in the language asked for, in its wider form ("de" for "de-AT"), in English.
func spoken(locale string) []string {
	wide, _, _ := strings.Cut(locale, "-")
	return []string{locale, wide, english}
}

// find returns the letter of a kind in the first of these that has it.
func (b letterbox) find(kind, locale string) (letter, error) {
	for _, name := range spoken(locale) {
		if parsed, ok := b[name][kind]; ok {
			return parsed()
		}
	}
	return letter{}, fmt.Errorf("there is no mail of the kind %q", kind)
}

func (b letterbox) kinds() []string { return slices.Sorted(maps.Keys(b[english])) }

// write says the letter for one view.
func (l letter) write(v view) (Parts, error) {
	var subject, text, page strings.Builder
	if err := l.text.ExecuteTemplate(&subject, "subject", v); err != nil {
		return Parts{}, err
	}
	if err := l.text.ExecuteTemplate(&text, "page", v); err != nil {
		return Parts{}, err
	}
	if err := l.html.ExecuteTemplate(&page, "page", v); err != nil {
		return Parts{}, err
	}
	return Parts{Subject: subject.String(), Text: text.String(), HTML: page.String()}, nil
}
