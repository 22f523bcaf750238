package server_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestStories runs the scripts of ../testdata/script: each starts a server of its own and uses it with the AWS CLI. Beside testscript's own commands they have
//
//	serve [flag…]     start the server on the folder data, or start it again; as "admin", who has the key of the first start
//	dev [flag…]       start writ dev in its place; as "admin", its root user
//	stop              end the server, and expect that it ends well
//	account NAME      make an account: its id in $NAME, and its root user to be had with "as NAME"
//	key USER          make an access key of a user, to be had with "as USER"
//	save NAME         take the credentials that were printed (id, secret and perhaps token, as text), to be had with "as NAME"
//	as NAME           go on with saved credentials
//	capture NAME      put what was printed into $NAME
//	fill FILE…        put the environment into files, where they have @NAME@
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "../testdata/script", RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"))
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("AWS_DEFAULT_REGION", "us-east-1")
			env.Setenv("AWS_DEFAULT_OUTPUT", "text")
			env.Setenv("AWS_MAX_ATTEMPTS", "1")
			env.Values[storyKey{}] = &story{people: make(map[string]key)}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": func(ts *testscript.TestScript, _ bool, args []string) {
				s := storyOf(ts)
				s.server = serve(inScript{ts: ts}, ts.MkAbs("data"), args...)
				s.people["admin"] = s.server.admin()
				s.reach(ts)
			},
			"dev": func(ts *testscript.TestScript, _ bool, args []string) {
				s := storyOf(ts)
				s.server = dev(inScript{ts: ts}, args...)
				s.people["admin"] = key{id: "test", secret: "test"}
				s.reach(ts)
			},
			"stop": func(ts *testscript.TestScript, _ bool, _ []string) {
				s := storyOf(ts)
				s.server.kill(syscall.SIGTERM)
				if code := s.server.cmd.ProcessState.ExitCode(); code != 0 {
					ts.Fatalf("the server ended with the status %d: %s", code, s.server.log)
				}
			},
			"account": func(ts *testscript.TestScript, _ bool, args []string) {
				s := storyOf(ts)
				root, id := s.server.account()
				s.people[args[0]] = root
				ts.Setenv(args[0], id)
			},
			"key": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(ts.Exec("aws", "iam", "create-access-key", "--user-name", args[0], "--query", "AccessKey.[AccessKeyId,SecretAccessKey]"))
				storyOf(ts).save(ts, args[0])
			},
			"save": func(ts *testscript.TestScript, _ bool, args []string) { storyOf(ts).save(ts, args[0]) },
			"as": func(ts *testscript.TestScript, _ bool, args []string) {
				k, ok := storyOf(ts).people[args[0]]
				if !ok {
					ts.Fatalf("nobody is called %s", args[0])
				}
				ts.Setenv("AWS_ACCESS_KEY_ID", k.id)
				ts.Setenv("AWS_SECRET_ACCESS_KEY", k.secret)
				ts.Setenv("AWS_SESSION_TOKEN", k.token)
			},
			"capture": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
			},
			"fill": func(ts *testscript.TestScript, _ bool, args []string) {
				for _, name := range args {
					text := regexp.MustCompile(`@(\w+)@`).ReplaceAllStringFunc(ts.ReadFile(name), func(v string) string {
						value := ts.Getenv(v[1 : len(v)-1])
						if value == "" {
							ts.Fatalf("%s is not set", v)
						}
						return value
					})
					ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
				}
			},
		},
	})
}

// story is what a script knows.
type story struct {
	server *writ
	people map[string]key
}

type storyKey struct{}

func storyOf(ts *testscript.TestScript) *story { return ts.Value(storyKey{}).(*story) }

// reach points the AWS CLI at the server, as its admin.
func (s *story) reach(ts *testscript.TestScript) {
	admin := s.people["admin"]
	ts.Setenv("AWS_ENDPOINT_URL", s.server.url)
	ts.Setenv("AWS_ACCESS_KEY_ID", admin.id)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", admin.secret)
	ts.Setenv("AWS_SESSION_TOKEN", "")
	if strings.HasPrefix(s.server.url, "http:") && s.server.data != "" {
		ts.Setenv("ACCOUNT", s.server.accountOf(admin))
	}
}

func (s *story) save(ts *testscript.TestScript, name string) {
	words := append(strings.Fields(ts.ReadFile("stdout")), "")
	if len(words) < 3 {
		ts.Fatalf("no credentials were printed: %q", words)
	}
	s.people[name] = key{id: words[0], secret: words[1], token: words[2]}
}

// inScript is a script as the harness sees it.
type inScript struct {
	testing.TB
	ts *testscript.TestScript
}

func (s inScript) Helper()                           {}
func (s inScript) Cleanup(f func())                  { s.ts.Defer(f) }
func (s inScript) Fatal(args ...any)                 { s.ts.Fatalf("%s", fmt.Sprint(args...)) }
func (s inScript) Fatalf(format string, args ...any) { s.ts.Fatalf(format, args...) }
