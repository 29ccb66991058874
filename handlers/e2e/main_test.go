package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// binary is the built product.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("4") // these tests wait more than they work
	}
	os.Exit(withBinary(m.Run))
}

func withBinary(run func() int) int {
	dir, err := os.MkdirTemp("", "admitone-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "admitone")
	if out, err := build(binary); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	defer func() { closeBrowser() }() // which one that is, a test decides
	return run()
}

// build makes the binary as a user would, in the module's top folder.
func build(to string, env ...string) ([]byte, error) {
	c := exec.Command("go", "build", "-o", to, ".")
	c.Dir = filepath.Join("..", "..")
	c.Env = append(os.Environ(), env...)
	return c.CombinedOutput()
}

// patience bounds every wait. It is far above what anything takes, so that a
// slow machine fails nothing and only what never comes is called missing.
const patience = 3 * time.Minute

// await asks until the answer is there. It is how the tests wait: for what is
// so, never for time to go by.
func await[T any](t testing.TB, what string, ask func() (T, bool)) T {
	t.Helper()
	return awaitFor(t, patience, what, ask)
}

// awaitFor is await for what the product itself makes last longer.
func awaitFor[T any](t testing.TB, longest time.Duration, what string, ask func() (T, bool)) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	every := time.NewTicker(50 * time.Millisecond)
	defer every.Stop()
	for {
		answer, ok := ask()
		if ok {
			return answer
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s; last seen: %v", what, answer)
		case <-every.C:
		}
	}
}

// must gives a value, or ends the test.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
