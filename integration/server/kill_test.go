package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

var kills = flag.Int("kills", 10, "how often the server is killed")

// facts are what an account holds, a line each:
//
//	user w0-1            tag w0-1 7           inline w0-1 p3
//	member w0-1 w0       attached w0-1 w0     alias w0-5
//
// A call takes facts away and adds others, all at once.
type facts map[string]bool

// write is a call that changes something, with its parameters in the words of the API.
type write struct {
	operation string
	in        map[string]string
}

// done returns the facts after a write.
func (f facts) done(w write) facts {
	after := maps.Clone(f)
	user := w.in["UserName"]
	switch w.operation {
	case "CreateUser":
		after["user "+user], after["tag "+user+" "+w.in["Tag"]] = true, true
	case "DeleteUser":
		delete(after, "user "+user)
		for fact := range f {
			if strings.HasPrefix(fact, "tag "+user+" ") {
				delete(after, fact)
			}
		}
	case "UpdateUser":
		for fact := range f {
			words := strings.Fields(fact)
			if words[0] != "alias" && words[1] == user {
				words[1] = w.in["NewUserName"]
				delete(after, fact)
				after[strings.Join(words, " ")] = true
			}
		}
	case "PutUserPolicy":
		after["inline "+user+" "+w.in["PolicyName"]] = true
	case "DeleteUserPolicy":
		delete(after, "inline "+user+" "+w.in["PolicyName"])
	case "AttachUserPolicy":
		after["attached "+user+" "+nameOf(w.in["PolicyArn"])] = true
	case "DetachUserPolicy":
		delete(after, "attached "+user+" "+nameOf(w.in["PolicyArn"]))
	case "AddUserToGroup":
		after["member "+user+" "+w.in["GroupName"]] = true
	case "RemoveUserFromGroup":
		delete(after, "member "+user+" "+w.in["GroupName"])
	case "CreateAccountAlias":
		after["alias "+w.in["AccountAlias"]] = true
	case "DeleteAccountAlias":
		delete(after, "alias "+w.in["AccountAlias"])
	}
	return after
}

func nameOf(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// writer is a client that changes what is its own alone, and keeps what it was told.
type writer struct {
	name   string
	policy string // the ARN of the policy that it attaches
	client *iam.Client
	facts  facts
	// doubt is the call that got no answer.
	doubt *write
	// requests are the ids of the calls that were acknowledged.
	requests []string
	next     int
}

// choose returns a write that the facts allow.
func (w *writer) choose(r *rand.Rand) write {
	about := func(kind, user string) (all []string) {
		for fact := range w.facts {
			if words := strings.Fields(fact); words[0] == kind && (user == "" || words[1] == user) {
				all = append(all, words[len(words)-1])
			}
		}
		slices.Sort(all)
		return all
	}
	w.next++
	id := fmt.Sprintf("%s-%d", w.name, w.next)
	users := about("user", "")
	if len(users) == 0 || len(users) < 50 && r.IntN(4) == 0 {
		return write{"CreateUser", map[string]string{"UserName": id, "Tag": fmt.Sprint(w.next)}}
	}
	user := users[r.IntN(len(users))]
	inline, attached, member, alias := about("inline", user), about("attached", user), about("member", user), about("alias", "")
	switch choice := r.IntN(9); {
	case choice == 0:
		return write{"UpdateUser", map[string]string{"UserName": user, "NewUserName": id}}
	case choice == 1 && w.name == "w0": // there is one alias an account
		if len(alias) > 0 {
			return write{"DeleteAccountAlias", map[string]string{"AccountAlias": alias[0]}}
		}
		return write{"CreateAccountAlias", map[string]string{"AccountAlias": id}}
	case choice <= 3 && len(attached) > 0:
		return write{"DetachUserPolicy", map[string]string{"UserName": user, "PolicyArn": w.policy}}
	case choice <= 3:
		return write{"AttachUserPolicy", map[string]string{"UserName": user, "PolicyArn": w.policy}}
	case choice == 4 && len(member) > 0:
		return write{"RemoveUserFromGroup", map[string]string{"UserName": user, "GroupName": w.name}}
	case choice == 4:
		return write{"AddUserToGroup", map[string]string{"UserName": user, "GroupName": w.name}}
	case choice <= 6 && len(inline) < 4:
		return write{"PutUserPolicy", map[string]string{"UserName": user, "PolicyName": id}}
	case len(inline) > 0:
		return write{"DeleteUserPolicy", map[string]string{"UserName": user, "PolicyName": inline[0]}}
	case len(attached)+len(member) == 0:
		return write{"DeleteUser", map[string]string{"UserName": user}}
	default:
		return write{"PutUserPolicy", map[string]string{"UserName": user, "PolicyName": id}}
	}
}

// call makes a write, and returns the id of the request.
func (w *writer) call(ctx context.Context, c write) (string, error) {
	method := reflect.ValueOf(w.client).MethodByName(c.operation)
	in := reflect.New(method.Type().In(1).Elem())
	for name, value := range c.in {
		if name == "Tag" {
			in.Elem().FieldByName("Tags").Set(reflect.ValueOf([]types.Tag{{Key: aws.String("k"), Value: &value}}))
			continue
		}
		in.Elem().FieldByName(name).Set(reflect.ValueOf(&value))
	}
	if c.operation == "PutUserPolicy" {
		in.Elem().FieldByName("PolicyDocument").Set(reflect.ValueOf(aws.String(document)))
	}
	result := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	if err, _ := result[1].Interface().(error); err != nil {
		return "", err
	}
	id, ok := awsmiddleware.GetRequestIDMetadata(result[0].Elem().FieldByName("ResultMetadata").Interface().(middleware.Metadata))
	if !ok {
		return "", errors.New("an answer without a request id")
	}
	return id, nil
}

// work makes random writes until one gets no answer.
func (w *writer) work(ctx context.Context, r *rand.Rand) error {
	for {
		c := w.choose(r)
		w.doubt = &c
		id, err := w.call(ctx, c)
		var refused smithy.APIError
		switch {
		case errors.As(err, &refused):
			return fmt.Errorf("%s %v: %w", c.operation, c.in, err)
		case err != nil:
			return nil // killed
		}
		w.facts, w.doubt = w.facts.done(c), nil
		w.requests = append(w.requests, id)
	}
}

// settle compares what the server has with what the writer was told, and learns what became of the call that got no answer: it happened whole or not at all.
func (w *writer) settle(t *testing.T, have facts) {
	t.Helper()
	mine := facts{}
	for fact := range have {
		if words := strings.Fields(fact); strings.HasPrefix(words[1], w.name+"-") {
			mine[fact] = true
		}
	}
	if w.doubt != nil {
		if done := w.facts.done(*w.doubt); maps.Equal(mine, done) {
			w.facts = done
		}
	}
	if !maps.Equal(mine, w.facts) {
		t.Errorf("%s was told, beyond what the server has,\n%s; the server has beyond it\n%s; without an answer was %v", w.name, w.facts.without(mine), mine.without(w.facts), w.doubt)
	}
	w.doubt = nil
}

// without returns the facts that are not among others.
func (f facts) without(others facts) facts {
	left := maps.Clone(f)
	maps.DeleteFunc(left, func(fact string, _ bool) bool { return others[fact] })
	return left
}

func (f facts) String() string { return strings.Join(slices.Sorted(maps.Keys(f)), ", ") }

// document is a policy.
const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`

// TestNothingAcknowledgedIsLostWhenTheServerIsKilled kills the server with SIGKILL at random moments while clients write, and now and then while it starts.
// After each restart everything that was acknowledged is there and nothing is half done. At the end every acknowledged call has its event, no event is there
// twice, and the events of writes, done one after the other, make what is there: no write is without its event and no event without its write.
func TestNothingAcknowledgedIsLostWhenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	w := serve(t, data)
	admin := w.admin()
	account := w.accountOf(admin)
	var writers []*writer
	for i := range 6 {
		name := fmt.Sprintf("w%d", i)
		mustCall(t, w.iam(admin).CreateGroup, &iam.CreateGroupInput{GroupName: &name})
		mustCall(t, w.iam(admin).CreatePolicy, &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: aws.String(document)})
		writers = append(writers, &writer{name: name, policy: "arn:aws:iam::" + account + ":policy/" + name, facts: facts{}})
	}
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	moments := rand.New(rand.NewPCG(uint64(seed), 1))
	inDoubt, early := 0, 0
	for kill := range *kills {
		var wait sync.WaitGroup
		for i, writer := range writers {
			writer.client = w.iam(admin)
			r := rand.New(rand.NewPCG(uint64(seed), uint64(kill*100+i)))
			wait.Go(func() {
				if err := writer.work(t.Context(), r); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(time.Duration(moments.IntN(400)) * time.Millisecond)
		w.kill(syscall.SIGKILL)
		wait.Wait()
		if moments.IntN(4) == 0 {
			early++
			start(t, data).killAfter(time.Duration(moments.IntN(150)) * time.Millisecond)
		}
		w = serve(t, data)
		have := everything(t, w.iam(admin))
		for _, writer := range writers {
			before := writer.facts
			writer.settle(t, have)
			if !maps.Equal(before, writer.facts) {
				inDoubt++
			}
		}
		if t.Failed() {
			t.Fatalf("after %d kills", kill+1)
		}
	}
	have := everything(t, w.iam(admin))
	w.kill(syscall.SIGTERM)

	requests, ids, replayed := make(map[string]int), make(map[string]bool), facts{}
	for _, e := range w.events() {
		requests[e.RequestID]++
		if ids[e.EventID] {
			t.Errorf("the event %s is there twice", e.EventID)
		}
		ids[e.EventID] = true
		if e.ErrorCode == "" && !e.ReadOnly {
			replayed = replayed.done(e.write(t))
		}
	}
	acknowledged := 0
	for _, writer := range writers {
		for _, id := range writer.requests {
			acknowledged++
			if requests[id] != 1 {
				t.Errorf("the acknowledged call %s has %d events", id, requests[id])
			}
		}
	}
	maps.DeleteFunc(have, func(fact string, _ bool) bool { return strings.Fields(fact)[1] == "admin" }) // the first start made it
	if !maps.Equal(replayed, have) {
		t.Errorf("the events make, beyond what the server has,\n%s; the server has beyond them\n%s", replayed.without(have), have.without(replayed))
	}
	t.Logf("%d kills and %d while it started, %d acknowledged writes, %d that were done without an answer, %d events", *kills, early, acknowledged, inDoubt, len(ids))
	if acknowledged < *kills {
		t.Errorf("only %d writes were acknowledged: the test is idle", acknowledged)
	}
}

// write returns the write that an event tells of.
func (e event) write(t *testing.T) write {
	t.Helper()
	c := write{e.EventName, make(map[string]string)}
	for name, value := range e.RequestParameters {
		if text, ok := value.(string); ok {
			c.in[strings.ToUpper(name[:1])+name[1:]] = text
		}
	}
	if tags, ok := e.RequestParameters["tags"].([]any); ok {
		c.in["Tag"] = fmt.Sprint(tags[0].(map[string]any)["value"])
	}
	return c
}

// mustCall makes a call that must succeed.
func mustCall[In, Out any](t *testing.T, call func(context.Context, *In, ...func(*iam.Options)) (*Out, error), in *In) *Out {
	t.Helper()
	out, err := call(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// everything returns the facts of an account, and compares the counts that the server keeps with them.
func everything(t *testing.T, client *iam.Client) facts {
	t.Helper()
	all, attached := facts{}, make(map[string]int32)
	in := &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{types.EntityTypeUser, types.EntityTypeLocalManagedPolicy}, MaxItems: aws.Int32(1000)}
	counts := make(map[string]int32)
	for {
		page, err := client.GetAccountAuthorizationDetails(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Policies {
			counts[*p.PolicyName] = *p.AttachmentCount
		}
		for _, u := range page.UserDetailList {
			name := *u.UserName
			all["user "+name] = true
			for _, tag := range u.Tags {
				all["tag "+name+" "+*tag.Value] = true
			}
			for _, p := range u.UserPolicyList {
				all["inline "+name+" "+*p.PolicyName] = true
			}
			for _, g := range u.GroupList {
				all["member "+name+" "+g] = true
			}
			for _, p := range u.AttachedManagedPolicies {
				all["attached "+name+" "+*p.PolicyName] = true
				attached[*p.PolicyName]++
			}
		}
		if !page.IsTruncated {
			break
		}
	}
	aliases, err := client.ListAccountAliases(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, alias := range aliases.AccountAliases {
		all["alias "+alias] = true
	}
	for policy, count := range counts {
		if attached[policy] != count {
			t.Errorf("the policy %s is attached %d times, by its own count %d", policy, attached[policy], count)
		}
	}
	return all
}

// event is what the tests read of an event.
type event struct {
	EventID, RequestID, EventName, EventSource, ErrorCode string
	ReadOnly                                              bool
	RequestParameters                                     map[string]any
	UserIdentity                                          struct{ ARN, Type string }
	// AdditionalEventData has how many requests an event stands for, if it is not one.
	AdditionalEventData struct{ Count int }
}

// events returns all events of a server that has ended.
func (w *writ) events() (all []event) {
	w.t.Helper()
	for line := range strings.Lines(w.run("trail", "--data", w.data, "--json")) {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			w.t.Fatalf("%v: %s", err, line)
		}
		all = append(all, e)
	}
	return all
}
