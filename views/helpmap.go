package views

import (
	"slices"
	"strings"
)

// Which answers stand beside which screen. Everything that a person can see is
// here: a screen, an error or a wait that is missing is a test that fails.

// helps are the answers of one screen.
type helps struct {
	inline string   // the article, or article#part, whose text is on the page
	slugs  []string // at most three links
}

// helpAt is by screen; those of codes are by purpose and channel.
var helpAt = map[string]helps{
	"sign_in":         {slugs: []string{"reset-password", "lost-email", "real-message"}},
	"sign_in refused": {inline: "reset-password", slugs: []string{"lost-email", "real-message"}}, // more than once
	"refused":         {slugs: []string{"unusual-sign-in", "lost-email", "someone-using"}},
	"sign_up":         {slugs: []string{"what-is-a-code", "keep-safe"}},
	"reset":           {slugs: []string{"reset-password", "lost-email", "who-can-trigger"}},
	"reset_link":      {slugs: []string{"reset-password", "real-message"}},
	"reset_new":       {slugs: []string{"reset-password", "change-password"}},
	"another":         {slugs: []string{"how-codes-arrive", "lost-email", "lost-phone"}},
	"reauth":          {slugs: []string{"codes-for-changes", "how-codes-arrive"}},
	"reauth_password": {slugs: []string{"codes-for-changes", "lost-email"}},
	"reauth_moved":    {slugs: []string{"signed-in-elsewhere", "someone-using", "lost-email"}},
	"activity":        {slugs: []string{"someone-using", "why-a-code"}},
	"email":           {slugs: []string{"change-email", "contact-details"}},
	"phone":           {slugs: []string{"change-phone", "texts-abroad"}},
	"phone_remove":    {slugs: []string{"change-phone", "lost-phone"}},
	"password":        {slugs: []string{"change-password", "reset-password"}},
	"two_step":        {slugs: []string{"two-step-on"}},
	"two_step_off":    {slugs: []string{"turn-off", "why-codes-matter"}},
	"devices":         {slugs: []string{"devices", "someone-using"}},
	"everywhere":      {slugs: []string{"sign-out-everywhere"}},
	"close":           {slugs: []string{"close-account"}},
	"not_me":          {inline: "didnt-request", slugs: []string{"someone-using", "change-password"}},
	"undo":            {slugs: []string{"codes-for-changes", "someone-using"}},

	"code sign_up email": {inline: "no-code#email", slugs: []string{"email-rules", "what-is-a-code"}},
	"code sign_up sms":   {inline: "no-code#text", slugs: []string{"texts-abroad", "what-is-a-code"}},
	"code sign_in email": {inline: "no-code#email", slugs: []string{"email-rules", "lost-email"}},
	"code sign_in sms":   {inline: "no-code#text", slugs: []string{"texts-abroad", "lost-phone"}},
	"code step_up email": {inline: "no-code#email", slugs: []string{"email-rules", "codes-for-changes"}},
	"code step_up sms":   {inline: "no-code#text", slugs: []string{"texts-abroad", "lost-phone"}},
	"code reset email":   {inline: "no-code#reset", slugs: []string{"email-rules", "lost-email"}},
	"code reset sms":     {inline: "no-code#reset", slugs: []string{"texts-abroad", "lost-phone"}},
	"code email email":   {inline: "no-code#email", slugs: []string{"email-rules", "change-email"}},
	"code email sms":     {inline: "no-code#text", slugs: []string{"texts-abroad", "change-phone"}},
	"code phone email":   {inline: "no-code#email", slugs: []string{"email-rules", "change-email"}},
	"code phone sms":     {inline: "no-code#text", slugs: []string{"texts-abroad", "change-phone"}},
	"code undo email":    {inline: "no-code#email", slugs: []string{"email-rules", "lost-email"}},
	"code undo sms":      {inline: "no-code#text", slugs: []string{"texts-abroad", "lost-phone"}},
}

// helpLate comes beside a code that is long in coming.
const helpLate = "late-code"

// own says that the answers of the screen are those of its error too.
var own = []string{}

// helpForErrors is by field and reason, as in fieldErrors. What it names comes
// before the answers of the screen.
var helpForErrors = map[string]map[string][]string{
	"email": {
		"empty": own, "too_long": own, "no_at": own, "quoted": own, "ip_literal": own, "fixed": own, "non_ascii_local": own, "bad_domain": own,
		"bad_characters": own, "same": own, "": own, "credentials": {"reset-password", "lost-email"},
	},
	"password": {
		"empty": own, "too_short": {"change-password"}, "too_long": {"change-password"}, "common": {"change-password"},
		"own_address": {"change-password"}, "brand": {"change-password"}, "bad_characters": {"change-password"}, "": {"change-password"},
	},
	"current_password": {"empty": own, "wrong": {"reset-password"}, "": own},
	"new_password": {
		"empty": own, "too_short": {"change-password"}, "too_long": {"change-password"}, "common": {"change-password"},
		"own_address": {"change-password"}, "brand": {"change-password"}, "bad_characters": {"change-password"}, "same": {"change-password"}, "": {"change-password"},
	},
	"two_step": {"empty": {"two-step-on"}, "": {"two-step-on"}},
	"name":     {"empty": {"devices"}, "too_long": {"devices"}, "bad_characters": {"devices"}, "": {"devices"}},
	"phone": {
		"empty": own, "not_a_number": {"change-phone"}, "type": {"change-phone"}, "landline": {"change-phone"}, "country": {"texts-abroad"},
		"same": own, "no_calls": {"call-us"}, "texts_off": {"how-codes-arrive"}, "purse": {"how-codes-arrive"}, "": own,
	},
	"message": {
		"required": {"live-chat"}, "too_long": {"live-chat"}, "looks_like_code": {"live-chat"}, "ended": {"live-chat"}, "too_many": {"live-chat"},
		"too_soon": {"live-chat"}, "": {"live-chat"},
	},
	"slot": {"taken": {"call-us"}, "": {"call-us"}},
	"way":  {"empty": {"how-codes-arrive"}, "": {"how-codes-arrive"}},
	"code": {
		"empty": {"enter-code"}, "shape": {"enter-code", "autofill"}, "wrong": {"code-wrong", "code-life"}, "expired": {"code-wrong", "code-life"},
		"used": {"code-wrong", "code-life"}, "superseded": {"code-wrong", "enter-code"}, "exhausted": {"too-many-tries", "code-wrong"}, "": {"code-wrong", "enter-code"},
	},
}

// helpForWaits is by the reason of a wait, as in waits.
var helpForWaits = map[string][]string{
	"sign_in":      {"too-many-tries", "reset-password"},
	"sign_up":      {"too-many-tries"},
	"password":     {"too-many-tries", "reset-password"},
	"reset":        {"too-many-tries", "no-code"},
	"password_off": {"too-many-tries", "reset-password"},
	"digits_off":   {"reset-password", "too-many-tries"},
	"reset_tries":  {"too-many-tries", "code-wrong"},
	"code_tries":   {"too-many-tries", "contact"},
	"channel_off":  {"too-many-tries", "contact"},
	"sends":        {"too-many-tries", "no-code"},
	"changes":      {"too-many-tries", "codes-for-changes"},
	"chat":         {"live-chat", "contact"},
	"call":         {"call-us", "contact"},
	"service_code": {"call-us"},
	"busy":         {"status"},
	"slow":         {"status"},
	"exhausted":    {"too-many-tries", "code-wrong"},
	"":             {"too-many-tries"},
}

// helpForProblems is by kind, as in problems. A page that is not there has the
// search instead.
var helpForProblems = map[string][]string{
	"not_found":   own,
	"forbidden":   {"using-help", "contact"},
	"method":      {"using-help"},
	"too_large":   {"using-help"},
	"bad_request": {"using-help", "contact"},
	"conflict":    {"using-help", "contact"},
	"server":      {"status", "contact"},
	"away":        {"status"},
	"busy":        {"status"},
	"too_many":    {"too-many-tries"},
}

// helpForDeliveries is by channel and state of a message that has trouble.
var helpForDeliveries = map[string]string{
	"email delayed": "late-code", "email refused": "lost-email", "email dropped": "email-rules",
	"sms delayed": "late-code", "sms refused": "texts-abroad", "sms undelivered": "texts-abroad", "sms dropped": "texts-abroad",
}

// helpForUndo is by the reason that a change cannot be taken back.
var helpForUndo = map[string][]string{"over": {"codes-for-changes", "someone-using"}, "taken": {"someone-using", "contact"}}

// mostHelps is how many links a screen may have.
const mostHelps = 3

// helpLinksAt gives the answers of a screen: those of its errors first.
func helpLinksAt(screen string, errors []FieldError) []string {
	list := make([]string, 0, mostHelps)
	add := func(slugs []string) {
		for _, slug := range slugs {
			if len(list) < mostHelps && !slices.Contains(list, slug) {
				list = append(list, slug)
			}
		}
	}
	for _, e := range errors {
		reasons := helpForErrors[e.Field]
		slugs, ok := reasons[e.Reason]
		if !ok {
			slugs = reasons[""]
		}
		add(slugs)
	}
	add(helpAt[screen].slugs)
	return list
}

// helpForWait gives the answers of a wait.
func helpForWait(reason string) []string {
	if slugs, ok := helpForWaits[reason]; ok {
		return slugs
	}
	return helpForWaits[""]
}

// helpForCode gives the answers of a refused code alone: those of the page stand
// in its own list.
func helpForCode(errors []FieldError) []string { return helpLinksAt("", errors) }

// deliveryHelp is the answer to a message in trouble, "" where there is none.
func (c Code) deliveryHelp() string {
	channel := "email "
	if c.sms() {
		channel = "sms "
	}
	return helpForDeliveries[channel+c.Delivery.State]
}

// HelpInline says which text of the help centre a screen shows: an article and,
// where it is not the whole, its part.
func HelpInline(screen string) (slug, part string) {
	slug, part, _ = strings.Cut(helpAt[screen].inline, "#")
	return slug, part
}

// HelpScreens are the screens that show a text of the help centre.
func HelpScreens() (list []string) {
	for screen, at := range helpAt {
		if at.inline != "" {
			list = append(list, screen)
		}
	}
	return list
}

// HelpScreen names the screen of a code.
func (c Code) HelpScreen() string {
	channel := "email"
	if c.sms() {
		channel = "sms"
	}
	return "code " + c.Purpose + " " + channel
}

// helpTitles are the titles of the articles above, as the help centre has them.
var helpTitles = map[string]string{
	"call-us":             "Call us and your service code",
	"live-chat":           "Use live chat",
	"autofill":            "Autofill and paste not working",
	"change-email":        "Change your email address",
	"change-password":     "Change your password",
	"change-phone":        "Add, change or remove your phone number",
	"close-account":       "Close my account, take my data",
	"code-life":           "How long does a code last?",
	"code-wrong":          "The code says wrong or expired",
	"codes-for-changes":   "Codes when you change your password, email or phone",
	"contact":             "Contact support",
	"contact-details":     "Keep your email address and phone number up to date",
	"devices":             "See and sign out devices",
	"email-rules":         "Let our mail through: rules for the common mail providers",
	"enter-code":          "Enter your code",
	"how-codes-arrive":    "How do I receive my code?",
	"keep-safe":           "Keep codes and your account safe",
	"late-code":           "My code is late",
	"lost-email":          "I can't get into my email any more",
	"lost-phone":          "I lost my phone or changed number",
	"no-code":             "My code didn't arrive",
	"real-message":        "Is this message really from us?",
	"reset-password":      "Reset a forgotten password",
	"signed-in-elsewhere": "Why must I confirm a session that was open already?",
	"sign-out-everywhere": "Sign out everywhere",
	"someone-using":       "Someone is using my account",
	"status":              "Service status",
	"texts-abroad":        "Texts abroad, short codes, carrier blocks",
	"too-many-tries":      "Too many tries: how long do I wait?",
	"turn-off":            "Can I turn verification codes off?",
	"two-step-on":         "Turn on two-step verification",
	"unusual-sign-in":     "Why was my sign-in checked or refused?",
	"using-help":          "Find answers in the Help Centre",
	"what-is-a-code":      "What is a verification code?",
	"who-can-trigger":     "Who can trigger a code?",
	"why-a-code":          "Why did I get a verification code?",
	"why-codes-matter":    "My password is strong - do I need codes?",
}

// HelpLinks gives the titles under which screens lead to articles, so that they
// can be compared with the articles.
func HelpLinks() map[string]string { return helpTitles }
