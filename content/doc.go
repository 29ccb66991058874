// Package content holds the words that leave the house: the mails and texts of Admit One, and how they are put together.
//
// Every sentence of a mail stands in messages/<locale>, one file per kind of mail beside words.tmpl, which they share. The
// files next to the locale folders are only the shape: frame and ticket or notice, as text and as HTML. A sentence is
// written once and used in both, so the two parts of a mail cannot say different things. A new file in messages/en is a
// new kind (a name that ends in _code gets the ticket and must have a code); a new folder is a new language, and what it
// lacks is said in English. The texts, a line each, stand together in texts.tmpl, one define per kind.
package content
