package operate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"admitone/models/delivery"

	"golang.org/x/net/publicsuffix"
)

// mailServer talks to the mail server as far as a mail would: connection, TLS, login.
func (e examination) mailServer(ctx context.Context) []finding {
	if e.set.DevInbox {
		return nil
	}
	sender, err := delivery.NewSender(e.set.SMTP, e.set.From, e.set.Brand)
	if err == nil {
		err = sender.Try(ctx)
	}
	var f *delivery.Failure
	switch {
	case err == nil && e.set.SMTP.TLS == delivery.TLSNone && !isLoopback(e.set.SMTP.Host):
		return []finding{{look, "mail server", e.set.SMTP.String() + " is reached in the clear: whoever is on the way reads the codes", "say ?tls=starttls or ?tls=tls"}}
	case err == nil && e.set.SMTP.User == "":
		return []finding{fine("mail server", "%s answers; no login is set", e.set.SMTP)}
	case err == nil:
		return []finding{fine("mail server", "%s answers, encrypts and takes the login", e.set.SMTP)}
	case errors.As(err, &f):
		said, mend := inWordsOfPeer(f)
		return []finding{{wrong, "mail server", e.set.SMTP.String() + ": " + said, mend}}
	}
	return []finding{{wrong, "mail server", err.Error(), ""}}
}

// mailDomain looks at what the DNS says of the domain that mails come from: receivers
// throw away, or put into spam, what it does not vouch for.
func (e examination) mailDomain(ctx context.Context) []finding {
	domain := e.set.From[strings.LastIndexByte(e.set.From, '@')+1:]
	if e.set.DevInbox {
		return nil
	}
	return []finding{e.spf(ctx, domain), e.dkim(ctx, domain), e.dmarc(ctx, domain)}
}

// records gives the TXT records that begin with a mark. No record is no error.
func (e examination) records(ctx context.Context, name, mark string) (list []string, err error) {
	all, err := e.resolver.LookupTXT(ctx, name+".") // whole: not below a domain of the machine's own
	var none *net.DNSError
	if errors.As(err, &none) && none.IsNotFound {
		return nil, nil
	}
	for _, r := range all {
		if strings.HasPrefix(strings.ToLower(r), mark) {
			list = append(list, r)
		}
	}
	return list, err
}

func noDNS(about, name string, err error) finding {
	return finding{look, about, "the DNS does not answer for " + name + ": " + innermost(err), "look at this machine's resolver, or ask another by --dns"}
}

// spf: which machines may send for the domain (RFC 7208).
func (e examination) spf(ctx context.Context, domain string) finding {
	list, err := e.records(ctx, domain, "v=spf1")
	if err != nil {
		return noDNS("SPF", domain, err)
	}
	mend := "add a TXT record to " + domain + ` that names your mail server, such as "v=spf1 include:spf.provider.example -all"`
	switch {
	case len(list) == 0:
		return finding{wrong, "SPF", domain + " does not say who may send its mail", mend}
	case len(list) > 1:
		return finding{wrong, "SPF", fmt.Sprintf("%s has %d SPF records, and receivers take none of them", domain, len(list)), "make one of them"}
	}
	words := strings.Fields(strings.ToLower(list[0]))
	for _, w := range words {
		if w == "all" || w == "+all" {
			return finding{wrong, "SPF", domain + " lets the whole world send its mail (" + w + ")", "end the record with -all or ~all"}
		}
		if w == "-all" || w == "~all" || strings.HasPrefix(w, "redirect=") {
			return fine("SPF", "%s says who may send its mail: %s", domain, list[0])
		}
	}
	return finding{look, "SPF", domain + " names who may send its mail and says nothing of others: " + list[0], "end the record with -all or ~all"}
}

// dkim: the key that the mail server signs with (RFC 6376). Only its own selector
// leads to it.
func (e examination) dkim(ctx context.Context, domain string) finding {
	if e.DKIMSelector == "" {
		return finding{look, "DKIM", "not looked at: only the mail server knows the name of its key", "give it by --dkim-selector; it is s= in the DKIM-Signature of a mail that was sent"}
	}
	name := e.DKIMSelector + "._domainkey." + domain
	all, err := e.records(ctx, name, "")
	if err != nil {
		return noDNS("DKIM", name, err)
	}
	for _, r := range all {
		if key, is := tags(r)["p"]; is && key != "" {
			return fine("DKIM", "there is a key at %s", name)
		} else if is {
			return finding{wrong, "DKIM", "the key at " + name + " is taken back (p= is empty)", "publish the one that the mail server signs with"}
		}
	}
	return finding{wrong, "DKIM", "there is no key at " + name, "publish the one that the mail server signs with, or look at the selector"}
}

// dmarc: what receivers do with the rest (RFC 7489), said by the domain or by the one
// above it that is registered.
func (e examination) dmarc(ctx context.Context, domain string) finding {
	names := []string{domain}
	if above, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil && above != domain {
		names = append(names, above)
	}
	for _, name := range names {
		list, err := e.records(ctx, "_dmarc."+name, "v=dmarc1")
		switch {
		case err != nil:
			return noDNS("DMARC", "_dmarc."+name, err)
		case len(list) > 1:
			return finding{wrong, "DMARC", fmt.Sprintf("_dmarc.%s has %d records, and receivers take none of them", name, len(list)), "make one of them"}
		case len(list) == 1 && asked(tags(strings.ToLower(list[0])), name != domain) == "none":
			return finding{look, "DMARC", "_dmarc." + name + " asks receivers to do nothing (p=none): others can send in your name", "once the reports show that your own mails pass, say p=quarantine or p=reject"}
		case len(list) == 1:
			return fine("DMARC", "_dmarc.%s says what becomes of mails in your name: %s", name, list[0])
		}
	}
	return finding{wrong, "DMARC", domain + " does not say what becomes of mails in its name; large providers refuse such mail, or put it into spam", `add a TXT record to _dmarc.` + domain + `, at first "v=DMARC1; p=none; rua=mailto:you@` + domain + `"`}
}

// asked is what a DMARC record asks receivers to do with mails of its domain, or of one
// below it: sp comes before p there.
func asked(record map[string]string, below bool) (policy string) {
	if policy, said := record["sp"]; below && said {
		return policy
	}
	return record["p"]
}

// tags are those of a record of DKIM or DMARC; of one that is there twice the first.
func tags(record string) map[string]string {
	all := map[string]string{}
	for tag := range strings.SplitSeq(record, ";") {
		name, value, is := strings.Cut(tag, "=")
		name = strings.TrimSpace(name)
		if _, before := all[name]; is && !before {
			all[name] = strings.TrimSpace(value)
		}
	}
	return all
}

// gateway connects to the gateway for texts, and asks it for nothing.
func (e examination) gateway(ctx context.Context) []finding {
	if e.set.SMS == nil {
		return []finding{fine("texts", "no gateway is set, so codes go by email alone")}
	}
	g, err := delivery.NewGateway(*e.set.SMS)
	if err == nil {
		defer g.Close()
		err = g.Try(ctx)
	}
	if err != nil {
		return []finding{{wrong, "texts", "the " + e.set.SMS.String() + " cannot be reached: " + innermost(err), "look at --sms-url, and whether a firewall lets this machine out"}}
	}
	return []finding{fine("texts", "the %s can be reached; texts go to %s. Whether it takes the login only a text can tell: admitone send-test", e.set.SMS, strings.Join(e.set.Countries, ", "))}
}
