package models

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// The kinds of identifiers, and the channels that reach them.
const (
	kindEmail = "email"
	kindPhone = "phone"

	ChannelEmail = "email"
	ChannelSMS   = "sms"
)

// Phone is a number that was typed and can be texted.
type Phone struct {
	Value    string // E.164, such as +436641234567
	Country  string // ISO 3166, such as AT
	Landline bool   // probably: it may get no texts
}

// maxPhone bounds what is read as a number, in bytes, and minPhone its E.164: the +
// and seven digits, the least that a text is sent to.
const (
	maxPhone = 64
	minPhone = 8
)

// ParsePhone reads a number in any notation. countries is where texts may go
// (ISO 3166); a number without a country code is read as one of the first. The
// reason is a slug, empty where the number is good.
func ParsePhone(typed string, countries []string) (Phone, string) {
	typed = strings.TrimSpace(typed)
	switch {
	case typed == "":
		return Phone{}, "empty"
	case len(countries) == 0:
		return Phone{}, "texts_off"
	case len(typed) > maxPhone, strings.ContainsAny(typed, "\x00\r\n"):
		return Phone{}, "not_a_number"
	}
	n, err := phonenumbers.Parse(typed, countries[0])
	if err != nil || n.GetExtension() != "" || !phonenumbers.IsValidNumber(n) {
		return Phone{}, "not_a_number"
	}
	p := Phone{Value: phonenumbers.Format(n, phonenumbers.E164), Country: phonenumbers.GetRegionCodeForNumber(n)}
	if len(p.Value) < minPhone {
		return Phone{}, "not_a_number"
	}
	allowed := false
	for _, c := range countries {
		allowed = allowed || strings.EqualFold(c, p.Country)
	}
	if !allowed {
		return Phone{}, "country"
	}
	// What is refused costs the caller or us by the text, or reaches no person
	// (SECURITY.md D1).
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE, phonenumbers.VOIP, phonenumbers.PERSONAL_NUMBER:
		return p, ""
	case phonenumbers.FIXED_LINE:
		p.Landline = true
		return p, ""
	}
	return Phone{}, "type"
}

// Mask shows just enough of where a message goes for its owner to know it:
// 'm***@example.com', 'number ending 42'.
func Mask(channel, destination string) string {
	if channel == ChannelSMS {
		return "number ending " + destination[max(0, len(destination)-2):]
	}
	return MaskEmail(destination)
}

// countryOf is the country of a number in E.164, ISO 3166; "" where none has it.
func countryOf(number string) string {
	n, err := phonenumbers.Parse(number, "")
	if err != nil {
		return ""
	}
	return phonenumbers.GetRegionCodeForNumber(n)
}

// isVoIP says whether a number in E.164 is one of an internet service.
func isVoIP(number string) bool {
	n, err := phonenumbers.Parse(number, "")
	return err == nil && phonenumbers.GetNumberType(n) == phonenumbers.VOIP
}
