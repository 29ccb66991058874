package operate

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever a file holds, each row is read or counted as bad, and none spoils the one
// after it.
func FuzzRows(f *testing.F) {
	const row = "81.2.69.9,64500,AT,Firefox/140.0,Firefox 140.0,Linux,desktop,mara,2026-11-22 20:14:07.000,True,False,0"
	head := strings.Join(columns[:], ",") + "\n"
	for _, s := range []string{
		row, "\ufeff" + head + row, head, "", "\n\r\n \n", `"`, `"a` + "\n" + row, `a"b,c`, strings.Replace(row, "2026", "yesterday", 1), strings.Replace(row, "mara", "", 1),
		row + "," + row, strings.Replace(row, "20:14:07.000", "20:14:07.000 x", 1), strings.Replace(row, "2026-11-22 20:14:07.000", "2026-11-22T20:14:07+01:00", 1), strings.Repeat(",", 11), "\x00\xff\r",
	} {
		f.Add(s)
	}
	path := filepath.Join(f.TempDir(), "rows.csv")
	read := func(t *testing.T, text string) (d *dataset, last attempt, err error) {
		renew(t, path, text)
		d = &dataset{path: path, bar: &progress{w: io.Discard}}
		seen, ended := int64(0), errors.New("ended")
		err = d.read(t.Context(), "Reading", func(a attempt) error {
			if a.row <= last.row {
				return ended
			}
			seen, last = seen+1, a
			return nil
		})
		if errors.Is(err, ended) {
			t.Errorf("%q: the rows are out of order at %d", text, last.row)
		}
		if err == nil && (seen != d.rows-d.bad || (d.bad > 0) != strings.HasPrefix(d.example, "line ") || d.rows > int64(strings.Count(text, "\n"))) {
			t.Errorf("%q: %d of %d rows, %d bad, %q", text, seen, d.rows, d.bad, d.example)
		}
		return d, last, err
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, _, err := read(t, text); err != nil && !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%q: %v", text, err)
		}
		whole := head + text + "\n" + row
		d, last, err := read(t, whole)
		if err != nil || last.row != int64(strings.Count(whole, "\n"))+1 || !last.successful || last.attack || last.takenOver {
			t.Errorf("%q hides the row after it: %+v, %v, %q", text, last, err, d.example)
		}
	})
}
