package lint

import (
	_ "embed"
	"strings"

	"github.com/writ-iam/writ/arn"
	"github.com/writ-iam/writ/catalog"
	"github.com/writ-iam/writ/internal/fold"
)

// supplementText is what AWS's own policies name and its reference lacks; it says itself how it is to be read.
//
//go:embed supplement.txt
var supplementText string

// supplement is what there is beside the catalog. Names are in small letters.
type supplement struct {
	services, actions, keys, single map[string]bool
	resources                       map[string]bool    // entries of Resource, letter by letter
	carries                         map[[2]string]bool // key and action
	forms                           []string
}

// theSupplement is the one that comes with the package.
var theSupplement = newSupplement(supplementText)

// newSupplement reads lines of four columns: what kind of name, the name, a policy of AWS's that has it, and why the catalog does not.
func newSupplement(text string) *supplement {
	s := &supplement{
		services: make(map[string]bool), actions: make(map[string]bool), keys: make(map[string]bool), single: make(map[string]bool),
		resources: make(map[string]bool), carries: make(map[[2]string]bool),
	}
	for line := range strings.Lines(text) {
		kind, rest, _ := strings.Cut(line, " | ")
		name, _, _ := strings.Cut(rest, " | ")
		switch kind {
		case "service":
			s.services[fold.Name(name)] = true
		case "action":
			s.actions[fold.Name(name)] = true
		case "key":
			s.keys[fold.Name(name)] = true
		case "single":
			s.single[fold.Name(name)] = true
		case "form":
			s.forms = append(s.forms, name)
		case "resource":
			s.resources[name] = true
		case "carries":
			key, action, _ := strings.Cut(name, " ")
			s.carries[[2]string{fold.Name(key), fold.Name(action)}] = true
		}
	}
	return s
}

// isService reports whether there is a service with a prefix, by the catalog or the supplement.
func (c *checker) isService(prefix string) bool {
	_, ok := c.catalog.Service(prefix)
	return ok || c.more.services[fold.Name(prefix)]
}

// isKey reports whether there is a condition key, by the catalog or the supplement.
func (c *checker) isKey(name string) bool {
	_, ok := c.key(name)
	return ok || c.more.keys[fold.Name(name)]
}

// anyAction reports whether a pattern covers one of the supplement's actions.
func (s *supplement) anyAction(pattern string) bool {
	for a := range s.actions {
		if covers(pattern, a) {
			return true
		}
	}
	return false
}

// formsOf returns the forms of ARNs of a service, or of all services for "".
func (s *supplement) formsOf(only string) (forms [][arn.PartCount]string) {
	for _, text := range s.forms {
		if only == "" || arnService(text) == only {
			forms = append(forms, [arn.PartCount]string(strings.SplitN(text, ":", arn.PartCount)))
		}
	}
	return forms
}

// carried reports whether requests for an action carry a key: the one with the tag's name that a policy has, or all that are written like it.
func (s *supplement) carried(name string, key *catalog.Key, action *catalog.Action) bool {
	of := fold.Name(action.String())
	return s.carries[[2]string{fold.Name(name), of}] || s.carries[[2]string{fold.Name(key.Name()), of}]
}
