package models

import "testing"

func TestDidYouMean(t *testing.T) {
	for typed, want := range map[string]string{
		"mara@gmial.com": "mara@gmail.com", "mara@gmai.com": "mara@gmail.com", "mara@gmaill.com": "mara@gmail.com", "mara@gmsil.com": "mara@gmail.com",
		"mara@gmail.con": "mara@gmail.com", "mara@gmail.co": "mara@gmail.com", "mara@gmailcom": "mara@gmail.com", "mara@GMIAL.com": "mara@gmail.com",
		"Mara.M+tv@outlok.com": "Mara.M+tv@outlook.com", "mara@hotnail.com": "mara@hotmail.com", "mara@gmx.ne": "mara@gmx.net", "mara@posteo.ed": "mara@posteo.de",
		// Right ones, also where another one is one stroke away.
		"mara@gmail.com": "", "mara@gmx.de": "", "mara@gmx.at": "", "mara@gmx.net": "", "mara@live.com": "", "mara@GMail.com": "", "mara@msn.com": "",
		// Too far, or no address.
		"mara@gm.com": "", "mara@example.com": "", "mara@gmailx.org": "", "mara@": "", "mara": "", "": "", "@": "", "mara@liam.gmoc": "",
	} {
		if got := DidYouMean(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

// It is a hint: whatever is typed it neither fails nor names what is not a host
// that many people have.
func FuzzDidYouMean(f *testing.F) {
	for _, s := range []string{"mara@gmial.com", "@", "a@b@gmail.co", "mara@gmx.", "\x00@gmail.con"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		if got := DidYouMean(typed); got != "" && (got == typed || DidYouMean(got) != "") {
			t.Fatalf("%q: %q", typed, got)
		}
	})
}
