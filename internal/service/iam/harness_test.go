package iam_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/op"
	"github.com/writ-iam/writ/internal/service/iam"
	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/store/memory"
	"github.com/writ-iam/writ/internal/wire"
)

// The tests' two accounts.
const (
	ours   = "111122223333"
	theirs = "444455556666"
)

// world is an installation with two accounts that tests call operations on, as package dispatch does: questions and handler, inside a commit if the
// operation writes. Nobody judges: what is asked is what tests look at.
type world struct {
	testing.TB
	store   store.Store
	state   *identity.State
	service *iam.Service
	ops     op.Table
	model   *model.Service
	now     time.Time
	rand    *rand.Rand
	// asked is what the last call asked the judge.
	asked []op.Question
}

func newWorld(t testing.TB) *world { return newWorldWith(t, identity.DefaultQuotas()) }

func newWorldWith(t testing.TB, q identity.Quotas) *world {
	t.Helper()
	w := &world{TB: t, store: memory.New(), rand: rand.New(chance(2)), now: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}
	var err error
	if w.model, err = loadModel(); err != nil {
		t.Fatal(err)
	}
	if w.state, err = identity.Open(context.Background(), w.store, q); err != nil {
		t.Fatal(err)
	}
	keyring, err := credential.NewKeyring(chance(3), make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	w.service = &iam.Service{Rand: chance(1), Keyring: keyring}
	w.ops = w.service.Ops()
	for _, id := range []string{ours, theirs} {
		key, err := keyring.NewDataKey(id)
		if err != nil {
			t.Fatal(err)
		}
		info := identity.Info{ID: id, Name: "test", Email: id + "@example.com", Created: identity.Second(w.now), DataKey: key}
		if err := w.state.Create(context.Background(), info, func(*identity.Edit) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

var loadModel = sync.OnceValues(func() (*model.Service, error) { return model.Load("iam") })

// chance is a source of bytes that is the same in every run.
func chance(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

// account returns the newest state of an account.
func (w *world) account(id string) *identity.Account {
	w.Helper()
	a, ok := w.state.Account(id)
	if !ok {
		w.Fatalf("no account %s", id)
	}
	return a
}

// edit changes our account without a call: for what other operations make.
func (w *world) edit(change func(*identity.Edit)) {
	w.Helper()
	err := w.state.Update(context.Background(), ours, func(e *identity.Edit) error {
		change(e)
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
}

// caller makes the caller that a name says: "root", "their root", "role NAME" for a session of that role, or a user's name.
func (w *world) caller(name string) *identity.Caller {
	w.Helper()
	id := ours
	if name == "their root" {
		id = theirs
	}
	a := w.account(id)
	at := identity.Authority{Partition: "aws", Account: id}
	c := &identity.Caller{Account: a}
	arn := at.Root()
	if role, ok := strings.CutPrefix(name, "role "); ok {
		if c.Role, ok = a.Role(role); !ok {
			w.Fatalf("no role %s", role)
		}
		c.Session = &identity.Session{Kind: identity.RoleSession, Name: "s"}
		arn = at.AssumedRole(role, "s")
	} else if !strings.HasSuffix(name, "root") {
		var ok bool
		if c.User, ok = a.User(name); !ok {
			w.Fatalf("no user %s", name)
		}
		arn = at.User(c.User)
	}
	var err error
	if c.Principal, err = authz.NewPrincipal(arn, authz.Facts{}); err != nil {
		w.Fatal(err)
	}
	return c
}

// call calls an operation.
func (w *world) call(caller, name string, in any) (any, error) {
	w.Helper()
	return w.callAs(w.caller(caller), name, in)
}

func (w *world) callAs(who *identity.Caller, name string, in any) (any, error) {
	w.Helper()
	row, ok := w.ops[name]
	if !ok || row.Handle == nil {
		w.Fatalf("there is no operation %s", name)
	}
	c := op.Call{
		Context: context.Background(), Service: "iam", Operation: name, Caller: who, Account: w.account(who.Account.ID), State: w.state, Time: w.now, Region: "us-east-1",
		Authority: identity.Authority{Partition: "aws", Account: who.Account.ID},
		Ask:       func(more ...op.Question) error { w.asked = append(w.asked, more...); return nil },
	}
	w.asked = nil
	perform := func(c *op.Call) (any, error) {
		asked, err := row.Questions(c, in)
		if err != nil {
			return nil, err
		}
		w.asked = asked
		checkQuestions(w, asked)
		out, err := row.Handle(c, in)
		if err == nil {
			checkAnswer(w, w.model, name, out)
		}
		return out, err
	}
	if row.Kind != op.Writes {
		return perform(&c)
	}
	var out any
	err := w.state.Update(c.Context, who.Account.ID, func(e *identity.Edit) error {
		inside := c
		inside.Edit, inside.Account = e, e.Account()
		var err error
		out, err = perform(&inside)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// checkAnswer compares an answer with the model.
func checkAnswer(t testing.TB, m *model.Service, name string, out any) {
	t.Helper()
	if typ := reflect.TypeOf(out).Elem().Name(); typ != name+"Output" {
		t.Errorf("%s answers with a %s", name, typ)
	}
	if _, err := wire.Value(m.Operations[name].Output, out); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// do calls an operation that must succeed.
func do[Out any](w *world, caller, name string, in any) *Out {
	w.Helper()
	out, err := w.call(caller, name, in)
	if err != nil {
		w.Fatalf("%s: %v", name, err)
	}
	return out.(*Out)
}

// checkQuestions compares what a call asks with what AWS defines: such an action, on such a resource, with such keys (authz-iam-sts.md).
func checkQuestions(t testing.TB, asked []op.Question) {
	t.Helper()
	if len(asked) == 0 {
		t.Error("the call asks nothing")
	}
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range asked {
		a, ok := c.Action(q.Action)
		if !ok || a.String() != q.Action {
			t.Errorf("there is no action %q", q.Action)
			continue
		}
		typed, matches := false, false
		for target := range a.Targets() {
			typed = true
			matches = matches || target.Type().Matches(q.Resource)
		}
		// An access key that is the root user's has no type.
		if typed && !matches && !strings.HasSuffix(q.Resource, ":root") {
			t.Errorf("%s is asked on %q, which is none of its resources", q.Action, q.Resource)
		}
		for _, k := range q.Keys {
			known := false
			for defined := range a.AllKeys() {
				known = known || defined.Matches(k.Key.String()) && defined.Multivalued() == k.Many
			}
			if !known {
				t.Errorf("%s has no condition key %s", q.Action, k.Key.String())
			}
			if !k.Many && len(k.Values) != 1 {
				t.Errorf("%s: %s has %d values", q.Action, k.Key.String(), len(k.Values))
			}
		}
	}
}

// questions shows what the last call asked: action, resource, what messages call it, keys.
func (w *world) questions() string {
	var b strings.Builder
	for i, q := range w.asked {
		if i > 0 {
			b.WriteString(" + ")
		}
		fmt.Fprintf(&b, "%s on %s", q.Action, q.Resource)
		if q.Name != "" {
			fmt.Fprintf(&b, " (%s)", q.Name)
		}
		for _, k := range q.Keys {
			fmt.Fprintf(&b, " %s=%s", k.Key.String(), strings.Join(k.Values, ","))
		}
	}
	return b.String()
}

// step is a call in a story, and the claim that it gives what it gives.
type step struct {
	claim string
	as    string // see world.caller; root if empty
	op    string
	in    any
	// want is the answer as show has it, or the fault as "Code: Message".
	want string
}

// tell runs the steps of a story, each in the world that the ones before it left.
func (w *world) tell(steps []step) {
	w.Helper()
	for _, s := range steps {
		as := s.as
		if as == "" {
			as = "root"
		}
		out, err := w.call(as, s.op, s.in)
		got := ""
		var f *fault.Fault
		switch {
		case err == nil:
			got = show(w, out)
		case errors.As(err, &f) && f.Cause == nil:
			got = f.Code + ": " + f.Message
		default:
			got = err.Error()
		}
		if got != s.want {
			w.Errorf("%s: %s\n got %s\nwant %s", s.claim, s.op, got, s.want)
		}
	}
}

var idPattern = regexp.MustCompile(`"(AIDA|AGPA|AROA|ANPA|AKIA)[A-Z2-7]{16,17}"`)

// show writes an answer as JSON: without what is nil, with ids cut to their prefix, and without times.
func show(t testing.TB, out any) string {
	t.Helper()
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	strip(v)
	if text, err = json.Marshal(v); err != nil {
		t.Fatal(err)
	}
	return idPattern.ReplaceAllString(string(text), `"$1"`)
}

func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			if member == nil || key == "CreateDate" || key == "UpdateDate" {
				delete(v, key)
			}
			strip(member)
		}
	case []any:
		for _, item := range v {
			strip(item)
		}
	}
}

// ARNs of tests.

func policyARN(name string) string { return "arn:aws:iam::" + ours + ":policy/" + name }

const (
	readOnly   = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	powerUser  = "arn:aws:iam::aws:policy/PowerUserAccess"
	billing    = "arn:aws:iam::aws:policy/job-function/Billing"
	allowLists = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}}`
)

// addUser, addRole and addPolicy put things into our account that a story needs.

func (w *world) addUser(names ...string) {
	w.Helper()
	w.edit(func(e *identity.Edit) {
		for _, name := range names {
			e.PutUser(&identity.User{ID: w.id("AIDA"), Name: name, Path: "/", Created: w.now})
		}
	})
}

func (w *world) addGroup(names ...string) {
	w.Helper()
	w.edit(func(e *identity.Edit) {
		for _, name := range names {
			e.PutGroup(&identity.Group{ID: w.id("AGPA"), Name: name, Path: "/", Created: w.now})
		}
	})
}

// addRole adds roles by path and name.
func (w *world) addRole(names ...string) {
	w.Helper()
	const trust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	w.edit(func(e *identity.Edit) {
		for _, name := range names {
			i := strings.LastIndexByte(name, '/') + 1
			e.PutRole(&identity.Role{ID: w.id("AROA"), Path: "/" + strings.TrimPrefix(name[:i], "/"), Name: name[i:], Created: w.now, MaxSession: 3600, Trust: identity.NewDocument(trust)})
		}
	})
}

// addPolicy adds managed policies with one version.
func (w *world) addPolicy(names ...string) {
	w.Helper()
	w.edit(func(e *identity.Edit) {
		for _, name := range names {
			i := strings.LastIndexByte(name, '/') + 1
			e.PutPolicy(&identity.ManagedPolicy{
				ID: w.id("ANPA"), Path: "/" + strings.TrimPrefix(name[:i], "/"), Name: name[i:], Created: w.now, Updated: w.now, Default: 1, Next: 2,
				Versions: []identity.PolicyVersion{{Number: 1, Created: w.now, Document: identity.NewDocument(allowLists)}},
			})
		}
	})
}

// id makes a unique id.
func (w *world) id(prefix string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	id := []byte(prefix)
	for range 17 {
		id = append(id, letters[w.rand.IntN(len(letters))])
	}
	return string(id)
}

// pages calls a listing page by page and returns what each page has of the members.
func pages[Out any](w *world, name string, in any, next func(marker *string), page func(*Out) (items []string, truncated *bool, marker *string)) [][]string {
	w.Helper()
	var all [][]string
	for range 100 {
		items, truncated, marker := page(do[Out](w, "root", name, in))
		all = append(all, slices.Clone(items))
		if *truncated != (marker != nil) {
			w.Errorf("%s: IsTruncated is %v and the marker %v", name, *truncated, marker)
		}
		if marker == nil {
			return all
		}
		if len(*marker) > 320 {
			w.Errorf("%s: the marker has %d characters", name, len(*marker))
		}
		next(marker)
	}
	w.Fatalf("%s: there is no end of pages", name)
	return nil
}
