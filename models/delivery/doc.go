// Package delivery carries the messages of the outbox to the people they are for.
//
//	worker.go   the lease loop: claim, derive the code, write the mail, send it, mark the row
//	sender.go   one kept SMTP connection and the exchange of one mail over it
//	smtp.go     where the mail server is, read from one URL
//	failure.go  what a refusal means: try again, or tell the page that it is over
//
// A message is sent at least once and never lost: the row is marked after the mail server took the mail, so a crash between
// the two sends it again, under the same Message-ID. Nothing here waits inside a transaction, and no log line, error or
// detail holds a code, an address or a line of a mail.
package delivery
