package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/writ-iam/writ/internal/config"
	"github.com/writ-iam/writ/internal/operator"
)

func accountCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "account",
		Short: "make accounts on a server of this machine",
	}
	c.AddCommand(accountCreateCommand())
	return c
}

func accountCreateCommand() *cobra.Command {
	var request struct {
		AccountID string `json:"account_id,omitempty"`
		Name      string `json:"name,omitempty"`
		Email     string `json:"email,omitempty"`
	}
	var url string
	var withRootKey, asJSON bool
	data := defaultData()
	c := &cobra.Command{
		Use:   "create",
		Short: "make a fresh account",
		Long: `Create makes an account on a server that runs on this machine: a sandbox for a test, a team or a customer.

It proves that it may by the file operator.token in the server's data folder; a server started with "writ dev" asks for no proof. With --json the answer is
{"account_id", "access_key_id", "secret_access_key"}.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !withRootKey {
				return errors.New("nobody could sign in to an account without a key: add --with-root-key")
			}
			body, err := json.Marshal(request)
			if err != nil {
				return err
			}
			server := operatorServer{data: data, url: url}
			var made operator.Sandbox
			if err := server.post(c.Context(), "accounts", body, &made); err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(made)
			}
			fmt.Fprintf(c.OutOrStdout(), "Account %s. The key of its root user, shown this once:\n  AWS_ACCESS_KEY_ID=%s\n  AWS_SECRET_ACCESS_KEY=%s\n",
				made.AccountID, made.AccessKeyID, made.SecretAccessKey)
			return nil
		},
	}
	c.Flags().StringVar(&request.AccountID, "account", "", "id of the account, 12 digits; random if empty")
	c.Flags().StringVar(&request.Name, "name", "", "name of the account")
	c.Flags().StringVar(&request.Email, "email", "", "e-mail address of its root user, which no other account has")
	c.Flags().BoolVar(&withRootKey, "with-root-key", false, "make an access key of the root user and print it")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().StringVar(&data, "data", data, "data folder of the server")
	c.Flags().StringVar(&url, "endpoint", "", "URL of the server; by default what the data folder says, or AWS_ENDPOINT_URL")
	return c
}

// operatorServer is a server of this machine, as its operator reaches it.
type operatorServer struct {
	data, url string
}

// post makes one of the operator's calls.
func (o operatorServer) post(ctx context.Context, call string, body []byte, into any) error {
	url, err := o.endpoint()
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(url, "/")+operator.Prefix+call, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	// The token goes to the server whose it is, and to no other.
	own, _ := os.ReadFile(dataFiles{o.data}.address())
	if token, err := os.ReadFile(dataFiles{o.data}.token()); err == nil && strings.TrimSpace(string(own)) == url {
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: o.trust()}}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("no server answers at %s (start one with \"writ serve\" or \"writ dev\"): %w", url, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		var refused struct{ Message string }
		if json.Unmarshal(text, &refused) == nil && refused.Message != "" {
			return errors.New(refused.Message)
		}
		return fmt.Errorf("%s answers %s: is it a Writ server?", url, response.Status)
	}
	return json.Unmarshal(text, into)
}

// endpoint returns the server's URL: as it was given, as the environment has it, or as the server wrote it into its data folder.
func (o operatorServer) endpoint() (string, error) {
	if o.url != "" {
		return o.url, nil
	}
	if text, err := os.ReadFile(dataFiles{o.data}.address()); err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if url := os.Getenv("AWS_ENDPOINT_URL"); url != "" {
		return url, nil
	}
	return "http://" + config.Default().Listen, nil
}

// trust adds the certificate that the server made for itself to those that are trusted.
func (o operatorServer) trust() *tls.Config {
	pem, err := os.ReadFile(filepath.Join(o.data, "tls.crt"))
	if err != nil {
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pool.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}
