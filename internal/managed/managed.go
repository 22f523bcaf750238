// Package managed holds the policies that AWS itself manages, as AWS publishes them: 1,485 documents that are known to be right.
//
//	policies, err := managed.Policies()
//	policies[0].Name     // AIDevOpsAgentAccessPolicy
//	policies[0].Document // {"Statement":[{"Action":["access-analyzer:GetAnalyzer", …
package managed

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed managed-policies.json.gz
var file []byte

// Policy is a policy that AWS manages.
type Policy struct {
	// ID is the unique id, ANPA and 17 more. AWS does not publish it; it is made of the policy's path and name, and so never changes.
	ID, Name, Path   string
	Created, Updated time.Time
	// Version is the number of the one version that is known, the default.
	Version  int
	Document string
}

// Policies returns all managed policies in the order of their names. It reads the file anew at each call. The error says that the
// embedded file is damaged.
func Policies() ([]Policy, error) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("managed: %w", err)
	}
	var all map[string]struct {
		Path, Version    string
		Created, Updated time.Time
		Document         json.RawMessage
	}
	if err := json.NewDecoder(z).Decode(&all); err != nil {
		return nil, fmt.Errorf("managed: %w", err)
	}
	policies := make([]Policy, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p := all[name]
		version, err := strconv.Atoi(strings.TrimPrefix(p.Version, "v"))
		if err != nil || p.Path == "" {
			return nil, fmt.Errorf("managed: %s: version %q, path %q", name, p.Version, p.Path)
		}
		policies = append(policies, Policy{
			ID: id(p.Path + name), Name: name, Path: p.Path, Created: p.Created, Updated: p.Updated, Version: version, Document: string(p.Document),
		})
	}
	return policies, nil
}

// Documents returns the text of every managed policy by its name.
func Documents() (map[string]string, error) {
	policies, err := Policies()
	if err != nil {
		return nil, err
	}
	texts := make(map[string]string, len(policies))
	for _, p := range policies {
		texts[p.Name] = p.Document
	}
	return texts, nil
}

func id(name string) string {
	sum := sha256.Sum256([]byte("aws-managed-policy:" + name))
	return "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}
