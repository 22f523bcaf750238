package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/internal/config"
	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/dispatch"
	"github.com/writ-iam/writ/internal/operator"
	"github.com/writ-iam/writ/internal/route"
	"github.com/writ-iam/writ/internal/store"
	"github.com/writ-iam/writ/internal/store/embedded"
	"github.com/writ-iam/writ/internal/telemetry"
)

func serveCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "answer AWS's APIs from a durable store",
		Long: `Serve answers IAM and STS as AWS does, and enforces what they are told, from a store in the data folder.

The first start makes an account with a user "admin", and writes the credentials to the file "credentials" in the data folder. "writ env" prints them for
a shell. Every setting is a flag, a variable of the environment or a line of a YAML file: "writ config" prints them all with their sources.`,
		Args: cobra.NoArgs,
	}
	read := configFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		settings, _, err := read()
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return serve(ctx, settings, c.OutOrStdout(), c.ErrOrStderr())
	}
	return c
}

// configFlags gives a command the flags of the configuration, and returns what reads it.
func configFlags(c *cobra.Command) func() (config.Config, map[string]string, error) {
	file := c.Flags().String("config", os.Getenv(config.FileVariable), "YAML file with settings")
	defaults := config.Default()
	values := make(map[string]*string)
	for _, s := range defaults.Settings() {
		values[s.Flag()] = c.Flags().String(s.Flag(), s.String(), s.Doc)
		if s.IsSwitch() {
			c.Flags().Lookup(s.Flag()).NoOptDefVal = "true"
		}
		// AWS's quotas are many, and few are ever set.
		if strings.HasPrefix(s.Name, "quotas.") {
			_ = c.Flags().MarkHidden(s.Flag())
		}
	}
	return func() (config.Config, map[string]string, error) {
		given := make(map[string]string)
		for name, value := range values {
			if c.Flags().Changed(name) {
				given[name] = *value
			}
		}
		settings := config.Default()
		sources, err := config.Read(&settings, *file, os.Environ(), given)
		return settings, sources, err
	}
}

// serve runs a server until the context ends.
func serve(ctx context.Context, c config.Config, out, errOut io.Writer) (err error) {
	t := telemetry.New(errOut, c.Log.Level, c.Log.Format)
	files := dataFiles{c.Data}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	s, err := embedded.Open(c.Data)
	if err != nil {
		return err
	}
	n, err := openNode(ctx, c, s, t)
	if err != nil {
		return err
	}
	// Whatever happens from here on: what was recorded is written, and the data folder is free for the next.
	defer func() { err = errors.Join(err, n.close()) }()
	if err := firstAccount(ctx, n, files, out); err != nil {
		return err
	}
	token, err := credential.SecretAccessKey(rand.Reader)
	if err != nil {
		return err
	}
	if err := writeSecret(files.token(), token+"\n"); err != nil {
		return err
	}
	// What loading left behind is given back before the first request.
	debug.FreeOSMemory()
	l, secure, err := listen(c)
	if err != nil {
		return err
	}
	defer l.Close()
	url := endpoint(l, secure != nil)
	if err := os.WriteFile(files.address(), []byte(url+"\n"), 0o600); err != nil {
		return err
	}
	stopHealth, err := serveHealth(c.Health, t, func() error {
		_, err := s.Heads(ctx)
		return errors.Join(err, n.log.Err())
	})
	if err != nil {
		return err
	}
	defer stopHealth()
	fmt.Fprintf(out, "Writ answers at %s\n  eval \"$(%s env%s)\"   points AWS's tools at it, as the user admin\n", url, command(), dataFlag(c.Data))
	operators := &operator.Handler{
		CreateAccount: n.operator.CreateAccount, Token: token, Refuse: n.dispatch.Refuse, Log: t.Log, Now: time.Now, NewID: dispatch.NewID,
	}
	return serveUntil(ctx, l, secure, httpServer(splitPaths{operator: operators, aws: n.handler}, t))
}

// openNode makes the node of a data folder. The store is closed with it, and also if there is an error.
func openNode(ctx context.Context, c config.Config, s store.Store, t *telemetry.Telemetry) (_ *node, err error) {
	given := false // the store is given to the node
	defer func() {
		if !given {
			err = errors.Join(err, s.Close())
		}
	}()
	files := dataFiles{c.Data}
	empty := true
	if err := s.Scopes(ctx, func(store.Scope, store.Version) error { empty = false; return nil }); err != nil {
		return nil, err
	}
	// A store that holds something and has lost its key must not be given another.
	keyring, trailKey, err := readKeyring(files.masterKey(c), empty)
	if err != nil {
		return nil, err
	}
	routes, err := route.Load()
	if err != nil {
		return nil, err
	}
	models, err := loadModels()
	if err != nil {
		return nil, err
	}
	given = true
	return newNode(ctx, parts{
		config: c, store: s, keyring: keyring, trailKey: trailKey, trailDir: files.trail(), telemetry: t, routes: routes, models: models,
	})
}

// splitPaths sends the operator's paths one way and all others, unchanged, the other: a ServeMux would clean their paths, and then the signature
// would not be that of the request any more.
type splitPaths struct {
	operator, aws http.Handler
}

func (s splitPaths) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, operator.Prefix) {
		s.operator.ServeHTTP(w, r)
		return
	}
	s.aws.ServeHTTP(w, r)
}

// command is how this program was called, for what a person is told to type.
func command() string {
	if strings.ContainsRune(os.Args[0], filepath.Separator) {
		return os.Args[0]
	}
	return "writ"
}

func dataFlag(data string) string {
	if data == defaultData() {
		return ""
	}
	return " --data " + data
}

// endpoint is the URL of a listener for a client on this machine.
func endpoint(l net.Listener, secure bool) string {
	host, port, _ := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http"
	if secure {
		scheme = "https"
		if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
			host = "localhost"
		}
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// serveHealth serves the operator's own endpoints, if an address is configured, until what it returns is called.
func serveHealth(address string, t *telemetry.Telemetry, ready func() error) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen for health checks (--health \"\" turns them off): %w", err)
	}
	s := httpServer(healthServer(t, ready), t)
	s.WriteTimeout = 0 // profiles take their time
	go func() { _ = s.Serve(l) }()
	return func() { s.Close() }, nil
}
