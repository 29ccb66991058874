package operate

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The values of an attempt that the model looks at.
const (
	address = iota
	network
	country
	agent
	browser
	system
	kind
	values
)

// attempt is a row, with hashes for texts.
type attempt struct {
	at, row                       int64
	user                          uint64
	of                            [values]uint64
	successful, attack, takenOver bool
}

// The columns by their names in the data set: the values first, in their order.
var columns = [...]string{
	"IP Address", "ASN", "Country", "User Agent String", "Browser Name and Version", "OS Name and Version", "Device Type",
	"User ID", "Login Timestamp", "Login Successful", "Is Attack IP", "Is Account Takeover",
}

const (
	userColumn = values + iota
	timeColumn
	successfulColumn
	attackColumn
	takenOverColumn
)

// longestRow is the most that is kept of a file at once. A row is a line: an open
// quotation mark spoils its own row and no other.
const longestRow = 64 << 10

// dataset is the file, and what was wrong with it.
type dataset struct {
	path    string
	bar     *progress
	rows    int64
	bad     int64
	example string // what the first bad row was
}

// lines hands the CSV reader one line at a time.
type lines struct{ rest []byte }

func (l *lines) Read(into []byte) (int, error) {
	if len(l.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(into, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// read visits the rows in the order of the file.
func (d *dataset) read(ctx context.Context, label string, visit func(attempt) error) error {
	f, err := os.Open(d.path)
	if err != nil {
		return err
	}
	defer f.Close()
	about, err := f.Stat()
	if err != nil {
		return err
	}
	d.bar.begin(label, about.Size())
	d.rows, d.bad, d.example = 0, 0, ""

	in, line := bufio.NewReaderSize(f, longestRow), new(lines)
	parser := csv.NewReader(line)
	parser.ReuseRecord = true
	var where [len(columns)]int
	read := int64(0)
	for number := int64(1); ; number++ {
		if number%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		text, n, err := nextLine(in)
		read += n
		d.bar.at(read)
		switch {
		case errors.Is(err, io.EOF) && number == 1:
			return fmt.Errorf("%s is empty; give a CSV file with the columns of the data set das-group/rba-dataset", d.path)
		case errors.Is(err, io.EOF):
			d.bar.end()
			return nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return err
		case err == nil && len(bytes.TrimSpace(text)) == 0 && number > 1:
			continue
		}
		var fields []string
		if err == nil {
			line.rest = text
			fields, err = parser.Read()
		} else {
			err = fmt.Errorf("it is longer than %d bytes", longestRow)
		}
		if number == 1 {
			if err == nil {
				where, err = header(fields)
			}
			if err != nil {
				return fmt.Errorf("%s: the first row: %w", d.path, err)
			}
			continue
		}
		d.rows++
		var a attempt
		if err == nil {
			a, err = parseRow(fields, where)
		}
		if err != nil {
			if d.bad++; d.bad == 1 {
				var parse *csv.ParseError
				if errors.As(err, &parse) {
					err = parse.Err
				}
				d.example = fmt.Sprintf("line %d: %v", number, err)
			}
			continue
		}
		a.row = number
		if err := visit(a); err != nil {
			return err
		}
	}
}

// nextLine gives a line, how many bytes it took, and ErrBufferFull for one that is
// too long, of which nothing is kept.
func nextLine(in *bufio.Reader) (line []byte, n int64, err error) {
	line, err = in.ReadSlice('\n')
	n = int64(len(line))
	if errors.Is(err, io.EOF) && n > 0 {
		err = nil
	}
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, n, err
	}
	for {
		more, rest := in.ReadSlice('\n')
		n += int64(len(more))
		switch {
		case rest == nil || errors.Is(rest, io.EOF):
			return nil, n, err
		case !errors.Is(rest, bufio.ErrBufferFull):
			return nil, n, rest
		}
	}
}

// header finds the columns, in whatever order.
func header(names []string) (where [len(columns)]int, err error) {
	names = slices.Clone(names)
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	var missing []string
	for i, column := range columns {
		if where[i] = slices.Index(names, column); where[i] < 0 {
			missing = append(missing, fmt.Sprintf("%q", column))
		}
	}
	if missing != nil {
		err = fmt.Errorf("there is no column %s; the names are those of the data set das-group/rba-dataset", strings.Join(missing, ", "))
	}
	return where, err
}

func parseRow(fields []string, where [len(columns)]int) (a attempt, err error) {
	at, err := time.Parse(time.DateTime, fields[where[timeColumn]])
	if err != nil {
		at, err = time.Parse(time.RFC3339, fields[where[timeColumn]])
	}
	if err != nil {
		return a, fmt.Errorf("%s is not a time such as 2020-02-03 12:43:30.772", columns[timeColumn])
	}
	a.at = at.UnixMilli()
	if fields[where[userColumn]] == "" {
		return a, fmt.Errorf("%s is empty", columns[userColumn])
	}
	a.user = hash(userColumn, fields[where[userColumn]])
	for i := range a.of {
		a.of[i] = hash(i, fields[where[i]])
	}
	for _, flag := range []struct {
		column int
		into   *bool
	}{{successfulColumn, &a.successful}, {attackColumn, &a.attack}, {takenOverColumn, &a.takenOver}} {
		switch fields[where[flag.column]] {
		case "True", "true", "1":
			*flag.into = true
		case "False", "false", "0":
		default:
			return a, fmt.Errorf("%s is neither True nor False", columns[flag.column])
		}
	}
	return a, nil
}

// errUnordered ends the look at whether a file is in the order of time.
var errUnordered = errors.New("not in the order of time")

// inOrder prepares the replay: it looks through the file, and where that is not in
// the order of time, sorts it into temp. The function that it gives visits all
// attempts in that order. first sees every attempt beforehand, some of them twice.
func (d *dataset) inOrder(ctx context.Context, temp string, first func(attempt)) (func(visit func(attempt) error) error, error) {
	last := int64(-1 << 63)
	err := d.read(ctx, "Reading", func(a attempt) error {
		first(a)
		if a.at < last {
			return errUnordered
		}
		last = a.at
		return nil
	})
	if err == nil {
		return func(visit func(attempt) error) error { return d.read(ctx, "Replaying", visit) }, nil
	}
	if !errors.Is(err, errUnordered) {
		return nil, err
	}
	s := sorter{folder: temp}
	err = d.read(ctx, "Sorting", func(a attempt) error {
		first(a)
		return s.add(ctx, a)
	})
	if err == nil {
		err = s.spill(ctx)
	}
	if err != nil {
		return nil, err
	}
	return func(visit func(attempt) error) error {
		good, done := d.rows-d.bad, int64(0)
		d.bar.begin("Replaying", good)
		err := s.merge(ctx, func(a attempt) error {
			done++
			d.bar.at(done)
			return visit(a)
		})
		if err == nil {
			d.bar.end()
		}
		return err
	}, nil
}

// sorter sorts more than fits into memory: sorted pieces in files, then merged.
type sorter struct {
	folder string
	piece  []attempt
	files  []string
	made   int
}

// A piece is some 50 MB; more open files than mostFiles are not needed.
const (
	pieceRows = 500_000
	mostFiles = 200
)

func byTime(a, b attempt) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.row, b.row)) }

func (s *sorter) add(ctx context.Context, a attempt) error {
	s.piece = append(s.piece, a)
	if len(s.piece) < pieceRows {
		return nil
	}
	return s.spill(ctx)
}

// spill writes the piece; too many of them become one.
func (s *sorter) spill(ctx context.Context) error {
	slices.SortFunc(s.piece, byTime)
	piece := s.piece
	name, err := s.write(func(put func(attempt) error) error {
		for _, a := range piece {
			if err := put(a); err != nil {
				return err
			}
		}
		return nil
	})
	s.piece, s.files = s.piece[:0], append(s.files, name)
	if err != nil || len(s.files) < mostFiles {
		return err
	}
	whole, err := s.write(func(put func(attempt) error) error { return s.merge(ctx, put) })
	if err != nil {
		return err
	}
	for _, old := range s.files {
		if err := os.Remove(old); err != nil {
			return err
		}
	}
	s.files = []string{whole}
	return nil
}

func (s *sorter) write(fill func(put func(attempt) error) error) (name string, err error) {
	s.made++
	name = filepath.Join(s.folder, fmt.Sprintf("piece-%d", s.made))
	f, err := os.Create(name)
	if err != nil {
		return name, err
	}
	w := bufio.NewWriterSize(f, 1<<16)
	var room [packed]byte
	err = fill(func(a attempt) error {
		_, err := w.Write(pack(room[:0], a))
		return err
	})
	return name, errors.Join(err, w.Flush(), f.Close())
}

// packed is the size of an attempt in a piece.
const packed = 3*8 + values*8 + 1

func pack(to []byte, a attempt) []byte {
	to = binary.LittleEndian.AppendUint64(to, uint64(a.at))
	to = binary.LittleEndian.AppendUint64(to, uint64(a.row))
	to = binary.LittleEndian.AppendUint64(to, a.user)
	for _, v := range a.of {
		to = binary.LittleEndian.AppendUint64(to, v)
	}
	flags := byte(0)
	for i, set := range []bool{a.successful, a.attack, a.takenOver} {
		if set {
			flags |= 1 << i
		}
	}
	return append(to, flags)
}

func unpack(from []byte) (a attempt) {
	next := func() (n uint64) {
		n, from = binary.LittleEndian.Uint64(from), from[8:]
		return n
	}
	a.at, a.row, a.user = int64(next()), int64(next()), next()
	for i := range a.of {
		a.of[i] = next()
	}
	a.successful, a.attack, a.takenOver = from[0]&1 > 0, from[0]&2 > 0, from[0]&4 > 0
	return a
}

// heads are the pieces by the first attempt that each still holds.
type heads []head

type head struct {
	attempt
	rest *bufio.Reader
}

func (h heads) Len() int           { return len(h) }
func (h heads) Less(i, j int) bool { return byTime(h[i].attempt, h[j].attempt) < 0 }
func (h heads) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *heads) Push(x any)        { *h = append(*h, x.(head)) }
func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// next reads the following attempt; false is the end of the piece.
func (h *head) next() (bool, error) {
	var room [packed]byte
	_, err := io.ReadFull(h.rest, room[:])
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	h.attempt = unpack(room[:])
	return err == nil, err
}

func (s *sorter) merge(ctx context.Context, visit func(attempt) error) error {
	var h heads
	for _, name := range s.files {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		one := head{rest: bufio.NewReaderSize(f, 1<<16)}
		if more, err := one.next(); err != nil {
			return err
		} else if more {
			h = append(h, one)
		}
	}
	heap.Init(&h)
	for n := 1; len(h) > 0; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := visit(h[0].attempt); err != nil {
			return err
		}
		more, err := h[0].next()
		switch {
		case err != nil:
			return err
		case more:
			heap.Fix(&h, 0)
		default:
			heap.Pop(&h)
		}
	}
	return nil
}
