// Package dispatch is what happens to every call, however it came: check, authorize, perform, record.
//
//	out, err := d.Do(call, row, in)
//
// No handler is reached in another way, and Do leaves exactly one event in the trail, whatever becomes of the call. A call that failed before it got
// here (nobody could be authenticated, nothing could be decoded) is recorded with Refuse: by an event of its own, or, if it is one of many that nobody is known to
// have made, in a count.
package dispatch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/op"
	"github.com/writ-iam/writ/internal/trail"
	"github.com/writ-iam/writ/internal/wire"
)

// Recorder keeps the events of calls that are no part of a commit.
type Recorder interface {
	// Append keeps an event. With wait it returns when the event would survive the death of the process. An error says that events cannot be kept.
	Append(ctx context.Context, event []byte, wait bool) error
}

// Dispatcher performs calls.
type Dispatcher struct {
	state    *identity.State
	recorder Recorder
	judge    judge
	// strangers is for those who could not be authenticated.
	strangers *strangers
}

// New makes a Dispatcher over a state; events go to the recorder, but for those of writes, which travel in their commit. now is the clock by which the events
// are bounded that callers leave who could not be authenticated. Flush must be called from time to time, and in the end.
func New(state *identity.State, r Recorder, now func() time.Time) *Dispatcher {
	return &Dispatcher{state: state, recorder: r, strangers: newStrangers(r, now)}
}

// Flush records what was counted: an event for each address and error code, with the count. An error says that something was not recorded yet.
func (d *Dispatcher) Flush(ctx context.Context) error { return d.strangers.flush(ctx) }

// Do performs a call: checks the input against the model, asks the judge whatever the row says, runs the handler and records. The error is a fault, or
// something that fault.From makes one.
func (d *Dispatcher) Do(c *op.Call, m *model.Operation, row op.Op, in any) (out any, err error) {
	c.State = d.state
	switch {
	case row.Handle == nil:
		err = fault.New(fault.NotSupported, "Writ does not support %s yet: %s", c.Operation, row.Missing)
	default:
		if err = mayCall(c); err == nil {
			err = wire.Check(m, in)
		}
	}
	if err == nil && row.Kind == op.Writes {
		recorded := false
		err = d.state.Update(c.Context, c.Caller.Account.ID, func(e *identity.Edit) error {
			// The judge is asked about the very state that is changed, and the handler sees the same.
			inside := *c
			inside.Edit, inside.Account = e, e.Account()
			var err error
			if out, err = d.perform(&inside, row, in); err != nil {
				return err
			}
			events, err := d.events(&inside, m, in, out, nil)
			if err != nil {
				return err
			}
			for _, event := range events {
				e.Record(event)
			}
			recorded = true
			return nil
		})
		if err == nil && recorded {
			return out, nil
		}
		out = nil
	} else if err == nil {
		c.Account = c.Caller.Account
		out, err = d.perform(c, row, in)
	}
	return d.record(c, m, row, in, out, err)
}

// record keeps the event of a call that is in no commit. What cannot be recorded does not happen: an answer that gives credentials away is then
// withheld.
func (d *Dispatcher) record(c *op.Call, m *model.Operation, row op.Op, in, out any, failure error) (any, error) {
	events, err := d.events(c, m, in, out, failure)
	for _, event := range events {
		if err == nil {
			err = d.recorder.Append(context.WithoutCancel(c.Context), event, row.Kind == op.Issues && failure == nil)
		}
	}
	if err != nil && failure == nil && row.Kind != op.Reads {
		return nil, unrecorded(err)
	}
	if failure != nil {
		return nil, failure
	}
	return out, nil
}

// Refuse records a call that failed before Do, as far as it is known what it was.
func (d *Dispatcher) Refuse(ctx context.Context, e *trail.Event, failure error) error {
	setFailure(e, failure)
	if e.Identity.Type == unknown {
		return d.strangers.record(ctx, e)
	}
	event, err := e.AppendJSON(nil)
	if err != nil {
		return err
	}
	return d.recorder.Append(ctx, event, false)
}

func unrecorded(cause error) error {
	return &fault.Fault{Code: fault.ServiceUnavailable, Message: "The call could not be recorded, and so was not performed. Please try again later.", Cause: cause}
}

// perform asks the judge and runs the handler.
func (d *Dispatcher) perform(c *op.Call, row op.Op, in any) (out any, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, fault.Internal(fmt.Errorf("dispatch: panic in %s:%s: %v\n%s", c.Service, c.Operation, r, debug.Stack()))
		}
	}()
	questions, err := row.Questions(c, in)
	if err != nil {
		return nil, err
	}
	if len(questions) == 0 {
		return nil, fault.Internal(errors.New("dispatch: " + c.Service + ":" + c.Operation + " asks nothing"))
	}
	trial := d.judge.open(c)
	defer trial.close()
	if err := trial.ask(questions); err != nil {
		return nil, err
	}
	c.Ask = func(more ...op.Question) error { return trial.ask(more) }
	return row.Handle(c, in)
}
