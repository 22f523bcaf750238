package catalog

import (
	_ "embed"
	"sync"
)

// The data is committed as it is embedded; refresh writes it, and TestData checks it.
//
//go:generate go run ./refresh -o aws.catalog
//go:embed aws.catalog
var embedded []byte

var shared struct {
	once    sync.Once
	catalog *Catalog
	err     error
}

// Load returns the catalog that comes with the package. The first call decodes it; all calls return the same value, and
// the same error if the data in the program is damaged (see Decode).
func Load() (*Catalog, error) {
	shared.once.Do(func() { shared.catalog, shared.err = Decode(embedded) })
	return shared.catalog, shared.err
}
