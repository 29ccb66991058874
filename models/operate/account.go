package operate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"admitone/models"
)

// AccountCommands are what an operator does with accounts. None prints a secret or
// a whole address, none opens a door, and each change is kept as an event that the
// account holder sees.
type AccountCommands struct {
	Create  accountCreate `cmd:"" help:"Make an account; its holder chooses a password by a reset."`
	List    accountList   `cmd:"" help:"List accounts, with masked addresses."`
	Show    accountName   `cmd:"" help:"Show the facts of an account."`
	Unlock  accountName   `cmd:"" help:"Empty the counts of wrong passwords and codes."`
	SignOut accountName   `cmd:"" help:"End every session and make every device unknown."`
	Role    accountRole   `cmd:"" help:"Make an account's holder staff, or a member again."`
}

type accountCreate struct {
	Email string `arg:"" help:"Address of the new account."`
}

type accountList struct {
	After string `help:"List those after the account with this id."`
	Limit int    `default:"50" help:"How many at most."`
}

type accountName struct {
	Account string `arg:"" help:"An address of the account, or its id."`
}

type accountRole struct {
	accountName
	Role string `arg:"" enum:"member,staff" help:"member or staff."`
	Name string `help:"Name that people see when this member of staff answers them; without one, Support."`
}

func (a AccountCommands) do(ctx context.Context, call Call) (err error) {
	m, set, err := call.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return a.run(ctx, call, m, set)
}

func (a AccountCommands) run(ctx context.Context, call Call, m *models.Models, set Setup) error {
	verb, _, _ := strings.Cut(strings.TrimPrefix(call.Words, "account "), " ")
	name, said := "", ""
	var err error
	switch verb {
	case "create":
		name, said = a.Create.Email, "The account is made. Its holder chooses a password at "+set.Public.String()+"/reset."
		err = m.Staff.Create(ctx, name)
	case "list":
		return listAccounts(ctx, m, a.List, call.Out)
	case "show":
		return showAccount(ctx, m, a.Show.Account, set.Zone, call.Out)
	case "unlock":
		name, said = a.Unlock.Account, "The counts of wrong passwords and codes are empty. The password and the code are still asked for."
		err = m.Staff.Unlock(ctx, name)
	case "sign-out":
		name, said = a.SignOut.Account, "Every session has ended. It holds from the next request on."
		err = m.Staff.SignOut(ctx, name)
	case "role":
		if a.Role.Role == models.RoleMember && a.Role.Name != "" {
			return errors.New("--name: only staff have one; leave it out")
		}
		name, said = a.Role.Account, "The role is "+a.Role.Role+" now."
		err = m.Staff.SetRole(ctx, name, a.Role.Role, a.Role.Name)
	}
	if err != nil {
		if e := (*models.Error)(nil); errors.As(err, &e) && e.Field == "email" && e.Reason != "taken" {
			return fmt.Errorf("%q is not an address that can be used. %s", name, call.Refusal(e.Field, e.Reason))
		}
		return inWords(err, name)
	}
	_, err = fmt.Fprintln(call.Out, said)
	return err
}

// inWords says a refusal as an operator can mend it.
func inWords(err error, name string) error {
	var e *models.Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Kind == models.NotFound:
		return fmt.Errorf("no account has the address or id %q", name)
	case e.Reason == "taken":
		return fmt.Errorf("%q has an account already", name)
	case e.Field == "name":
		return errors.New("--name: give a name of 1 to 40 characters on one line, without a number like a code")
	}
	return err
}

func listAccounts(ctx context.Context, m *models.Models, l accountList, out io.Writer) error {
	list, err := m.Staff.List(ctx, l.After, min(max(l.Limit, 1), 1000))
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tADDRESS\tMADE\tROLE\tTWO-STEP\tDEVICES\tSESSIONS")
	for _, f := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%d\n", f.ID, first(f.Addresses), f.CreatedAt.Format(time.DateOnly), f.Role, f.TwoStep, f.Devices, f.Sessions)
	}
	return w.Flush()
}

func first(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return list[0]
}

func showAccount(ctx context.Context, m *models.Models, name string, zone *time.Location, out io.Writer) error {
	f, err := m.Staff.Show(ctx, name)
	if err != nil {
		return inWords(err, name)
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return "none since it was made" // a sign-up opens a session, too
		}
		return t.In(zone).Format("2006-01-02 15:04 MST")
	}
	password := "chosen"
	if !f.HasPassword() {
		password = "not chosen yet"
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"id", f.ID},
		{"addresses", strings.Join(f.Addresses, ", ")},
		{"made", at(f.CreatedAt)},
		{"role", f.Role},
		{"password", password},
		{"two-step", f.TwoStep},
		{"devices", fmt.Sprint(f.Devices)},
		{"sessions", fmt.Sprint(f.Sessions)},
		{"last sign-in", at(f.LastSignIn)},
		{"wrong codes in 24 h", fmt.Sprint(f.WrongCodes)},
		{"channels shut by wrong codes", orDash(strings.Join(f.CodesShut, ", "))},
	} {
		fmt.Fprintf(w, "%s\t%s\n", row[0], row[1])
	}
	if f.VoIP {
		fmt.Fprintf(w, "phone number\tof an internet service (VoIP)\n")
	}
	if !f.ClosingAt.IsZero() {
		fmt.Fprintf(w, "will be erased\t%s\n", at(f.ClosingAt))
	}
	fmt.Fprintln(w, "\t")
	for _, a := range f.Recent {
		fmt.Fprintf(w, "%s\t%s\t%s\n", at(a.At), a.Kind, orDash(a.Device))
	}
	return w.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
