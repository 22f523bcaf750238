// Server measures what a request costs the server: CPU time of the server's process for each of many requests, beside a handler that does nothing and one
// that only checks signatures, in the same run.
//
//	cd bench && go run ./server            # builds ../cmd/writ and starts it on a folder of its own
//	cd bench && go run ./server -start 100000   # how long a start with so many users takes, and how much memory it has then
//
// Requests are signed beforehand and sent over kept connections, so that the client costs little; what it costs is not counted, since it is another process.
package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/writ-iam/writ/sigv4"
)

func main() {
	log.SetFlags(0)
	peer := flag.String("peer", "", "be a peer instead: hello or signature")
	rounds := flag.Int("rounds", 5, "how often each is measured; the median counts")
	seconds := flag.Float64("seconds", 2, "how long each round takes")
	clients := flag.Int("clients", 64, "clients of the durable writes")
	users := flag.Int("start", 0, "measure a start with that many users instead")
	health := flag.String("health", "", "address of the server's health endpoints, to take a profile from")
	flag.Parse()
	if *peer != "" {
		servePeer(*peer)
		return
	}
	if *users > 0 {
		if err := measureStart(*users); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := run(*rounds, time.Duration(*seconds*float64(time.Second)), *clients, *health); err != nil {
		log.Fatal(err)
	}
}

// key is an access key.
type key struct {
	id, secret, token string
}

func run(rounds int, round time.Duration, clients int, health string) error {
	dir, err := os.MkdirTemp("", "writ-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	writ, err := startWrit(dir, data, health)
	if err != nil {
		return err
	}
	defer writ.stop()
	credentials, err := os.ReadFile(filepath.Join(data, "credentials"))
	if err != nil {
		return err
	}
	admin := key{id: field(string(credentials), "aws_access_key_id"), secret: field(string(credentials), "aws_secret_access_key")}
	alice, role, err := prepare(writ.address, admin)
	if err != nil {
		return err
	}
	peers := make(map[string]*process)
	for _, name := range []string{"hello", "signature"} {
		file := filepath.Join(dir, name)
		p, err := start(exec.Command(os.Args[0], "-peer", name+","+file), func() (string, bool) {
			text, err := os.ReadFile(file)
			return string(text), err == nil && len(text) > 0
		})
		if err != nil {
			return err
		}
		defer p.stop()
		peers[name] = p
	}

	rows := []row{
		{name: "net/http that says hello", server: peers["hello"], body: "Action=GetCallerIdentity&Version=2011-06-15", service: "sts", key: alice},
		{name: "net/http that checks the signature", server: peers["signature"], body: "Action=GetCallerIdentity&Version=2011-06-15", service: "sts", key: alice},
		{name: "GetCallerIdentity", server: writ, body: "Action=GetCallerIdentity&Version=2011-06-15", service: "sts", key: alice},
		{name: "GetUser by a user with policies", server: writ, body: "Action=GetUser&Version=2010-05-08", service: "iam", key: alice},
		{name: "AssumeRole", server: writ, body: "Action=AssumeRole&Version=2011-06-15&RoleSessionName=bench&RoleArn=" + url.QueryEscape(role), service: "sts", key: alice},
	}
	for range rounds {
		for i := range rows {
			if err := rows[i].measure(round); err != nil {
				return fmt.Errorf("%s: %w", rows[i].name, err)
			}
		}
	}
	base := rows[0].median()
	fmt.Println("| request | CPU of the server, µs | beside net/http |\n|---|---|---|")
	for i := range rows {
		fmt.Printf("| %s | %.1f | %.1f× |\n", rows[i].name, rows[i].median(), rows[i].median()/base)
	}
	return writes(writ.address, admin, clients, 3*round)
}

// row is a request that is measured.
type row struct {
	name, body, service string
	server              *process
	key                 key
	cpu                 []float64 // µs a request, a round each
}

func (r *row) median() float64 {
	slices.Sort(r.cpu)
	return r.cpu[len(r.cpu)/2]
}

// measure sends the request over and over for a while.
func (r *row) measure(round time.Duration) error {
	request := signed(r.server.address, r.service, r.body, r.key)
	warm, err := send(r.server.address, request, 200*time.Millisecond, connections)
	if err != nil || warm == 0 {
		return fmt.Errorf("no good answer: %w", err)
	}
	before, err := r.server.cpu()
	if err != nil {
		return err
	}
	n, err := send(r.server.address, request, round, connections)
	if err != nil {
		return err
	}
	after, err := r.server.cpu()
	if err != nil {
		return err
	}
	r.cpu = append(r.cpu, float64((after-before).Microseconds())/float64(n))
	return nil
}

// send sends a request over connections for a while and returns how often it was answered with 200.
func send(address string, request []byte, round time.Duration, connections int) (int64, error) {
	var n atomic.Int64
	var failure atomic.Pointer[error]
	var wait sync.WaitGroup
	end := time.Now().Add(round)
	for range connections {
		wait.Go(func() {
			c, err := dial(address)
			if err != nil {
				failure.Store(&err)
				return
			}
			defer c.Close()
			for time.Now().Before(end) {
				if _, err := c.do(request); err != nil {
					failure.Store(&err)
					return
				}
				n.Add(1)
			}
		})
	}
	wait.Wait()
	if err := failure.Load(); err != nil {
		return n.Load(), *err
	}
	return n.Load(), nil
}

// connection is a kept connection.
type connection struct {
	net.Conn
	r *bufio.Reader
}

func dial(address string) (*connection, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &connection{c, bufio.NewReader(c)}, nil
}

// do sends a request and returns the body of its answer, which must be a good one.
func (c *connection) do(request []byte) ([]byte, error) {
	if _, err := c.Write(request); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	return body, err
}

// signed returns the bytes of a signed request.
func signed(address, service, body string, k key) []byte {
	now := time.Now().UTC()
	date := now.Format("20060102T150405Z")
	headers := "content-type;host;x-amz-date"
	canonical := "POST\n/\n\ncontent-type:application/x-www-form-urlencoded\nhost:" + address + "\nx-amz-date:" + date + "\n"
	token := ""
	if k.token != "" {
		headers += ";x-amz-security-token"
		canonical += "x-amz-security-token:" + k.token + "\n"
		token = "X-Amz-Security-Token: " + k.token + "\r\n"
	}
	digest := sha256.Sum256([]byte(body))
	canonical += "\n" + headers + "\n" + hex.EncodeToString(digest[:])
	digest = sha256.Sum256([]byte(canonical))
	scope := date[:8] + "/us-east-1/" + service + "/aws4_request"
	signing := sigv4.DeriveKey(k.secret, date[:8], "us-east-1", service)
	mac := hmac.New(sha256.New, signing[:])
	fmt.Fprintf(mac, "AWS4-HMAC-SHA256\n%s\n%s\n%s", date, scope, hex.EncodeToString(digest[:]))
	return fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Amz-Date: %s\r\n%s"+
		"Authorization: AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s\r\nUser-Agent: bench\r\nContent-Length: %d\r\n\r\n%s",
		address, date, token, k.id, scope, headers, hex.EncodeToString(mac.Sum(nil)), len(body), body)
}

// prepare makes a user with the policies of a person (a group, inline and managed ones) and a role that it may assume.
func prepare(address string, admin key) (alice key, role string, err error) {
	c, err := dial(address)
	if err != nil {
		return alice, "", err
	}
	defer c.Close()
	var last []byte
	call := func(values ...string) {
		if err != nil {
			return
		}
		form := url.Values{"Action": {values[0]}, "Version": {"2010-05-08"}}
		for i := 1; i < len(values); i += 2 {
			form.Set(values[i], values[i+1])
		}
		last, err = c.do(signed(address, "iam", form.Encode(), admin))
	}
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"sts:AssumeRole"}]}`
	const own = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GetUser","iam:ListAccessKeys"],"Resource":"arn:aws:iam::*:user/${aws:username}"},{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`
	call("CreateUser", "UserName", "alice")
	user := field(string(last), "Arn")
	call("CreateGroup", "GroupName", "people")
	call("PutGroupPolicy", "GroupName", "people", "PolicyName", "own", "PolicyDocument", own)
	call("AddUserToGroup", "GroupName", "people", "UserName", "alice")
	for _, name := range []string{"AmazonS3ReadOnlyAccess", "AmazonDynamoDBReadOnlyAccess", "AmazonSQSReadOnlyAccess"} {
		call("AttachUserPolicy", "UserName", "alice", "PolicyArn", "arn:aws:iam::aws:policy/"+name)
	}
	call("CreateAccessKey", "UserName", "alice")
	alice = key{id: field(string(last), "AccessKeyId"), secret: field(string(last), "SecretAccessKey")}
	call("CreateRole", "RoleName", "reader", "AssumeRolePolicyDocument", fmt.Sprintf(trust, user))
	return alice, field(string(last), "Arn"), err
}

// field finds a value in an answer's XML or in a credentials file.
func field(text, name string) string {
	if m := regexp.MustCompile(`<` + name + `>([^<]*)</`).FindStringSubmatch(text); m != nil {
		return m[1]
	}
	if m := regexp.MustCompile(`(?m)^` + name + ` = (.*)$`).FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// writes measures durable CreateUser calls of many clients at once.
func writes(address string, admin key, clients int, round time.Duration) error {
	var n atomic.Int64
	var mu sync.Mutex
	var times []time.Duration
	var failure atomic.Pointer[error]
	var wait sync.WaitGroup
	end := time.Now().Add(round)
	begin := time.Now()
	for client := range clients {
		wait.Go(func() {
			c, err := dial(address)
			if err != nil {
				failure.Store(&err)
				return
			}
			defer c.Close()
			var own []time.Duration
			for i := 0; time.Now().Before(end); i++ {
				// A client's users go again, so that the account's quota of 5,000 is not what is measured.
				name := fmt.Sprintf("u%d-%d", client, i%40)
				action := "CreateUser"
				if i/40%2 == 1 {
					action = "DeleteUser"
				}
				start := time.Now()
				if _, err := c.do(signed(address, "iam", "Action="+action+"&Version=2010-05-08&UserName="+name, admin)); err != nil {
					failure.Store(&err)
					return
				}
				own = append(own, time.Since(start))
				n.Add(1)
			}
			mu.Lock()
			defer mu.Unlock()
			times = append(times, own...)
		})
	}
	wait.Wait()
	if err := failure.Load(); err != nil {
		return *err
	}
	slices.Sort(times)
	fmt.Printf("\nDurable writes (CreateUser and DeleteUser), %d clients: %.0f/s, median %s, 99th percentile %s\n", clients,
		float64(n.Load())/time.Since(begin).Seconds(), times[len(times)/2].Round(10*time.Microsecond), times[len(times)*99/100].Round(10*time.Microsecond))
	return nil
}

// process is a server that runs.
type process struct {
	cmd     *exec.Cmd
	address string
	// took is how long it took to start.
	took time.Duration
}

// startWrit builds the server into a folder and starts it on a data folder.
func startWrit(dir, data, health string) (*process, error) {
	binary := filepath.Join(dir, "writ")
	build := exec.Command("go", "build", "-o", binary, "./cmd/writ")
	build.Dir, build.Stderr = "..", os.Stderr
	if err := build.Run(); err != nil {
		return nil, err
	}
	return start(exec.Command(binary, "serve", "--data", data, "--listen", "127.0.0.1:0", "--health", health, "--log-level", "warn"), func() (string, bool) {
		text, err := os.ReadFile(filepath.Join(data, "address"))
		return strings.TrimPrefix(strings.TrimSpace(string(text)), "http://"), err == nil && len(text) > 0
	})
}

// start starts a server, which tells its address some way or other.
func start(cmd *exec.Cmd, address func() (string, bool)) (*process, error) {
	cmd.Stderr = os.Stderr
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for range 2000 {
		if a, ok := address(); ok {
			return &process{cmd, a, time.Since(begin)}, nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil, fmt.Errorf("%s did not start", cmd)
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

// cpu returns the CPU time that the process has used, in hundredths of a second: proc(5).
func (p *process) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, err
}

// servePeer serves one of the handlers that Writ is compared with.
func servePeer(what string) {
	name, file, _ := strings.Cut(what, ",")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(l.Addr().String()), 0o600); err != nil {
		log.Fatal(err)
	}
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })
	if name == "signature" {
		handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, "body", http.StatusBadRequest)
				return
			}
			request := &sigv4.Request{Method: r.Method, Host: r.Host, Path: r.URL.EscapedPath(), RawQuery: r.URL.RawQuery, Header: r.Header, Body: body}
			s, err := sigv4.Parse(request, sigv4.Options{Service: "sts", Now: time.Now(), Window: 15 * time.Minute})
			if err != nil {
				http.Error(w, err.Error(), http.StatusForbidden)
				return
			}
			// Nobody's key: all that is wanted is what the check costs, so its answer does not matter.
			k := sigv4.DeriveKey("secret", s.Date, s.Region, s.Service)
			_ = s.Verify(request, &k)
			io.WriteString(w, "hello")
		})
	}
	log.Fatal(http.Serve(l, handler))
}

// connections is how many connections requests are sent over: enough that neither side sleeps between two of them, which would cost a wake-up each.
const connections = 64
