// Package content holds the words of Admit One that are not on its own pages: the mails and texts, the articles of the help
// centre, and the replies that staff have at hand.
//
// Every sentence of a mail stands in messages/<locale>, one file per kind of mail beside words.tmpl, which they share. The
// files next to the locale folders are only the shape: frame and ticket, notice or letter, as text and as HTML. A sentence is
// written once and used in both, so the two parts of a mail cannot say different things. A new file in messages/en is a
// new kind (a name that ends in _code gets the ticket and must have a code); a new folder is a new language, and what it
// lacks is said in English. The texts, a line each, stand together in texts.tmpl, one define per kind.
//
// The articles stand in help/<locale>, one file each: what is known of it between lines of +++, then Markdown. Every number
// and name in them is a field of HelpFacts, so that no text can drift from the policy. NewHelp (help.go) reads them once;
// helpindex.go makes their index, helptokens.go cuts a text into words, and helpmeanings.go knows by the tables of helpwords.go
// which of them mean the same. helpsearch.go finds articles, helpmend.go mends what was typed wrong, helpexcerpt.go shows what
// matched. The saved replies stand in replies/<locale> and are filled in the same way.
package content
