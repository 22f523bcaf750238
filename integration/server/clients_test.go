package server_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"github.com/writ-iam/writ/internal/model"
	iamservice "github.com/writ-iam/writ/internal/service/iam"
	stsservice "github.com/writ-iam/writ/internal/service/sts"
)

// step is one call of a session, in the words of the API. ${name} stands for what an earlier step kept.
type step struct {
	Call string         `json:"call"`
	Wait string         `json:"wait"` // a waiter's name, in place of a call
	As   string         `json:"as"`   // alice, or the root user
	In   map[string]any `json:"in"`
	// Expect has values by their place in the output, Count the lengths of lists, Keep the names under which to keep values.
	Expect map[string]any    `json:"expect"`
	Count  map[string]int    `json:"count"`
	Keep   map[string]string `json:"keep"`
	Error  string            `json:"error"`
}

func (s step) service() string   { name, _, _ := strings.Cut(s.Call, " "); return name }
func (s step) operation() string { _, name, _ := strings.Cut(s.Call, " "); return name }

func readSteps(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/operations.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// client is one of AWS's clients. It returns the output as JSON means it, or the code of the error.
type client interface {
	call(t *testing.T, s step, k key) (out map[string]any, code string)
	wait(t *testing.T, s step, k key) error
}

// TestEveryOperationByEveryClient runs one session of calls with the Go SDK, boto3 and the AWS CLI, each in an account of its own.
func TestEveryOperationByEveryClient(t *testing.T) {
	t.Parallel()
	w := serve(t, t.TempDir())
	for name, c := range map[string]client{"aws-sdk-go-v2": sdk{w}, "boto3": newBoto(t, w), "aws CLI": cli{w}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, account := w.account()
			kept := map[string]string{"account": account}
			for _, line := range readSteps(t) {
				line = regexp.MustCompile(`\$\{(\w+)\}`).ReplaceAllStringFunc(line, func(v string) string { return kept[v[2:len(v)-1]] })
				var s step
				decoder := json.NewDecoder(strings.NewReader(line))
				decoder.DisallowUnknownFields()
				if err := decoder.Decode(&s); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				if s.In == nil {
					s.In = map[string]any{}
				}
				k := root
				if s.As == "alice" {
					k = key{id: kept["key"], secret: kept["secret"]}
				}
				if s.Wait != "" {
					if err := c.wait(t, s, k); err != nil {
						t.Fatalf("waiting for %s: %v", s.Wait, err)
					}
					continue
				}
				out, code := c.call(t, s, k)
				if code != s.Error {
					t.Fatalf("%s: error %q, want %q", line, code, s.Error)
				}
				for place, want := range s.Expect {
					if got := at(out, place); fmt.Sprint(got) != fmt.Sprint(want) {
						t.Errorf("%s: %s is %v, want %v", s.Call, place, got, want)
					}
				}
				for place, want := range s.Count {
					if got, _ := at(out, place).([]any); len(got) != want {
						t.Errorf("%s: %s has %d, want %d", s.Call, place, len(got), want)
					}
				}
				for name, place := range s.Keep {
					kept[name] = fmt.Sprint(at(out, place))
				}
			}
		})
	}
}

// TestTheSessionHasEveryOperation compares the session with the services' tables: who adds an operation adds a call.
func TestTheSessionHasEveryOperation(t *testing.T) {
	called := make(map[string]bool)
	for _, line := range readSteps(t) {
		var s step
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatal(err)
		}
		called[s.Call] = true
	}
	there := 0
	for service, table := range map[string]map[string]bool{"iam": operations((&iamservice.Service{}).Ops()), "sts": operations((&stsservice.Service{}).Ops())} {
		for name, implemented := range table {
			if implemented && !called[service+" "+name] {
				t.Errorf("no step calls %s %s", service, name)
			}
			if implemented {
				there++
			}
		}
	}
	if there < 80 {
		t.Errorf("only %d operations are there", there)
	}
}

// at returns the value at a place such as "Users.0.Arn".
func at(v any, place string) any {
	for part := range strings.SplitSeq(place, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// sdk is aws-sdk-go-v2.
type sdk struct{ w *writ }

func (c sdk) call(t *testing.T, s step, k key) (map[string]any, string) {
	t.Helper()
	var service any = c.w.iam(k)
	if s.service() == "sts" {
		service = c.w.sts(k)
	}
	method := reflect.ValueOf(service).MethodByName(s.operation())
	in := reflect.New(method.Type().In(1).Elem())
	text, err := json.Marshal(s.In)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, in.Interface()); err != nil {
		t.Fatalf("%s: %v", s.Call, err)
	}
	result := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
	if err, _ := result[1].Interface().(error); err != nil {
		var refused smithy.APIError
		if !errors.As(err, &refused) {
			t.Fatalf("%s: %v", s.Call, err)
		}
		return nil, refused.ErrorCode()
	}
	if text, err = json.Marshal(result[0].Interface()); err != nil {
		t.Fatal(err)
	}
	return decode(t, text), ""
}

func decode(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var out map[string]any
	if len(bytes.TrimSpace(text)) == 0 {
		return out
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return out
}

func (c sdk) wait(t *testing.T, s step, k key) error {
	client := c.w.iam(k)
	name := func(member string) *string { v := s.In[member].(string); return &v }
	switch s.Wait {
	case "user_exists":
		return iam.NewUserExistsWaiter(client).Wait(t.Context(), &iam.GetUserInput{UserName: name("UserName")}, 5*time.Second)
	case "role_exists":
		return iam.NewRoleExistsWaiter(client).Wait(t.Context(), &iam.GetRoleInput{RoleName: name("RoleName")}, 5*time.Second)
	case "policy_exists":
		return iam.NewPolicyExistsWaiter(client).Wait(t.Context(), &iam.GetPolicyInput{PolicyArn: name("PolicyArn")}, 5*time.Second)
	}
	return errors.New("no such waiter")
}

// boto is boto3 in a process of its own.
type boto struct {
	in  io.Writer
	out *bufio.Scanner
}

func newBoto(t *testing.T, w *writ) *boto {
	t.Helper()
	c := exec.CommandContext(t.Context(), "python3", "testdata/boto.py", w.url)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatalf("this test wants python3 with boto3: %v", err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = c.Wait()
	})
	b := &boto{in, bufio.NewScanner(out)}
	b.out.Buffer(nil, 1<<24)
	return b
}

// botoAnswer is what boto3 makes of an answer.
type botoAnswer struct {
	Out                  map[string]any
	Error, Message, Type string
	Status               int
}

func (b *boto) do(t *testing.T, s step, k key, paginate bool) (map[string]any, string) {
	t.Helper()
	a := b.answer(t, s, k, map[string]any{"paginate": paginate})
	return a.Out, a.Error
}

func (b *boto) answer(t *testing.T, s step, k key, how map[string]any) botoAnswer {
	t.Helper()
	service := s.service()
	if service == "" {
		service = "iam"
	}
	asked := map[string]any{"service": service, "call": s.operation(), "wait": s.Wait, "in": s.In, "key": k.id, "secret": k.secret}
	maps.Copy(asked, how)
	text, err := json.Marshal(asked)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(b.in, "%s\n", text); err != nil {
		t.Fatal(err)
	}
	if !b.out.Scan() {
		t.Fatalf("%s: boto3 ended: this test wants python3 with boto3", s.Call)
	}
	var answer botoAnswer
	if err := json.Unmarshal(b.out.Bytes(), &answer); err != nil {
		t.Fatalf("%v: %s", err, b.out.Text())
	}
	return answer
}

func (b *boto) call(t *testing.T, s step, k key) (map[string]any, string) {
	t.Helper()
	return b.do(t, s, k, false)
}

func (b *boto) wait(t *testing.T, s step, k key) error {
	t.Helper()
	if _, failure := b.do(t, s, k, false); failure != "" {
		return errors.New(failure)
	}
	return nil
}

// cli is the AWS CLI, a process a call.
type cli struct{ w *writ }

// kebab writes an operation's name as the CLI does.
func kebab(name string) string {
	return strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(name, "$1-$2"))
}

func (c cli) run(t *testing.T, k key, args ...string) ([]byte, error) {
	t.Helper()
	var out, failure bytes.Buffer
	command := exec.CommandContext(t.Context(), "aws", args...)
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + c.w.url, "AWS_DEFAULT_REGION=us-east-1", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1",
		"AWS_ACCESS_KEY_ID=" + k.id, "AWS_SECRET_ACCESS_KEY=" + k.secret,
	}
	command.Stdout, command.Stderr = &out, &failure
	if err := command.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			t.Fatalf("this test wants the AWS CLI: %v", err)
		}
		return nil, errors.New(failure.String())
	}
	return out.Bytes(), nil
}

func (c cli) call(t *testing.T, s step, k key) (map[string]any, string) {
	t.Helper()
	text, err := json.Marshal(s.In)
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.run(t, k, s.service(), kebab(s.operation()), "--cli-input-json", string(text), "--output", "json")
	if err != nil {
		code := regexp.MustCompile(`An error occurred \((\w+)\)`).FindStringSubmatch(err.Error())
		if code == nil {
			t.Fatalf("%s: %v", s.Call, err)
		}
		return nil, code[1]
	}
	return decode(t, out), ""
}

func (c cli) wait(t *testing.T, s step, k key) error {
	t.Helper()
	args := []string{"iam", "wait", strings.ReplaceAll(s.Wait, "_", "-")}
	for member, value := range s.In {
		args = append(args, "--"+kebab(member), value.(string))
	}
	_, err := c.run(t, k, args...)
	return err
}

// TestPaginators lists what is many, two at a time, with each client's own paginator.
func TestPaginators(t *testing.T) {
	t.Parallel()
	w := serve(t, t.TempDir())
	root := w.admin()
	b := newBoto(t, w)
	do := func(call string, in map[string]any) map[string]any {
		t.Helper()
		out, code := sdk{w}.call(t, step{Call: "iam " + call, In: in}, root)
		if code != "" {
			t.Fatalf("%s %v: %s", call, in, code)
		}
		return out
	}
	type object = map[string]any
	const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	const n = 5
	do("CreateUser", object{"UserName": "many"})
	do("CreateGroup", object{"GroupName": "many"})
	do("CreateRole", object{"RoleName": "many", "AssumeRolePolicyDocument": trust})
	many := at(do("CreatePolicy", object{"PolicyName": "many", "PolicyDocument": document}), "Policy.Arn").(string)
	for i := range n {
		name := fmt.Sprintf("x%d", i)
		do("CreateUser", object{"UserName": name, "Path": "/x/"})
		do("CreateGroup", object{"GroupName": name, "Path": "/x/"})
		do("CreateRole", object{"RoleName": name, "Path": "/x/", "AssumeRolePolicyDocument": trust})
		arn := at(do("CreatePolicy", object{"PolicyName": name, "Path": "/x/", "PolicyDocument": document}), "Policy.Arn").(string)
		do("AddUserToGroup", object{"UserName": name, "GroupName": "many"})
		do("AddUserToGroup", object{"UserName": "many", "GroupName": name})
		for kind, member := range map[string]string{"User": "UserName", "Group": "GroupName", "Role": "RoleName"} {
			do("Put"+kind+"Policy", object{member: "many", "PolicyName": name, "PolicyDocument": document})
			do("Attach"+kind+"Policy", object{member: "many", "PolicyArn": arn})
			do("Attach"+kind+"Policy", object{member: name, "PolicyArn": many})
		}
		tags := []object{{"Key": name, "Value": "v"}}
		do("TagUser", object{"UserName": "many", "Tags": tags})
		do("TagRole", object{"RoleName": "many", "Tags": tags})
		do("TagPolicy", object{"PolicyArn": many, "Tags": tags})
		if i > 0 {
			do("CreatePolicyVersion", object{"PolicyArn": many, "PolicyDocument": document})
		}
	}
	do("CreateAccessKey", object{"UserName": "many"})
	do("CreateAccessKey", object{"UserName": "many"})
	do("CreateAccountAlias", object{"AccountAlias": "many-pages"})
	tried := make(map[string]bool)
	actions := []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:GetBucketPolicy"}
	for _, list := range []struct {
		call, member string
		in           object
		want         int
	}{
		{"ListUsers", "Users", object{"PathPrefix": "/x/"}, n}, {"ListGroups", "Groups", object{"PathPrefix": "/x/"}, n}, {"ListRoles", "Roles", object{"PathPrefix": "/x/"}, n},
		{"ListPolicies", "Policies", object{"PathPrefix": "/x/", "Scope": "Local"}, n}, {"GetGroup", "Users", object{"GroupName": "many"}, n},
		{"ListGroupsForUser", "Groups", object{"UserName": "many"}, n}, {"ListUserPolicies", "PolicyNames", object{"UserName": "many"}, n},
		{"ListGroupPolicies", "PolicyNames", object{"GroupName": "many"}, n}, {"ListRolePolicies", "PolicyNames", object{"RoleName": "many"}, n},
		{"ListAttachedUserPolicies", "AttachedPolicies", object{"UserName": "many"}, n}, {"ListAttachedGroupPolicies", "AttachedPolicies", object{"GroupName": "many"}, n},
		{"ListAttachedRolePolicies", "AttachedPolicies", object{"RoleName": "many"}, n}, {"ListEntitiesForPolicy", "PolicyRoles", object{"PolicyArn": many}, n},
		{"ListPolicyVersions", "Versions", object{"PolicyArn": many}, n}, {"ListUserTags", "Tags", object{"UserName": "many"}, n}, {"ListRoleTags", "Tags", object{"RoleName": "many"}, n},
		{"ListPolicyTags", "Tags", object{"PolicyArn": many}, n}, {"ListAccessKeys", "AccessKeyMetadata", object{"UserName": "many"}, 2},
		{"ListAccountAliases", "AccountAliases", object{}, 1}, {"GetAccountAuthorizationDetails", "GroupDetailList", object{}, n + 1},
		{"SimulateCustomPolicy", "EvaluationResults", object{"PolicyInputList": []string{document}, "ActionNames": actions}, n},
		{"SimulatePrincipalPolicy", "EvaluationResults", object{"PolicySourceArn": at(do("GetUser", object{"UserName": "many"}), "User.Arn"), "ActionNames": actions}, n},
	} {
		tried[list.call] = true
		t.Run(list.call, func(t *testing.T) {
			whole, _ := at(do(list.call, list.in), list.member).([]any)
			if len(whole) != list.want {
				t.Fatalf("there are %d, want %d", len(whole), list.want)
			}
			pages := 0
			var sdkItems []any
			text, err := json.Marshal(list.in)
			if err != nil {
				t.Fatal(err)
			}
			for page := range sdkPages(t, w.iam(root), list.call, text) {
				pages++
				items, _ := at(page, list.member).([]any)
				sdkItems = append(sdkItems, items...)
			}
			if !reflect.DeepEqual(sdkItems, whole) {
				t.Errorf("the SDK's paginator has %v, want %v", sdkItems, whole)
			}
			if list.want > 2 && pages < 3 {
				t.Errorf("only %d pages", pages)
			}
			out, code := b.do(t, step{Call: "iam " + list.call, In: list.in}, root, true)
			if items, _ := at(out, list.member).([]any); code != "" || len(items) != list.want {
				t.Errorf("boto3's paginator has %d (%s), want %d", len(items), code, list.want)
			}
			// Of several lists in one answer boto3 goes on with the first alone.
			if list.call != "ListEntitiesForPolicy" && list.call != "GetAccountAuthorizationDetails" {
				a := b.answer(t, step{Call: "iam " + list.call, In: list.in}, root, map[string]any{"tokens": true})
				if items, _ := at(a.Out, list.member).([]any); !reflect.DeepEqual(items, at(out, list.member)) {
					t.Errorf("by starting tokens boto3 has %v (%s), want %v", items, a.Error, at(out, list.member))
				}
			}
			cliOut, err := cli{w}.run(t, root, "iam", kebab(list.call), "--cli-input-json", string(text), "--page-size", "2", "--output", "json")
			if err != nil {
				t.Fatal(err)
			}
			if items, _ := at(decode(t, cliOut), list.member).([]any); len(items) != list.want {
				t.Errorf("the CLI has %d, want %d", len(items), list.want)
			}
		})
	}
	for service, table := range map[string]map[string]bool{"iam": operations((&iamservice.Service{}).Ops()), "sts": operations((&stsservice.Service{}).Ops())} {
		m, err := model.Load(service)
		if err != nil {
			t.Fatal(err)
		}
		for name, implemented := range table {
			if o := m.Operations[name]; implemented && o.Paging != nil && !tried[name] {
				t.Errorf("no paginator is tried on %s", name)
			}
		}
	}
	// The CLI's own starting tokens.
	var names []string
	for token := ""; ; {
		args := []string{"iam", "list-users", "--path-prefix", "/x/", "--max-items", "2", "--output", "json"}
		if token != "" {
			args = append(args, "--starting-token", token)
		}
		out, err := cli{w}.run(t, root, args...)
		if err != nil {
			t.Fatal(err)
		}
		page := decode(t, out)
		users, _ := page["Users"].([]any)
		for _, u := range users {
			names = append(names, fmt.Sprint(at(u, "UserName")))
		}
		if token, _ = page["NextToken"].(string); token == "" {
			break
		}
	}
	if !slices.Equal(names, []string{"x0", "x1", "x2", "x3", "x4"}) {
		t.Errorf("by starting tokens the CLI has %v", names)
	}
}
