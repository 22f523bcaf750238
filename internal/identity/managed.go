package identity

import (
	"fmt"
	"iter"
	"sort"
	"sync"

	"github.com/writ-iam/writ/internal/managed"
)

// Managed are the policies that AWS manages, the same for all accounts. They are read when one is first asked for.
type Managed struct {
	once  sync.Once
	byRef map[PolicyRef]*ManagedPolicy
	names []*ManagedPolicy // by folded name
}

// NewManaged returns AWS's managed policies.
func NewManaged() *Managed { return new(Managed) }

func (m *Managed) load() {
	m.once.Do(func() {
		all, err := managed.Policies()
		if err != nil {
			// The file is part of the program; its own test reads it.
			panic(fmt.Sprintf("identity: %v", err))
		}
		m.byRef = make(map[PolicyRef]*ManagedPolicy, len(all))
		for _, p := range all {
			mp := &ManagedPolicy{
				ID: p.ID, Name: p.Name, Path: p.Path, Created: Second(p.Created), Updated: Second(p.Updated), Default: p.Version, Next: p.Version + 1, AWS: true,
				Versions: []PolicyVersion{{Number: p.Version, Created: Second(p.Updated), Document: NewDocument(p.Document)}},
			}
			m.byRef[mp.Ref()] = mp
			m.names = append(m.names, mp)
		}
		sort.Slice(m.names, func(i, j int) bool { return compareFolded(m.names[i].Name, m.names[j].Name) < 0 })
	})
}

func (m *Managed) find(ref PolicyRef) (*ManagedPolicy, bool) {
	m.load()
	p, ok := m.byRef[ref]
	return p, ok
}

func (m *Managed) after(name string) iter.Seq[*ManagedPolicy] {
	m.load()
	return func(yield func(*ManagedPolicy) bool) {
		from := sort.Search(len(m.names), func(i int) bool { return compareFolded(m.names[i].Name, name) > 0 })
		if name == "" {
			from = 0
		}
		for _, p := range m.names[from:] {
			if !yield(p) {
				return
			}
		}
	}
}
