package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/internal/config"
	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/dispatch"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/operator"
	"github.com/writ-iam/writ/internal/route"
	"github.com/writ-iam/writ/internal/store/memory"
	"github.com/writ-iam/writ/internal/telemetry"
	"github.com/writ-iam/writ/internal/trail"
)

// devOptions are what tests need to know beforehand.
type devOptions struct {
	account     string
	key, secret string
}

func devCommand() *cobra.Command {
	var o devOptions
	listen := config.Default().Listen
	level := "warn"
	c := &cobra.Command{
		Use:   "dev",
		Short: "answer AWS's APIs from memory, for tests",
		Long: `Dev answers like serve, but keeps nothing: a server for tests and for trying policies out.

The account and the key of its root user can be fixed, so that a test suite knows them. A test gets a fresh account of its own from
"writ account create --with-root-key --json" or from POST /_writ/accounts; POST /_writ/reset empties the server. Both answer from this machine only.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			settings := config.Default()
			settings.Partition = "" // tests are of all partitions
			settings.Listen, settings.Health, settings.Log.Level = listen, "", level
			return dev(ctx, settings, o, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&o.account, "account", "111122223333", "id of the account")
	c.Flags().StringVar(&o.key, "root-access-key", "", "access key id of its root user; random if empty")
	c.Flags().StringVar(&o.secret, "root-secret-key", "", "secret access key of its root user; random if empty")
	c.Flags().StringVar(&listen, "listen", listen, "address of the AWS endpoints")
	c.Flags().StringVar(&level, "log-level", level, "debug, info, warn or error")
	return c
}

// devServer is a server that can be emptied: it makes another node and forgets the old one.
type devServer struct {
	options   devOptions
	config    config.Config
	telemetry *telemetry.Telemetry
	routes    *route.Table
	models    map[string]*model.Service
	dir       string

	// resetting: one at a time makes a node.
	resetting sync.Mutex
	resets    int
	// forgetting are the nodes that wait for their last requests.
	forgetting sync.WaitGroup

	mu   sync.RWMutex
	node *node
}

// dev runs a server in memory until the context ends.
func dev(ctx context.Context, c config.Config, o devOptions, out, errOut io.Writer) (err error) {
	if (o.key == "") != (o.secret == "") {
		return errors.New("--root-access-key and --root-secret-key go together")
	}
	d := &devServer{options: o, config: c, telemetry: telemetry.New(errOut, c.Log.Level, c.Log.Format)}
	if d.routes, err = route.Load(); err != nil {
		return err
	}
	if d.models, err = loadModels(); err != nil {
		return err
	}
	// The trail is kept in a folder that goes when the server does.
	if d.dir, err = os.MkdirTemp("", "writ-dev-"); err != nil {
		return err
	}
	defer os.RemoveAll(d.dir)
	first, err := d.reset(ctx)
	if err != nil {
		return err
	}
	defer func() {
		d.forgetting.Wait()
		err = errors.Join(err, d.node.close())
	}()
	l, secure, err := listen(c)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Writ answers at %s and keeps nothing\n", endpoint(l, false))
	fmt.Fprintf(out, "  export AWS_ENDPOINT_URL=%s AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s\n",
		endpoint(l, false), first.AccessKeyID, first.SecretAccessKey)
	operators := &operator.Handler{
		CreateAccount: d.createAccount, Reset: d.reset, Refuse: d.refuse, Log: d.telemetry.Log, Now: time.Now, NewID: dispatch.NewID,
	}
	return serveUntil(ctx, l, secure, httpServer(splitPaths{operator: operators, aws: d}, d.telemetry))
}

// present returns the node that answers what comes in now. It goes on until requests.Done is called on it, whatever becomes of the server meanwhile.
func (d *devServer) present() *node {
	d.mu.RLock()
	defer d.mu.RUnlock()
	d.node.requests.Add(1)
	return d.node
}

// ServeHTTP answers with the node that was there when the request came: a slow client holds up nobody.
func (d *devServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := d.present()
	defer n.requests.Done()
	n.handler.ServeHTTP(w, r)
}

func (d *devServer) createAccount(ctx context.Context, account operator.NewAccount) (*operator.Created, error) {
	n := d.present()
	defer n.requests.Done()
	return n.operator.CreateAccount(ctx, account)
}

func (d *devServer) refuse(ctx context.Context, e *trail.Event, failure error) error {
	n := d.present()
	defer n.requests.Done()
	return n.dispatch.Refuse(ctx, e, failure)
}

// reset puts an empty node with the same two accounts in place of the present one. Requests that are under way are answered by the old one, which goes when
// they have been.
func (d *devServer) reset(ctx context.Context) (*operator.Reset, error) {
	d.resetting.Lock()
	defer d.resetting.Unlock()
	master := make([]byte, 32)
	rand.Read(master) // never fails: see crypto/rand
	keyring, err := credential.NewKeyring(rand.Reader, master)
	if err != nil {
		return nil, err
	}
	trailKey, err := credential.TrailKey(master)
	if err != nil {
		return nil, err
	}
	fixed := make(map[string]string)
	if d.options.key != "" {
		// Whatever the tests call it: it need not say whose it is.
		fixed[d.options.key] = d.options.account
	}
	d.resets++
	next, err := newNode(ctx, parts{
		config: d.config, store: memory.New(), keyring: keyring, trailKey: trailKey, trailDir: filepath.Join(d.dir, fmt.Sprint(d.resets)),
		telemetry: d.telemetry, routes: d.routes, models: d.models, fixedKeys: fixed,
	})
	if err != nil {
		return nil, err
	}
	root, err := next.operator.CreateAccount(ctx, operator.NewAccount{
		ID: d.options.account, Name: "dev", RootKey: true, FixedKey: operator.Key{ID: d.options.key, Secret: d.options.secret},
	})
	if err != nil {
		return nil, errors.Join(err, next.close())
	}
	alt, err := next.operator.CreateAccount(ctx, operator.NewAccount{Name: "alt", RootKey: true})
	if err != nil {
		return nil, errors.Join(err, next.close())
	}
	d.mu.Lock()
	old := d.node
	d.node = next
	d.mu.Unlock()
	if old != nil {
		d.forgetting.Go(func() { d.forget(old) })
	}
	return &operator.Reset{Sandbox: root.Sandbox(), Alt: alt.Sandbox()}, nil
}

// forget ends a node that no request will come to any more, when it has answered those that did.
func (d *devServer) forget(old *node) {
	old.requests.Wait()
	if err := errors.Join(old.close(), os.RemoveAll(old.trailDir)); err != nil {
		d.telemetry.Log.Warn("the old server could not be cleared away", "cause", err)
	}
}
