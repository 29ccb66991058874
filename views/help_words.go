package views

// The words of the help page and of the advice for a code nobody asked for.

const (
	helpTitle  = "How can we help?"
	helpLede   = "Short answers about signing in and about codes."
	helpAbout  = "Answers about signing in and verification codes: a code that does not arrive, has expired, or that you did not ask for."
	helpOnHere = "On this page"

	notMeTitle  = "If it wasn't you"
	notMeLede   = "You got a code or a notice that you did not expect. Here is what it means, and what to do. Looking at this page changes nothing."
	notMeAbout  = "What to do when a verification code arrives that you did not ask for."
	notMeOpened = "A code opens nothing by itself"
	notMeSafe   = "Do not enter the code anywhere, and do not tell it to anyone. Whoever asked for it cannot get in without it, and it stops working by itself."
)

type section struct {
	id, title string
	says      []string // paragraphs
	steps     []string // then numbered steps; {sender} is filled
	links     []link
}

func helpSections(p HelpPage) []section {
	return []section{
		{
			id: "no-code", title: "My code didn't arrive",
			says: []string{"Most codes arrive within a minute. If yours has not, try these in order."},
			steps: []string{
				"Look in spam, junk and promotions. The sender is {sender}.",
				"Check the address. The page shows its first letter and what comes after the @. If that is not yours, start again with the right one.",
				"Read the delivery line. If the mail server accepted the message, it is in your mailbox or its filters. If it was refused, the mail server did not want it.",
				"Send another code. The button is free after a short wait, and the wait grows a little each time. While the first code still has some minutes left you get the same one again, so whichever message comes first works.",
			},
		},
		{
			id: "why-a-code", title: "Why you get a code",
			says: []string{
				"A verification code is a short number that we send to your email address. It shows that the person who types it can read your mail.",
				"We send one when you create an account, to confirm your address, and when you sign in with the right password on a device your account does not know.",
				"After that the device is known and is not asked again, unless you said that it is shared.",
			},
		},
		{
			id: "wrong-or-expired", title: "The code is wrong or has expired",
			says: []string{
				plural{
					"A code works for {n} minute, once, and only on the page that asked for it.",
					"A code works for {n} minutes, once, and only on the page that asked for it.",
				}.of(p.LifeMinutes),
				"Compare the request name on the page, such as Maple 42, with the one in the message. If they differ, the message belongs to another request.",
				plural{
					"You have {n} try for each request. After that, start again and you get another code.",
					"You have {n} tries for each request. After that, start again and you get another code.",
				}.of(p.Tries),
				plural{
					"The whole sign-in or sign-up ends after {n} minute. Then it starts again from the first page.",
					"The whole sign-in or sign-up ends after {n} minutes. Then it starts again from the first page.",
				}.of(p.FlowMinutes),
				"Spaces and hyphens in a code do no harm. You can paste it.",
			},
		},
		{
			id: "password", title: "I forgot my password",
			says: []string{
				"Look where your browser or password manager keeps passwords. A forgotten password cannot be reset here yet.",
				plural{
					"A new account needs a password of {n} character or more. A few random words work well.",
					"A new account needs a password of {n} characters or more. A few random words work well.",
				}.of(p.MinPassword),
			},
		},
		{
			id: "scams", title: "How to spot a scam",
			says: []string{
				"Type a code only on the page that asked you for it, and only if you began that sign-in or sign-up yourself. Check that the address in your browser is the one you know.",
				"We never ask for your code by mail, by phone or in a message. Anyone who does, whatever name they give, wants to get into your account.",
				"A page that shows another request name than the message may be a copy that stands between you and us. Close it.",
				"Nobody can skip the code for you. Offers to do so are scams.",
			},
		},
		{
			id: "shared-device", title: "Shared and public devices",
			says: []string{
				"On a device that others use too, tick 'This is a shared device' when you enter the code. We will ask for a code again next time, and sign you out when the browser closes.",
				"Sign out when you are done. It holds at once.",
			},
		},
		{
			id: "lost-email", title: "I can't get into my email",
			says: []string{
				"Codes only go to the confirmed address of your account. We cannot send them to another one, and nobody can read them out or let you in without one.",
				"Ask your mail provider to give you back your mailbox. On a device where you have signed in before you usually need no code.",
				"If the address on the page is simply not yours, start again with the right one.",
			},
		},
		{
			id: "not-me", title: "I got a code I didn't ask for",
			says:  []string{"Do not enter it, and do not tell it to anyone. Nothing is opened without it."},
			links: []link{{"/not-me", "What it means and what to do"}},
		},
	}
}

var notMeSections = []section{
	{
		id: "sign-in-code", title: "If it is a code to sign in",
		says: []string{
			"We send such a code only after the right password. So someone has typed your password, and the code kept them out.",
		},
		steps: []string{
			"Change this password everywhere else you use it, and choose a different one for each place. Begin with your mailbox.",
			"A page to change it here is not built yet. Until then the code is what keeps others out, so guard your mailbox well.",
			"If you gave the code to someone or typed it on a page you do not trust, they may be signed in as you. Tell the people who run this site.",
		},
	},
	{
		id: "sign-up-code", title: "If it is a code to create an account",
		says: []string{
			"Someone typed your email address, perhaps by mistake. Without the code no account is made, and you do not need to do anything.",
		},
	},
	{
		id: "new-sign-in", title: "If the message says that someone signed in",
		says: []string{
			"Then someone had your password and a code from your mailbox. If you did not do it yourself, they may read your mail.",
		},
		steps: []string{
			"Secure your mailbox first: choose a new password for it, and sign out the devices there that you do not know.",
			"Change this password everywhere else you use it.",
			"Tell the people who run this site.",
		},
	},
	{
		id: "asked", title: "If someone asks you for the code",
		says: []string{
			"It is a scam, whatever name or reason they give. We never ask for a code, by mail, by phone or in a message.",
		},
		links: []link{{"/help#scams", codeScams}},
	},
}
