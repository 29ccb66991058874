package views

// The words of the help page.

const (
	helpTitle  = "How can we help?"
	helpLede   = "Short answers about signing in and about codes."
	helpAbout  = "Answers about signing in and verification codes: a code that does not arrive, has expired, or that you did not ask for."
	helpOnHere = "On this page"
)

type section struct {
	id, title string
	says      []string // paragraphs
	steps     []string // then numbered steps; {sender} is filled
	after     []string // then paragraphs again
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
				"If the code goes to your phone, check that it has signal and gets other texts. Restart it, and look among blocked or filtered messages.",
				"Choose 'Try another way' on the page, where your account has confirmed more than one address or number. It is the same code.",
				"Send another code. The button is free after a short wait, and the wait grows a little each time. While the first code still has some minutes left you get the same one again, so whichever message comes first works.",
			},
		},
		{
			id: "why-a-code", title: "Why you get a code",
			says: []string{
				"A verification code is a short number that we send to your email address, or to your phone if you have confirmed its number. It shows that the person who types it can read your messages.",
				"We send one when you create an account, to confirm your address, and when you sign in with the right password on a device your account does not know.",
				"After that the device is known and is not asked again, unless you said that it is shared, or chose a code at every sign-in.",
				"We also send one before a change to your account, and one with a link when a forgotten password is to be reset.",
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
			id: "reset-password", title: "I forgot my password",
			says: []string{
				"Look where your browser or password manager keeps passwords first. If it is not there, choose a new one.",
			},
			steps: []string{
				"Choose 'Forgot your password?' on the sign-in page, and enter the email address of your account. If you are signed in, sign out first.",
				"We send one message with a longer code and a link. Enter the code on the page that asked for it, or open the link in any browser and press its button.",
				"Choose a new password. All devices are then signed out, and you sign in again.",
			},
			after: []string{
				"Your password stays as it is until you choose a new one. We show the same page for every address, so that nobody learns who has an account.",
				"Anyone who knows your address can ask for such a message. Without your mailbox it is of no use to them.",
				plural{
					"A new account needs a password of {n} character or more. A few random words work well.",
					"A new account needs a password of {n} characters or more. A few random words work well.",
				}.of(p.MinPassword),
			},
			links: []link{{"/reset", resetTitle}},
		},
		{
			id: "devices", title: "See and sign out your devices",
			says: []string{
				"Your account lists the browsers that it knows, with the time and the network address of their last visit. You can give each a name of your own.",
				"When you sign out a device from the list, it holds on its very next request, and the device needs a code at its next sign-in. 'Sign out everywhere' does the same to all of them.",
				"We ask for a fresh code before you sign out other devices, so that someone who borrows your browser cannot shut you out.",
			},
			links: []link{{"/account/devices", "Your devices"}},
		},
		{
			id: "two-step", title: "Two-step verification",
			says: []string{
				"After your password we ask for a code from your mailbox or your phone. Someone who learns your password still cannot get in.",
				"It is on from the start, for new devices. You can ask for a code at every sign-in instead, and then choose devices that you trust for a while.",
				"You can turn it off. Then your password alone opens your account. Alerts still go out, and codes are still needed to reset your password or to change your settings.",
			},
			links: []link{{"/account/two-step", "Two-step verification of your account"}},
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
			id: "lost-email", title: "I can't get into my email or phone",
			says: []string{
				"Codes only go to addresses and numbers that your account has confirmed. We cannot send them anywhere else, and nobody can read them out or let you in without one.",
			},
			steps: []string{
				"Choose 'Try another way' on the page that asks for the code. It lists what else your account has confirmed.",
				"Use a device where you have signed in before. You usually need no code there, and can confirm another address in your account. Where you are asked for a code you cannot get, your password is enough: the change then takes hold after a waiting time, and every address is told.",
				"Ask your mail provider to give you back your mailbox, or your phone company to give you back your number.",
				"If the address on the page is simply not yours, start again with the right one.",
			},
			after: []string{
				"If a message tells you that your address or number was taken off your account, its button brings it back for some days.",
			},
		},
		{
			id: "not-me", title: "I got a code I didn't ask for",
			says:  []string{"Do not enter it, and do not tell it to anyone. Nothing is opened without it."},
			links: []link{{"/not-me", "What it means and what to do"}},
		},
	}
}
