// Package server_test runs the real binary as a user does, with real clients.
package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// binary is the writ that is tested.
var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "writ-integration-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "writ")
		build := exec.Command("go", "build", "-o", binary, "./cmd/writ")
		build.Dir, build.Stderr = "../..", os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "the binary cannot be built:", err)
			return 1
		}
		return m.Run()
	}())
}

// writ is a server that runs on a data folder.
type writ struct {
	t    testing.TB
	data string
	url  string
	cmd  *exec.Cmd
	log  *bytes.Buffer
}

// serve starts a server on a folder and waits until it answers; it is stopped when the test ends.
func serve(t testing.TB, data string, more ...string) *writ {
	t.Helper()
	w := start(t, data, more...)
	for range 1000 {
		if text, err := os.ReadFile(filepath.Join(data, "address")); err == nil && strings.HasSuffix(string(text), "\n") {
			w.url = strings.TrimSpace(string(text))
			return w
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.kill(syscall.SIGKILL)
	t.Fatalf("the server did not start: %s", w.log)
	return nil
}

// start starts a server on a folder.
func start(t testing.TB, data string, more ...string) *writ {
	t.Helper()
	w := &writ{t: t, data: data, log: new(bytes.Buffer)}
	if err := os.Remove(filepath.Join(data, "address")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	w.cmd = exec.Command(binary, append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0", "--health", "", "--log-level", "warn"}, more...)...)
	w.cmd.Stdout, w.cmd.Stderr = w.log, w.log
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.kill(syscall.SIGKILL) })
	return w
}

// dev starts a server in memory, whose root user's key is test and test.
func dev(t testing.TB, more ...string) *writ {
	t.Helper()
	w := &writ{t: t, log: new(bytes.Buffer)}
	w.cmd = exec.Command(binary, append([]string{"dev", "--listen", "127.0.0.1:0", "--root-access-key", "test", "--root-secret-key", "test"}, more...)...)
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w.cmd.Stderr = w.log
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.kill(syscall.SIGKILL) })
	line, err := bufio.NewReader(out).ReadString('\n')
	found := regexp.MustCompile(`http://\S+`).FindString(line)
	if err != nil || found == "" {
		t.Fatalf("the server did not start: %s%s", line, w.log)
	}
	w.url = found
	return w
}

// killAfter kills a server that may have started meanwhile.
func (w *writ) killAfter(d time.Duration) {
	time.Sleep(d)
	w.kill(syscall.SIGKILL)
}

// kill sends the server a signal and waits for its end.
func (w *writ) kill(signal syscall.Signal) {
	if w.cmd.ProcessState != nil {
		return
	}
	_ = w.cmd.Process.Signal(signal)
	_ = w.cmd.Wait()
}

// run runs the binary.
func (w *writ) run(args ...string) string {
	w.t.Helper()
	var out, errOut bytes.Buffer
	c := exec.Command(binary, args...)
	c.Stdout, c.Stderr = &out, &errOut
	if err := c.Run(); err != nil {
		w.t.Fatalf("writ %s: %v\n%s", strings.Join(args, " "), err, &errOut)
	}
	return out.String()
}

// key is an access key.
type key struct {
	id, secret, token string
}

// account makes an account and returns its root user's key and its id.
func (w *writ) account() (root key, id string) {
	w.t.Helper()
	var made struct {
		AccountID       string `json:"account_id"`
		AccessKeyID     string `json:"access_key_id"`
		SecretAccessKey string `json:"secret_access_key"`
	}
	if err := json.Unmarshal([]byte(w.run("account", "create", "--data", w.data, "--with-root-key", "--json")), &made); err != nil {
		w.t.Fatal(err)
	}
	return key{id: made.AccessKeyID, secret: made.SecretAccessKey}, made.AccountID
}

// admin returns the key of the first start.
func (w *writ) admin() key {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.data, "credentials"))
	if err != nil {
		w.t.Fatal(err)
	}
	var k key
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
		switch name {
		case "aws_access_key_id":
			k.id = value
		case "aws_secret_access_key":
			k.secret = value
		}
	}
	return k
}

// config is how the SDK reaches a server with a key, without trying anything twice.
func (w *writ) config(k key) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(w.url), Credentials: credentials.NewStaticCredentialsProvider(k.id, k.secret, k.token),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} }, HTTPClient: &http.Client{Transport: buffered{}, Timeout: 10 * time.Second},
	}
}

func (w *writ) iam(k key) *iam.Client { return iam.NewFromConfig(w.config(k)) }

func (w *writ) sts(k key) *sts.Client { return sts.NewFromConfig(w.config(k)) }

// buffered sends requests with their bodies in memory, where net/http can see it, and so in one piece. The SDK's own bodies it sends
// first and asks them for their end afterwards; when the answer began meanwhile, the SDK has closed the body, says io.EOF in place of no
// error (smithy-go, safeWriteToReadCloser.WriteTo), and net/http drops the connection with the rest of the answer on it. With the SDK's
// own retries nobody sees that; with none a test does.
type buffered struct{}

func (buffered) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return http.DefaultTransport.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if err := r.Body.Close(); err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(r)
}

// accountOf returns the id of a key's account.
func (w *writ) accountOf(k key) string {
	w.t.Helper()
	out, err := w.sts(k).GetCallerIdentity(context.Background(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return *out.Account
}

// shell runs a script in bash, with the binary as bin/writ and AWS's CLI pointed at nothing, and returns what it prints.
func shell(t *testing.T, ctx context.Context, dir, script string, more ...string) (string, error) {
	t.Helper()
	c := exec.CommandContext(ctx, "bash", "-c", script)
	c.Dir = dir
	home := t.TempDir()
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "AWS_PAGER=", "LANG=C.UTF-8"}, more...)
	out, err := c.CombinedOutput()
	return string(out), err
}
