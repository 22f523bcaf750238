package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
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

// writer is a client that changes what is its own alone, and keeps what it was told.
type writer struct {
	name   string
	client *iam.Client
	// users has the policies of the users that were acknowledged, by name; doubt is what the last call would have done, if it got no answer.
	users map[string]map[string]bool
	doubt string
	// requests are the ids of the calls that were acknowledged.
	requests []string
	next     int
}

// work makes random calls until one gets no answer.
func (w *writer) work(ctx context.Context, r *rand.Rand) error {
	for {
		var names []string
		for name := range w.users {
			names = append(names, name)
		}
		var user string
		if len(names) > 0 {
			user = names[r.IntN(len(names))]
		}
		var err error
		var metadata middleware.Metadata
		var apply func()
		switch choice := r.IntN(10); {
		case choice < 5 || user == "":
			w.next++
			name := fmt.Sprintf("%s-%d", w.name, w.next)
			w.doubt = "create " + name
			var out *iam.CreateUserOutput
			if out, err = w.client.CreateUser(ctx, &iam.CreateUserInput{UserName: &name, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}); err == nil {
				metadata, apply = out.ResultMetadata, func() { w.users[name] = make(map[string]bool) }
			}
		case choice < 8:
			w.next++
			policy := fmt.Sprintf("p%d", w.next)
			w.doubt = "put " + user + " " + policy
			var out *iam.PutUserPolicyOutput
			if out, err = w.client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &user, PolicyName: &policy,
				PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}`)}); err == nil {
				metadata, apply = out.ResultMetadata, func() { w.users[user][policy] = true }
			}
		case len(w.users[user]) > 0:
			var policy string
			for policy = range w.users[user] {
				break
			}
			w.doubt = "take " + user + " " + policy
			var out *iam.DeleteUserPolicyOutput
			if out, err = w.client.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: &user, PolicyName: &policy}); err == nil {
				metadata, apply = out.ResultMetadata, func() { delete(w.users[user], policy) }
			}
		default:
			w.doubt = "delete " + user
			var out *iam.DeleteUserOutput
			if out, err = w.client.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &user}); err == nil {
				metadata, apply = out.ResultMetadata, func() { delete(w.users, user) }
			}
		}
		if err != nil {
			var refused smithy.APIError
			if errors.As(err, &refused) && refused.ErrorCode() == "LimitExceeded" {
				continue // the user's policies are full
			}
			if errors.As(err, &refused) {
				return err
			}
			return nil // killed
		}
		apply()
		w.doubt = ""
		id, ok := awsmiddleware.GetRequestIDMetadata(metadata)
		if !ok {
			return errors.New("an answer without a request id")
		}
		w.requests = append(w.requests, id)
	}
}

// settle compares what the server has with what the writer was told, and learns what became of the call that got no answer.
func (w *writer) settle(t *testing.T, have map[string]map[string]bool) {
	t.Helper()
	mine := make(map[string]map[string]bool)
	for name, policies := range have {
		if strings.HasPrefix(name, w.name+"-") {
			mine[name] = policies
		}
	}
	doubt := strings.Fields(w.doubt)
	if len(doubt) > 0 {
		// It happened whole or not at all: whatever of it is there is taken as said.
		name := doubt[1]
		switch doubt[0] {
		case "create":
			if policies, ok := mine[name]; ok && len(policies) == 0 {
				w.users[name] = policies
			}
		case "put":
			if mine[name][doubt[2]] {
				w.users[name][doubt[2]] = true
			}
		case "take":
			if !mine[name][doubt[2]] {
				delete(w.users[name], doubt[2])
			}
		case "delete":
			if _, ok := mine[name]; !ok {
				delete(w.users, name)
			}
		}
		w.doubt = ""
	}
	if got, want := fmt.Sprint(mine), fmt.Sprint(w.users); got != want {
		t.Errorf("%s was told\n%s, and the server has\n%s", w.name, want, got)
	}
}

// TestNothingAcknowledgedIsLostWhenTheServerIsKilled kills the server with SIGKILL at random moments while clients write. After each restart everything that was
// acknowledged is there and nothing is half done; at the end every acknowledged call has its event in the trail, once.
func TestNothingAcknowledgedIsLostWhenTheServerIsKilled(t *testing.T) {
	data := t.TempDir()
	var writers []*writer
	for i := range 6 {
		writers = append(writers, &writer{name: fmt.Sprintf("w%d", i), users: make(map[string]map[string]bool)})
	}
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	moments := rand.New(rand.NewPCG(uint64(seed), 1))
	for kill := range *kills {
		w := serve(t, data, "--quotas-users", "1000000")
		admin := w.admin()
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

		w = serve(t, data, "--quotas-users", "1000000")
		have := everything(t, w.iam(admin))
		for _, writer := range writers {
			writer.settle(t, have)
		}
		w.kill(syscall.SIGTERM)
		if t.Failed() {
			t.Fatalf("after %d kills", kill+1)
		}
	}
	w := serve(t, data)
	w.kill(syscall.SIGTERM)
	events := make(map[string]int)
	for line := range strings.Lines(w.run("trail", "--data", data, "--json")) {
		var e struct {
			RequestID string `json:"requestID"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		events[e.RequestID]++
	}
	acknowledged := 0
	for _, writer := range writers {
		for _, id := range writer.requests {
			acknowledged++
			if events[id] != 1 {
				t.Errorf("the acknowledged call %s has %d events", id, events[id])
			}
		}
	}
	t.Logf("%d kills, %d acknowledged writes", *kills, acknowledged)
	if acknowledged < *kills {
		t.Errorf("only %d writes were acknowledged: the test is idle", acknowledged)
	}
}

// everything returns all users with the names of their policies.
func everything(t *testing.T, client *iam.Client) map[string]map[string]bool {
	t.Helper()
	all := make(map[string]map[string]bool)
	in := &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{types.EntityTypeUser}, MaxItems: aws.Int32(1000)}
	for failures := 0; ; {
		page, err := client.GetAccountAuthorizationDetails(t.Context(), in)
		var refused smithy.APIError
		if failures++; err != nil && !errors.As(err, &refused) && failures < 10 {
			// net/http closes a connection on which an answer begins while it still looks whether the request's body has ended, if
			// the SDK has rewound that meanwhile. Long answers are then cut off.
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range page.UserDetailList {
			policies := make(map[string]bool)
			for _, p := range u.UserPolicyList {
				policies[*p.PolicyName] = true
			}
			all[*u.UserName] = policies
		}
		if !page.IsTruncated {
			return all
		}
		failures, in.Marker = 0, page.Marker
	}
}
