package condition

import (
	"slices"
	"unique"

	"github.com/writ-iam/writ/internal/fold"
)

// Key is the name of a condition key, folded so that aws:username and AWS:UserName are one. Make a Key once and keep it: comparing two of
// them is comparing pointers, and it carries its hash.
type Key struct {
	name unique.Handle[string]
	hash uint32
	// many: AWS defines the key as multi-valued, whatever a request brings for it.
	many bool
}

// NewKey returns the key of that name, in any case.
func NewKey(name string) Key {
	folded := fold.Name(name)
	return Key{name: unique.Make(folded), hash: fold.Hash(folded), many: multiValued(folded)}
}

// String returns the folded name.
func (k Key) String() string { return k.name.Value() }

// multiValued reports whether AWS defines a global key as multi-valued (evaluation.md §8, the rows marked (m), and §9; doc/language.md 1).
func multiValued(folded string) bool {
	switch folded {
	case "aws:calledvia", "aws:principalorgpaths", "aws:principalservicenameslist", "aws:resourceorgpaths",
		"aws:sourceorgpaths", "aws:tagkeys", "aws:vpceorgpaths", "iam:accountpropertynamespaces", "sts:transitivetagkeys":
		return true
	}
	return false
}

// Value is what a request brings for a key: one text, or a list of texts if the key is multi-valued.
type Value struct {
	text string
	list []string
	many bool
}

// Many reports whether the key is multi-valued.
func (v Value) Many() bool { return v.many }

// Texts returns the texts, one for a single-valued key.
func (v Value) Texts() []string {
	if v.list == nil {
		return []string{v.text}
	}
	return slices.Clone(v.list)
}

// Context holds the facts of one request by condition key. The zero Context is empty and ready to use. It may be read by several goroutines once it
// is filled.
type Context struct {
	// slots is an open-addressing table: 1 + the fact's number, at the key's hash. It takes what nearly all requests have;
	// the facts of one that has more are in many.
	slots [64]uint8
	n     int
	many  *manyFacts
	// lists are the values of multi-valued keys.
	lists [][]string
	// few holds the first facts in place: requests carry a dozen keys or two.
	few [16]fact
}

// manyFacts are those that have no place in a Context.
type manyFacts struct {
	facts []fact
	// slots is like that of a Context; nil as long as that one has room.
	slots []uint32
}

type fact struct {
	name unique.Handle[string] // of the key
	text string
	hash uint32 // of the key
	// list is 0 for the one text of a key. Else its lowest bit says that the key is multi-valued for AWS, and the others are 1 + the number of a list,
	// or 0 if there is one text.
	list uint32
}

// key returns the fact's key.
func (f *fact) key() Key { return Key{name: f.name, hash: f.hash, many: f.list&1 != 0} }

// many reports whether the fact is multi-valued.
func (f *fact) many() bool { return f.list != 0 }

// at returns fact i.
func (c *Context) at(i int) *fact {
	if i < len(c.few) {
		return &c.few[i]
	}
	return &c.many.facts[i-len(c.few)]
}

// Set says that key has the value text in this request.
func (c *Context) Set(key Key, text string) {
	f := c.take(key)
	f.text, f.list = text, key.bit()
}

// SetList says that key has these values in this request, and so that it is multi-valued. The list may be empty; it is not copied.
func (c *Context) SetList(key Key, list []string) {
	c.lists = append(c.lists, list)
	f := c.take(key)
	f.text, f.list = "", uint32(len(c.lists))<<1|key.bit()
}

// bit returns 1 for a key that AWS defines as multi-valued.
func (k *Key) bit() uint32 {
	if k.many {
		return 1
	}
	return 0
}

// inlineSlots is how many facts the table in place takes.
const inlineSlots = 40

// take returns the fact of a key, a new one if there is none.
func (c *Context) take(key Key) *fact {
	if c.n >= inlineSlots {
		return c.takeGrown(key)
	}
	i := key.hash % uint32(len(c.slots))
	for ; c.slots[i] != 0; i = (i + 1) % uint32(len(c.slots)) {
		if f := c.at(int(c.slots[i] - 1)); f.name == key.name {
			return f
		}
	}
	f := c.add(key)
	c.slots[i] = uint8(c.n)
	return f
}

func (c *Context) add(key Key) *fact {
	if c.n >= len(c.few) {
		if c.many == nil {
			c.many = new(manyFacts)
		}
		c.many.facts = append(c.many.facts, fact{})
	}
	c.n++
	f := c.at(c.n - 1)
	f.name, f.hash = key.name, key.hash
	return f
}

func (c *Context) takeGrown(key Key) *fact {
	if f := c.find(&key); f != nil {
		return f
	}
	f := c.add(key)
	m := c.many
	if 2*c.n <= len(m.slots) {
		m.insert(key.hash, c.n)
		return f
	}
	m.slots = make([]uint32, max(4*len(c.slots), 2*len(m.slots)))
	for i := range c.n {
		m.insert(c.at(i).hash, i+1)
	}
	return f
}

func (m *manyFacts) insert(hash uint32, entry int) {
	mask := uint32(len(m.slots) - 1)
	i := hash & mask
	for m.slots[i] != 0 {
		i = (i + 1) & mask
	}
	m.slots[i] = uint32(entry)
}

// find returns the fact of a key, or nil if the request does not carry it.
func (c *Context) find(key *Key) *fact {
	if c.n > inlineSlots {
		return c.findGrown(key)
	}
	for i := key.hash % uint32(len(c.slots)); ; i = (i + 1) % uint32(len(c.slots)) {
		entry := c.slots[i]
		if entry == 0 {
			return nil
		}
		if f := c.at(int(entry - 1)); f.name == key.name {
			return f
		}
	}
}

func (c *Context) findGrown(key *Key) *fact {
	mask := uint32(len(c.many.slots) - 1)
	for i := key.hash & mask; ; i = (i + 1) & mask {
		entry := c.many.slots[i]
		if entry == 0 {
			return nil
		}
		if f := c.at(int(entry - 1)); f.name == key.name {
			return f
		}
	}
}

// listOf returns the list of a fact; ok is false if it has one text instead.
func (c *Context) listOf(f *fact) (list []string, ok bool) {
	if f.list < 2 {
		return nil, false
	}
	return c.lists[f.list>>1-1], true
}

// empty reports whether the fact is a list without a text in it, which Null takes for absence.
func (c *Context) empty(f *fact) bool {
	list, ok := c.listOf(f)
	return ok && len(list) == 0
}

func (c *Context) value(f *fact) Value {
	v := Value{text: f.text, many: f.many()}
	if list, ok := c.listOf(f); ok {
		if v.list = list; v.list == nil {
			v.list = []string{}
		}
	}
	return v
}

// Lookup returns the value of key, with ok false if the request does not carry it.
func (c *Context) Lookup(key Key) (v Value, ok bool) {
	if f := c.find(&key); f != nil {
		return c.value(f), true
	}
	return Value{}, false
}

// Text returns the value of a single-valued key: what a policy variable resolves to, if to anything.
func (c *Context) Text(key Key) (text string, ok bool) {
	if f := c.find(&key); f != nil && !f.many() {
		return f.text, true
	}
	return "", false
}

// Reset empties c, keeping its memory for the next request.
func (c *Context) Reset() {
	c.n, c.lists = 0, c.lists[:0]
	if c.many != nil {
		c.many.facts, c.many.slots = c.many.facts[:0], nil
	}
	clear(c.slots[:])
}

// All calls yield with each key and its value, in the order in which they were set.
func (c *Context) All(yield func(Key, Value) bool) {
	for i := range c.n {
		f := c.at(i)
		if !yield(f.key(), c.value(f)) {
			return
		}
	}
}

// IsMultivalued reports whether AWS defines a key as multi-valued (doc/language.md 1).
func IsMultivalued(k Key) bool { return k.many }
