package store

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Remembered is how many of the newest commits' request tokens a store knows, at least.
const Remembered = 10_000

// MaxCommit is how long the names, documents and events of a commit may be together, in bytes.
const MaxCommit = 32 << 20

// Check refuses a commit that no store may apply, whatever is stored: the error is ErrInvalid. Every store asks it first, so that all refuse the same.
func Check(request string, batches []Batch) error {
	if request == "" {
		return invalid("no request token")
	}
	if len(batches) == 0 {
		return invalid("no batch")
	}
	c := checker{size: len(request)}
	c.name("request token", request)
	for i := range batches {
		b := &batches[i]
		for j := range i {
			if batches[j].Scope == b.Scope {
				return invalid("two batches of %q", b.Scope)
			}
		}
		c.name("scope", string(b.Scope))
		if b.Scope == "" {
			return invalid("a scope without a name")
		}
		for _, r := range b.Put {
			c.name("kind", r.Kind)
			c.name("name", r.Name)
			c.size += len(r.Doc)
		}
		for _, k := range b.Delete {
			c.name("kind", k.Kind)
			c.name("name", k.Name)
		}
		for _, name := range b.Claim {
			c.name("claim", string(name))
		}
		for _, name := range b.Release {
			c.name("claim", string(name))
		}
		for _, e := range b.Events {
			c.size += len(e)
		}
	}
	if c.err == nil && c.size > MaxCommit {
		return invalid("%d bytes, more than %d", c.size, MaxCommit)
	}
	return c.err
}

// checker looks at the names in a commit and adds up its size.
type checker struct {
	size int
	err  error
}

// name refuses what some engine could not keep, or not tell from another name.
func (c *checker) name(what, s string) {
	c.size += len(s)
	if c.err == nil && (!utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0) {
		c.err = invalid("the %s %q is not UTF-8, or has a NUL in it", what, s)
	}
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}
