// Package delivery carries the messages of the outbox to the people they are for.
//
//	worker.go   the lease loop: claim, derive the code, write the message, send it, mark the row
//	sender.go   one kept SMTP connection and the exchange of one mail over it
//	smtp.go     where the mail server is, read from one URL
//	gateway.go  the exchange of one text with an HTTP gateway
//	sms.go      how that gateway is spoken to: a preset or a template
//	failure.go  what a refusal means: try again, or tell the page that it is over
//
// A message is sent at least once and never lost: the row is marked after the mail server or the gateway took the message, so
// a crash between the two sends it again, a mail under the same Message-ID. Nothing here waits inside a transaction, and no
// log line, error or detail holds a code, an address, a number, a password or a line of a message.
package delivery
