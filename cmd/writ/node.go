package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/writ-iam/writ/internal/authn"
	"github.com/writ-iam/writ/internal/config"
	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/dispatch"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/operator"
	"github.com/writ-iam/writ/internal/route"
	"github.com/writ-iam/writ/internal/server"
	"github.com/writ-iam/writ/internal/service/iam"
	"github.com/writ-iam/writ/internal/service/sts"
	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/telemetry"
	"github.com/writ-iam/writ/internal/trail"
)

// node is a running Writ: everything is made and joined here and nowhere else.
type node struct {
	store    store.Store
	state    *identity.State
	log      *trail.Log
	operator *operator.Operator
	dispatch *dispatch.Dispatcher
	// handler answers AWS's protocols.
	handler  http.Handler
	trailDir string
	// requests are those under way, where a node can be replaced by another: see devServer.
	requests sync.WaitGroup

	stop   context.CancelFunc
	follow sync.WaitGroup
}

// parts are what a node is made over.
type parts struct {
	config    config.Config
	store     store.Store
	keyring   *credential.Keyring
	trailKey  []byte
	trailDir  string
	telemetry *telemetry.Telemetry
	routes    *route.Table
	models    map[string]*model.Service
	fixedKeys map[string]string
}

// served are the services that a node serves, by the name of their model.
var served = []string{"iam", "sts"}

func loadModels() (map[string]*model.Service, error) {
	models := make(map[string]*model.Service)
	for _, name := range served {
		m, err := model.Load(name)
		if err != nil {
			return nil, err
		}
		models[name] = m
	}
	return models, nil
}

// newNode makes a node. The store is the node's from here on: it is closed with it, and also if there is an error.
func newNode(ctx context.Context, p parts) (_ *node, err error) {
	n := &node{store: p.store, trailDir: p.trailDir, stop: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	if n.state, err = identity.Open(ctx, p.store, p.config.Quotas); err != nil {
		return nil, err
	}
	if n.log, err = trail.Open(p.trailDir, p.trailKey, trail.Options{Log: p.telemetry.Log}); err != nil {
		return nil, err
	}
	// What was committed before a crash and did not get into the trail does now, before anything else happens.
	if err := n.log.CatchUp(ctx, p.store); err != nil {
		return nil, err
	}
	authenticator := authn.New(authn.Options{State: n.state, Keyring: p.keyring, Partition: p.config.Partition, Regions: p.config.Regions, FixedKeys: p.fixedKeys})
	n.dispatch = dispatch.New(n.state, n.log, time.Now)
	n.operator = &operator.Operator{State: n.state, Keyring: p.keyring, Rand: rand.Reader, Now: time.Now, NewEventID: dispatch.NewID}
	n.handler = server.New(server.Options{
		Services: map[string]server.Service{
			"iam": {Model: p.models["iam"], Prefix: "iam", Ops: (&iam.Service{Rand: rand.Reader, Keyring: p.keyring}).Ops()},
			"sts": {Model: p.models["sts"], Prefix: "sts", Ops: (&sts.Service{Rand: rand.Reader, Keyring: p.keyring}).Ops()},
		},
		Routes: p.routes, Authn: authenticator, Dispatch: n.dispatch, Telemetry: p.telemetry, Hosts: server.NewHosts(p.config.Hosts...), Now: time.Now,
	})
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	n.stop = stop
	n.follow.Go(func() { n.log.Follow(background, p.store, p.telemetry.Log) })
	n.follow.Go(func() { n.flush(background, p.telemetry) })
	return n, nil
}

// flush saves last-used marks, and records what was counted of strangers, every minute and in the end.
func (n *node) flush(ctx context.Context, t *telemetry.Telemetry) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for ended := false; !ended; {
		select {
		case <-ctx.Done():
			ended = true
		case <-tick.C:
		}
		ctx := context.WithoutCancel(ctx)
		if err := n.state.Flush(ctx); err != nil {
			t.Log.Error("last-used times could not be saved", "cause", err)
		}
		if err := n.dispatch.Flush(ctx); err != nil {
			t.Log.Error("requests of strangers could not be recorded", "cause", err)
		}
	}
}

// close ends a node. No request may be under way.
func (n *node) close() error {
	n.stop()
	n.follow.Wait()
	var err error
	if n.log != nil {
		err = n.log.Close()
	}
	return errors.Join(err, n.store.Close())
}

// defaultData is the data folder where no flag names one: as for the server, what WRIT_DATA says.
func defaultData() string {
	if data := os.Getenv("WRIT_DATA"); data != "" {
		return data
	}
	return config.Default().Data
}

// dataFiles are the files of a data folder beside the store's.
type dataFiles struct {
	dir string
}

func (d dataFiles) masterKey(c config.Config) string {
	if c.Key != "" {
		return c.Key
	}
	return filepath.Join(d.dir, "master.key")
}

func (d dataFiles) credentials() string { return filepath.Join(d.dir, "credentials") }

func (d dataFiles) token() string { return filepath.Join(d.dir, "operator.token") }

func (d dataFiles) address() string { return filepath.Join(d.dir, "address") }

func (d dataFiles) trail() string { return filepath.Join(d.dir, "trail") }

// readKeyring reads the master keys; with create it makes one if there is no file.
func readKeyring(file string, create bool) (*credential.Keyring, []byte, error) {
	if create {
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
			if err := credential.WriteMasterKey(file, rand.Reader); err != nil {
				return nil, nil, err
			}
		}
	}
	keys, err := credential.ReadMasterKeys(file)
	if err != nil {
		return nil, nil, err
	}
	keyring, err := credential.NewKeyring(rand.Reader, keys...)
	if err != nil {
		return nil, nil, err
	}
	// The oldest key seals the trail, so that adding a newer one in front does not make what is sealed unreadable.
	trailKey, err := credential.TrailKey(keys[len(keys)-1])
	return keyring, trailKey, err
}

// writeSecret writes a file that only its owner may read, at once or not at all.
func writeSecret(file, text string) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// firstAccount makes the first account of a store that has none, and writes its credentials.
func firstAccount(ctx context.Context, n *node, files dataFiles, out io.Writer) error {
	if len(n.state.Accounts()) > 0 {
		return nil
	}
	created, err := n.operator.CreateAccount(ctx, operator.NewAccount{
		Name: "writ", Email: "root@localhost", RootPassword: true, Admin: true,
		// Before the account is made: a crash must not leave an account behind that nobody has the keys of.
		Keep: func(c *operator.Created) error { return writeSecret(files.credentials(), credentialsFile(c)) },
	})
	if err != nil {
		return fmt.Errorf("the first account could not be made: %w", err)
	}
	fmt.Fprintf(out, "First start: account %s is made. Its credentials are in %s, readable by you alone.\n", created.ID, files.credentials())
	return nil
}

// credentialsFile is the text of the file with the first account's credentials, in the form that AWS's tools read.
func credentialsFile(c *operator.Created) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# The first credentials of this server, in the form that AWS's tools read. Nothing else has them.\n")
	fmt.Fprintf(&b, "# Account %s. The user admin may do everything: make users who may do less, and keep this file safe.\n", c.ID)
	fmt.Fprintf(&b, "[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n\n", c.AdminKey.ID, c.AdminKey.Secret)
	fmt.Fprintf(&b, "# The root user, for the console: root@localhost\n# password: %s\n", c.RootPassword)
	return b.String()
}
