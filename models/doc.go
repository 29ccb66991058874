// Package models is the account domain: its rows, its rules, one schema, and
// one transaction per act.
//
//	account.go     Account; what the account page shows
//	identifier.go  e-mail addresses: parse, canonical form, mask
//	password.go    argon2id in a bounded pool, the rules for new passwords
//	challenge.go   one outstanding question: issue, judge, answer, resend
//	code.go        what a code looks like and what people type (pure)
//	keys.go        the key ring; codes, request tags and tags are derived here
//	signup.go      from an address and a password to an account
//	signin.go      from a password to a session
//	session.go     mint, find, touch, end
//	device.go      browsers that an account knows
//	throttle.go    budgets: lanes, addresses, destinations, wrong codes
//	outbox.go      messages: enqueue, claim, sent, failed, delivery line
//	event.go       security activity
//	sweep.go       purge what is over
//	policy.go      every number of the product
//
// # Invariants
//
// A session with an account is made in one place (mint), from one of three
// acts: a right code at sign-up, a right code at sign-in, a right password on
// a device that the account knows. A code is judged at most MaxAttempts times
// and accepted at most once, by guarded updates. No code, token or key is in a
// row. A message is enqueued in the transaction that makes it true.
//
// # A challenge
//
//	         issue
//	           |
//	           v     resend, 2 min or more left: same code, same life
//	+------> alive <--------------------------------------------------+
//	|        | | |                                                    |
//	|  right | | | life over                                          |
//	|        | | +-------> expired -- resend: next generation --------+
//	|        | | wrong, tries left: counted, alive
//	|        | +---------> exhausted (tries are shared by all generations)
//	|        v
//	|     consumed
//	+-- every state ends with the flow, 60 minutes after it began
//
// # A sign-in
//
//	password --wrong or lane closed--> refused, alike for unknown addresses
//	   |right
//	   +-- device known to the account --> session
//	   +-- else: challenge + message --> code --right--> session, device known
package models
