package operate

import (
	"fmt"
	"strings"
	"testing"
)

// A variable that is no option's is told with the option that may be meant; those of
// the tests, and of Kubernetes, are somebody else's.
func TestMisspeltVariables(t *testing.T) {
	known := optionNames()
	for pair, want := range map[string]string{
		"ADMITONE_LISTEN=127.0.0.1:1": "", "ADMITONE_SMS_COUNTRIES=AT": "", "ADMITONE_DKIM_SELECTOR=mail": "", "ADMITONE_STARTS_IN=1h": "",
		"ADMITONE_TEST_POSTGRES=x": "", "ADMITONE_SEED=1": "", "ADMITON=x": "", "PATH=/bin": "",
		"ADMITONE_LISTN=x": "write ADMITONE_LISTEN,", "ADMITONE_MAILFROM=x": "write ADMITONE_MAIL_FROM,", "ADMITONE_PUBLIC_ULR=x": "write ADMITONE_PUBLIC_URL,",
		"ADMITONE_SMS_COUNTRY=AT": "write ADMITONE_SMS_COUNTRIES,", "ADMITONE_PASSWORD_OF_MAIL=secret": "README.md", "ADMITONE_PORT=8080": "take it out",
	} {
		said := fmt.Sprint(misspelt([]string{"HOME=/", pair}, known))
		if (said == "[]") != (want == "") || !strings.Contains(said, want) || strings.Contains(said, "secret") {
			t.Errorf("%s: %s", pair, said)
		}
	}
	kubernetes := []string{"ADMITONE_SERVICE_HOST=10.0.0.1", "ADMITONE_SERVICE_PORT=80", "ADMITONE_PORT=tcp://10.0.0.1:80", "ADMITONE_PORT_80_TCP_ADDR=10.0.0.1"}
	if said := misspelt(kubernetes, known); len(said) > 0 {
		t.Errorf("%v", said)
	}
}
