// Package managed holds the policies that AWS itself manages, as AWS publishes them: 1,485 documents that are known to be right.
//
//	documents, err := managed.Documents()
//	documents["ReadOnlyAccess"] // {"Statement":[{"Action":["a4b:Get*", …
package managed

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed managed-policies.json.gz
var file []byte

// Documents returns the text of every managed policy by its name. It reads the file anew at each call. The error says that the
// embedded file is damaged.
func Documents() (map[string]string, error) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("managed: %w", err)
	}
	var all map[string]struct{ Document json.RawMessage }
	if err := json.NewDecoder(z).Decode(&all); err != nil {
		return nil, fmt.Errorf("managed: %w", err)
	}
	texts := make(map[string]string, len(all))
	for name, p := range all {
		texts[name] = string(p.Document)
	}
	return texts, nil
}
