// Package models is the account domain: its rows, its rules, one schema, and
// one transaction per act.
//
//	account.go     who an address belongs to
//	settings.go    what an account holder sees; password, two-step, preferred way
//	addresses.go   a new address or number proves itself
//	changes.go     a change takes hold or waits, and everyone is told
//	undo.go        a change is taken back
//	devices.go     the list of devices: rename, sign out, trust
//	closing.go     close an account, erase it; download what is kept
//	reauth.go      the step-up before anything sensitive
//	reset.go       a forgotten password: code or link, new password
//	notme.go       'I did not ask for this', from the link of a message
//	staff.go       what an operator does with accounts
//	agents.go      what staff do with accounts from the console
//	customer.go    what staff see of an account, and of its messages
//	lend.go        the parts that packages under this one work with
//	desk.go        when and how people reach a person
//	identifier.go  e-mail addresses: parse, canonical form, mask
//	phone.go       telephone numbers: parse, kinds, countries, mask
//	typo.go        'did you mean'
//	ways.go        where codes may go, and another way
//	password.go    argon2id, the rules for new passwords
//	hashqueue.go   who may hash now: owners and strangers by turns
//	challenge.go   one outstanding question: issue, judge, answer, resend
//	code.go        what a code looks like and what people type (pure)
//	keys.go        codes, links, request tags and tags are derived here
//	keyring.go     the key ring, from a file or the environment
//	rotation.go    a key is added, begins, and goes when nothing needs it
//	signup.go      from an address and a password to an account
//	signin.go      from a password to a session, or to a code
//	signincode.go  the code of a sign-in, and the session that it opens
//	begunagain.go  what is begun again in one browser goes on: the same code
//	risk.go        how unusual a sign-in is (pure); its numbers are in risk.toml
//	signals.go     what the database knows of an attempt, and learns from it
//	session.go     mint, find, end
//	touch.go       when a session was last used
//	moved.go       a session that turns up in another browser or country
//	device.go      browsers that an account knows
//	lanes.go       browsers that strangers' failures do not stop
//	throttle.go    budgets: what they are, how they are locked, asked and spent
//	budgets.go     the budgets by name
//	sends.go       the budgets of a message that somebody asks for
//	brake.go       codes that strangers ask for and nobody types stop for a while
//	place.go       roughly where a network address is
//	links.go       the links of messages: derive, find, delivery reports
//	outbox.go      messages: enqueue, claim, sent, failed, delivery line
//	collapse.go    a message that would only repeat another is closed like that one
//	speed.go       how fast each channel is right now
//	event.go       security activity
//	securitylog.go lines of the security log
//	tally.go       what is counted for all instances
//	metrics.go     figures of this process and of the rows
//	watch.go       the last 24 hours at a glance, and alarms
//	switches.go    what staff turn on for a while
//	upkeep.go      backups, moves and migrations, for the operator
//	sweep.go       purge what is over
//	ready.go       whether the database takes writes
//	policy.go      every number of the product
//
// # Invariants
//
// A session with an account is made in one place (mint), from one of three
// acts: a right code at sign-up, a right code at sign-in, a right password
// where the holder's choice of two-step verification asks for no code. A reset
// opens no session. What is sensitive needs a session with a fresh proof, asked
// for inside the transaction that changes it. A code is judged at most MaxAttempts times
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
// # A change
//
//	fresh code -------> holds at once ----+--> every address is told; for 72 hours
//	password alone --> waits 72 hours --> holds   an older one can take it back
//	                    |                            (with a code to another older one)
//	                    +--> stopped from any of the messages, by a newer wish, a reset or an undo
//
// An undo puts back how things stood before its change; with it go all changes
// that came after, so the earliest of several wins.
//
// # A sign-in
//
//	password --wrong or lane closed--> refused, alike for unknown addresses
//	   |right
//	   +-- very unusual, and the browser neither known nor proven --> refused, a way back by mail
//	   +-- unusual --> challenge, whatever is known
//	   +-- two-step off, device known, or (every time) device trusted --> session
//	   +-- else: challenge + message --> code --right--> session, device known
//
// With two-step off an unusual one opens with an alert, and a very unusual one asks
// for a code.
package models
