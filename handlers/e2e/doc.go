// Package e2e tries the finished product: the real binary, a real browser and
// a real mail server, with nothing in between that is ours. It holds tests only.
//
// Each test starts a server of its own, with its own data folder, on a free
// port, and ends it by a signal. One browser serves all of them; every tab is
// a browser context of its own, which to the product is a new device.
//
//	main_test.go      builds the binary, ends the browser     server_test.go   one running server and its mail
//	browser_test.go   the browser and its tabs                keyboard_test.go what a person does in a tab
//	journeys_test.go  sign-up and sign-in by keyboard alone   states_test.go   every page in every state
//	pages_test.go     axe, reflow and focus on those states   weight_test.go   what a page may cost
//	countdown_test.go the ten minutes of a code               resend_test.go   another code; reload and back
//	trouble_test.go   a mail server that fails                expiry_test.go   a code that runs out
//	refusals_test.go  starts that are refused                 stop_test.go     stopping while something runs
//	account_test.go   the account area by keyboard alone      accountstates_test.go its pages, the reset's and the links'
//	texts_test.go     texts, and codes filled in from them    elsewhere_test.go a change that signs other browsers out
//	commands_test.go  an operator's commands beside a server  secrets_test.go  no code, password or token is left behind
//	console_test.go   the staff console beside a viewer      consolestates_test.go its pages
//	peer_test.go      a browser without a screen, by HTTP     attack_test.go   many of them against an owner
//	fleet_test.go     several servers on one PostgreSQL       bench_test.go    how fast it starts, and what it holds
//	tls_test.go       a certificate of its own                proxy_test.go    behind nginx and Caddy as deploy/ has them
//	deploy_test.go    what the other files of deploy/ say     database_test.go a schema of PostgreSQL for one test
//	kills_test.go     SIGKILL under a load, killsdriver_test.go the load and what must be so
//	faults_test.go    a database that takes no writes         archive_test.go  a mail server that keeps all
//
// Some things are watched in every test, whatever it is about: a tab fails its
// test when the console shows an error or a request leaves the site, and a
// server when it does not end well or has left a secret in its database or log.
//
// ADMITONE_SHOTS=folder makes pages_test.go keep a picture of every state.
package e2e
