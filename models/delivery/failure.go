package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"regexp"
	"strings"
	"unicode"

	"github.com/wneessen/go-mail"
)

// Why a message was not taken. The slugs are kept with the message: the code page says them in words.
const (
	NoMailbox   = "no_mailbox"  // the mailbox does not exist
	NoNumber    = "no_number"   // the number does not exist, or takes no texts
	Rejected    = "rejected"    // refused for good for another reason
	Deferred    = "deferred"    // the server asks to come again
	Unreachable = "unreachable" // no connection, no TLS, or it broke
	Auth        = "auth"        // the server does not take our credentials: the operator has to act
	NotFrom     = "not_from"    // the server does not take mail from our address: the operator has to act
	TextsOff    = "texts_off"   // a text, and no gateway is set up
	TooLate     = "too_late"    // its code must not be sent any more: expired, or its key is gone
	Fault       = "fault"       // a defect of ours, or of the settings
)

// Failure is why a message was not delivered. Permanent means that trying again cannot help.
type Failure struct {
	Permanent bool
	Reason    string
	Detail    string // the server's words, cut, without codes and addresses
}

func (f *Failure) Error() string {
	if f.Detail == "" {
		return f.Reason
	}
	return f.Reason + ": " + f.Detail
}

// stage is how far the exchange of one mail got. What a refusal means depends on what was refused.
type stage int

const (
	connecting   stage = iota // to AUTH inclusive: says nothing about the recipient
	askingSender              // MAIL FROM
	askingMailbox
	askingData
	sending // the content is on its way: the server may have it
)

// classify says what err means at a stage. Until the recipient is named every refusal is about us or the server and passes,
// as does one that names our address later (RFC 3463 3.2): a mended setting delivers what waits. The recipient's mailbox is
// judged by RCPT alone, or by a status that names it.
func classify(ctx context.Context, at stage, err error) *Failure {
	f := &Failure{Reason: Unreachable, Detail: err.Error()}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		f.Detail = fmt.Sprintf("%d %s", reply.Code, reply.Msg)
	}
	switch {
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		f.Detail = "no answer in time"
	case at == connecting && refusedLogin(err):
		f.Reason = Auth
	case reply == nil:
		// The network spoke, not the server.
	case reply.Code/100 == 4:
		f.Reason = Deferred
	case reply.Code/100 != 5 || at == connecting:
	case reply.Code == 530 || reply.Code == 534 || reply.Code == 535 || reply.Code == 538:
		f.Reason = Auth
	case at == askingSender, aboutSender.MatchString(reply.Msg):
		f.Reason = NotFrom
	case missing(at, reply):
		f.Permanent, f.Reason = true, NoMailbox
	default:
		f.Permanent, f.Reason = true, Rejected
	}
	return f
}

// refusedLogin says whether authentication failed by the server's or the client's decision, not because the line broke.
// Two of the client's refusals have no error value, only the words.
func refusedLogin(err error) bool {
	var broken net.Error
	if errors.As(err, &broken) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	var reply *textproto.Error
	if errors.As(err, &reply) && reply.Code == 421 {
		return false
	}
	return errors.Is(err, mail.ErrNoSupportedAuthDiscovered) || strings.Contains(err.Error(), "SMTP AUTH")
}

// enhanced is the status of RFC 3463 that may follow the code.
var enhanced = regexp.MustCompile(`^5\.(\d{1,3})\.(\d{1,3})\b`)

// aboutSender is the status of a refusal for the sender's address, which many servers keep back until RCPT.
var aboutSender = regexp.MustCompile(`^5\.1\.[78]\b`)

// missing says whether a 5xx means that the mailbox is not there.
func missing(at stage, reply *textproto.Error) bool {
	if reply.Code != 550 && reply.Code != 551 && reply.Code != 553 {
		return false
	}
	if status := enhanced.FindStringSubmatch(reply.Msg); status != nil {
		return at >= askingMailbox && status[1] == "1"
	}
	return at == askingMailbox
}

// mostDetail is how many characters of a server's words are kept.
const mostDetail = 200

// anAddress is whatever looks like an e-mail address.
var anAddress = regexp.MustCompile(`[^\s<>"(),:;\[\]]+@[^\s<>"(),:;\[\]]+`)

// scrub makes a server's words fit to be kept and shown to staff: one line, cut, without addresses and without the code
// (a server that refuses for the subject may quote it).
func scrub(words, code string) string {
	words = anAddress.ReplaceAllString(plainLine(words), "(address)")
	if code != "" {
		words = strings.ReplaceAll(words, code, "(code)")
	}
	if r := []rune(words); len(r) > mostDetail {
		words = string(r[:mostDetail-1]) + "…"
	}
	return words
}

// plainLine puts a space for all that is not plainly seen.
func plainLine(words string) string {
	words = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.IsSpace(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, words)
	return strings.Join(strings.Fields(words), " ")
}
