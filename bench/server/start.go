package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/store/embedded"
)

// measureStart fills a data folder with users who have two keys each, 5,000 to an account as AWS's quota has it, starts the server on it, and tells how long it
// takes until it answers and how much memory it has then.
func measureStart(users int) error {
	dir, err := os.MkdirTemp("", "writ-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	if err := fill(data, users); err != nil {
		return err
	}
	writ, err := startWrit(dir, data, "")
	if err != nil {
		return err
	}
	defer writ.stop()
	cpu, err := writ.cpu()
	if err != nil {
		return err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", writ.cmd.Process.Pid))
	if err != nil {
		return err
	}
	resident := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindStringSubmatch(string(status))
	peak := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindStringSubmatch(string(status))
	fmt.Printf("%d users with %d keys: answers after %s (%s of CPU), resident %s KiB, at most %s KiB\n", users, 2*users, writ.took.Round(10*time.Millisecond), cpu, resident[1], peak[1])
	return nil
}

// fill makes accounts with users, by the packages that the server itself uses.
func fill(data string, users int) error {
	s, err := embedded.Open(data)
	if err != nil {
		return err
	}
	defer s.Close()
	file := filepath.Join(data, "master.key")
	if err := credential.WriteMasterKey(file, rand.Reader); err != nil {
		return err
	}
	masters, err := credential.ReadMasterKeys(file)
	if err != nil {
		return err
	}
	keyring, err := credential.NewKeyring(rand.Reader, masters...)
	if err != nil {
		return err
	}
	state, err := identity.Open(context.Background(), s, identity.DefaultQuotas())
	if err != nil {
		return err
	}
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::home/${aws:username}/*"}]}`
	for made := 0; made < users; {
		account, err := credential.AccountID(rand.Reader)
		if err != nil {
			return err
		}
		key, err := keyring.NewDataKey(account)
		if err != nil {
			return err
		}
		sealer, err := keyring.Sealer(account, key)
		if err != nil {
			return err
		}
		now := identity.Second(time.Now())
		err = state.Create(context.Background(), identity.Info{ID: account, Created: now, DataKey: key}, func(e *identity.Edit) error {
			for range min(5000, users-made) {
				id, err := credential.UniqueID("AIDA", rand.Reader)
				if err != nil {
					return err
				}
				u := &identity.User{
					ID: id, Name: fmt.Sprintf("user-%d", made), Path: "/division/", Created: now, Tags: []identity.Tag{{Key: "team", Value: "blue"}},
					Inline:   identity.InlinePolicies{{Name: "home", Document: identity.NewDocument(policy)}},
					Attached: []identity.PolicyRef{"policy/ReadOnlyAccess"},
				}
				for range 2 {
					key, err := credential.AccessKeyID(credential.LongTerm, account, rand.Reader)
					if err != nil {
						return err
					}
					secret, err := credential.SecretAccessKey(rand.Reader)
					if err != nil {
						return err
					}
					sealed, err := sealer.Seal(credential.SecretKey, key, []byte(secret))
					if err != nil {
						return err
					}
					u.Keys = append(u.Keys, identity.AccessKey{ID: key, Active: true, Created: now, Secret: sealed})
				}
				e.PutUser(u)
				made++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
