package operate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"admitone/content"
	"admitone/models"
	"admitone/models/delivery"
)

// SendTestCommand sends one real message the way that codes go, and tells what the
// peer says to it.
type SendTestCommand struct {
	To string `required:"" help:"An email address, or a phone number such as '+43 664 1234567'."`
}

// kindTest names the words of the message, in content/messages.
const kindTest = "test"

func (s SendTestCommand) do(ctx context.Context, call Call) error {
	set, err := call.Check()
	if err != nil {
		return err
	}
	facts := content.Mail{
		Brand: set.Brand, BaseURL: set.Public.String(), LegalName: set.LegalName,
		AskedAt: call.Now().UTC(), Zone: set.Zone,
	}
	begun := call.Now()
	var peer, to, said string
	if strings.Contains(s.To, "@") {
		peer, to, said, err = s.mail(ctx, set, facts, call.Refusal)
	} else {
		peer, to, said, err = s.text(ctx, set, facts)
	}
	took := call.Now().Sub(begun).Seconds()
	var f *delivery.Failure
	if errors.As(err, &f) {
		said, mend := inWordsOfPeer(f)
		return fmt.Errorf("send-test: not taken by %s after %.1f s: %s; %s", peer, took, said, mend)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(call.Out, "Taken for %s by %s after %.1f s: %s\nLook whether it has arrived, and where: that is all that only you can see.\n", to, peer, took, said)
	return err
}

func (s SendTestCommand) mail(ctx context.Context, set Setup, facts content.Mail, why func(field, reason string) string) (peer, to, said string, err error) {
	email, reason := models.ParseEmail(s.To)
	if reason != "" {
		return "", "", "", fmt.Errorf("--to: %q is not an address that can be used. %s", s.To, why("email", reason))
	}
	if set.DevInbox {
		return "", "", "", errors.New("--smtp: no mail server is set, so mails are caught in the test inbox of the running server, and a test would prove nothing; give one, such as smtp://user:pass@mail.example.com:587")
	}
	sender, err := delivery.NewSender(set.SMTP, set.From, set.Brand)
	if err != nil {
		return "", "", "", fmt.Errorf("--mail-from: %w", err)
	}
	defer sender.Close()
	parts, err := content.Compose(kindTest, "", facts)
	if err != nil {
		return "", "", "", err
	}
	id := facts.AskedAt.String() // each test is a message of its own
	said, err = sender.Send(ctx, delivery.Letter{ID: id, To: email.Shown, Date: facts.AskedAt, Parts: parts})
	return set.SMTP.String(), email.Shown, said, err
}

func (s SendTestCommand) text(ctx context.Context, set Setup, facts content.Mail) (peer, to, said string, err error) {
	if set.SMS == nil {
		return "", "", "", fmt.Errorf("--to: %q is no email address, and for texts no gateway is set; give an address, or set one up (README.md, 'Texts')", s.To)
	}
	phone, reason := models.ParsePhone(s.To, set.Countries)
	switch reason {
	case "":
	case "country":
		return "", "", "", fmt.Errorf("--to: %s is in a country that no text goes to; add it to --sms-countries, which has %s", s.To, strings.Join(set.Countries, ","))
	default:
		return "", "", "", fmt.Errorf("--to: %q is neither an email address nor a number that gets texts; write it like +43 664 1234567", s.To)
	}
	gateway, err := delivery.NewGateway(*set.SMS)
	if err != nil {
		return "", "", "", err
	}
	defer gateway.Close()
	words, err := content.Text(kindTest, "", facts)
	if err != nil {
		return "", "", "", err
	}
	said, err = gateway.Send(ctx, delivery.Text{ID: "test", To: phone.Value, Words: words})
	return set.SMS.String(), phone.Value, said, err
}

// inWordsOfPeer says why a peer took nothing, with its own words, and what to do.
func inWordsOfPeer(f *delivery.Failure) (said, mend string) {
	switch f.Reason {
	case delivery.NoMailbox:
		said, mend = "there is no such mailbox", "look at the address"
	case delivery.NoNumber:
		said, mend = "there is no such number, or it gets no texts", "look at the number"
	case delivery.Rejected:
		said, mend = "it refuses for good", "its words say why; with mail, often the address of --mail-from is not one that it may send"
	case delivery.Deferred:
		said, mend = "it asks to come again later", "some do with whom they do not know: try again in a few minutes"
	case delivery.Auth:
		if strings.Contains(f.Detail, "SMTP AUTH") { // the client's words: the server was asked nothing
			said, mend = "it takes no user and password there", "use its port for who sends (587 or 465), or leave user and password out"
			break
		}
		said, mend = "it does not take user and password", "compare both with the provider's; in --smtp special characters are written as %xx"
	case delivery.NotFrom:
		said, mend = "it takes no mail from your address", "set --mail-from to an address that it may send, or have its provider say which"
	case delivery.Unreachable:
		said, mend = unreached(f.Detail)
	default:
		said, mend = "the message cannot be sent as the options stand", "look at them"
	}
	if f.Detail != "" {
		said += " (" + f.Detail + ")"
	}
	return said, mend
}

func unreached(detail string) (said, mend string) {
	switch {
	case strings.Contains(detail, "STARTTLS"):
		return "it offers no STARTTLS there", "use its port for it (587), or ?tls=tls with its port for TLS (465)"
	case strings.Contains(detail, "first record does not look like a TLS handshake"):
		return "it speaks no TLS there", "use ?tls=starttls, or its port for TLS (465)"
	case strings.Contains(detail, "x509"), strings.Contains(detail, "certificate"):
		return "its certificate is not to be trusted", "give the name that the certificate is for, and not an address"
	}
	return "no connection", "look at its address and port, and whether a firewall lets this machine out"
}
