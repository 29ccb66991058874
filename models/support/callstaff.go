package support

import (
	"context"

	"admitone/models"
	"admitone/models/internal/db"
)

// List gives the call-backs of today and later to staff, and those just over.
func (c *Calls) List(ctx context.Context, a models.Client) ([]Call, error) {
	g, now := c.db.Read(ctx), c.db.Now()
	agent, err := c.Agent(g, a, now)
	if err != nil {
		return nil, err
	}
	var rows []call
	err = g.Raw("SELECT * FROM calls WHERE state IN ('scheduled', 'calling') OR changed_at > ? ORDER BY slot_at, id LIMIT ?", now.Add(-callsOver), callsShown).Scan(&rows).Error
	list := make([]Call, len(rows))
	for i, r := range rows {
		list[i] = c.shownTo(agent, r)
	}
	return list, err
}

// Read gives a call-back to staff.
func (c *Calls) Read(ctx context.Context, a models.Client, id string) (Call, error) {
	g := c.db.Read(ctx)
	agent, err := c.Agent(g, a, c.db.Now())
	if err != nil {
		return Call{}, err
	}
	row, err := c.find(g, id, "")
	if err != nil {
		return Call{}, err
	}
	return c.shownTo(agent, row), nil
}

// shownTo is shown for a member of staff.
func (c *Calls) shownTo(agent models.Agent, row call) Call {
	s := c.shown(row)
	s.Mine = row.AgentID != nil && *row.AgentID == agent.Account
	if row.AccountID != nil {
		s.Account = *row.AccountID
	}
	return s
}

// byStaff is change for a member of staff.
func (c *Calls) byStaff(ctx context.Context, a models.Client, id string, act func(*db.Tx, *call, models.Agent) error) (row call, agent models.Agent, err error) {
	err = c.db.Write(ctx, func(tx *db.Tx) error {
		if agent, err = c.LockAgent(tx, a); err != nil {
			return err
		}
		if row, err = c.change(tx, id, func(row *call) error { return act(tx, row, agent) }); err != nil {
			return err
		}
		return seen(tx, agent.Account)
	})
	return row, agent, err
}

// Dial asks the telephone system to connect the member of staff with the caller,
// who is then 'calling'. An error of Kind Unreachable leaves it scheduled.
func (c *Calls) Dial(ctx context.Context, a models.Client, id string) error {
	if c.Desk().DialURL == "" {
		return notFound("calls")
	}
	row, agent, err := c.byStaff(ctx, a, id, func(_ *db.Tx, row *call, agent models.Agent) error {
		if row.State != Scheduled {
			return conflict(row.State)
		}
		row.State, row.AgentID, row.AgentName = Calling, &agent.Account, agent.Name
		return nil
	})
	if err != nil || c.dial(ctx, row.Number, agent.Name, row.ID) {
		return err
	}
	err = c.db.Write(ctx, func(tx *db.Tx) error {
		_, err := c.change(tx, id, func(row *call) error {
			if row.State == Calling && row.AgentID != nil && *row.AgentID == agent.Account {
				row.State, row.AgentID, row.AgentName = Scheduled, nil, ""
			}
			return nil
		})
		return err
	})
	if err != nil {
		return err
	}
	return &models.Error{Kind: models.Unreachable, Reason: "telephone"}
}

// Missed notes that nobody answered: it is scheduled once more, in the next free
// half hour; the second time it stays missed. Its person is told where we can.
func (c *Calls) Missed(ctx context.Context, a models.Client, id string) error {
	_, _, err := c.byStaff(ctx, a, id, func(tx *db.Tx, row *call, agent models.Agent) error {
		if row.State != Calling {
			return conflict(row.State)
		}
		row.Tries++
		row.State = Missed
		next, err := c.slots(tx.DB, tx.Now)
		if err != nil {
			return err
		}
		if row.Tries >= callTries || len(next) == 0 {
			row.AgentID, row.AgentName = &agent.Account, agent.Name
			return c.tell(tx, *row, callMissed, models.Client{})
		}
		row.State, row.AgentID, row.AgentName, row.SlotAt = Scheduled, nil, "", next[0].UTC()
		return c.tell(tx, *row, callRetried, models.Client{})
	})
	return err
}

// Done notes that they talked.
func (c *Calls) Done(ctx context.Context, a models.Client, id string) error {
	_, _, err := c.byStaff(ctx, a, id, func(_ *db.Tx, row *call, agent models.Agent) error {
		if row.State != Calling && row.State != Scheduled {
			return conflict(row.State)
		}
		row.State, row.AgentID, row.AgentName = Done, &agent.Account, agent.Name
		return nil
	})
	return err
}
