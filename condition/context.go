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
	// few holds the first facts in place, more the rest: requests carry a dozen keys or two.
	few  [16]fact
	more []fact
	n    int
	// slots and grown are open-addressing tables: 1 + the fact's number, at the key's hash. The small one in place takes
	// what most requests have; one with more gets a table of its own.
	slots [64]uint8
	grown []uint32
	// lists are the values of multi-valued keys.
	lists [][]string
}

type fact struct {
	key  Key
	text string
	many bool
	list int32 // 1 + its number among the lists; 0: there is one text
}

// at returns fact i.
func (c *Context) at(i int) *fact {
	if i < len(c.few) {
		return &c.few[i]
	}
	return &c.more[i-len(c.few)]
}

// Set says that key has the value text in this request.
func (c *Context) Set(key Key, text string) {
	f := c.take(key)
	f.text, f.many, f.list = text, key.many, 0
}

// SetList says that key has these values in this request, and so that it is multi-valued. The list may be empty; it is not copied.
func (c *Context) SetList(key Key, list []string) {
	c.lists = append(c.lists, list)
	f := c.take(key)
	f.text, f.many, f.list = "", true, int32(len(c.lists))
}

// inlineSlots is how many facts the table in place takes.
const inlineSlots = 40

// take returns the fact of a key, a new one if there is none.
func (c *Context) take(key Key) *fact {
	if c.grown != nil || c.n == inlineSlots {
		return c.takeGrown(key)
	}
	i := key.hash % uint32(len(c.slots))
	for ; c.slots[i] != 0; i = (i + 1) % uint32(len(c.slots)) {
		if f := c.at(int(c.slots[i] - 1)); f.key == key {
			return f
		}
	}
	f := c.add(key)
	c.slots[i] = uint8(c.n)
	return f
}

func (c *Context) add(key Key) *fact {
	if c.n >= len(c.few) {
		c.more = append(c.more, fact{})
	}
	c.n++
	f := c.at(c.n - 1)
	f.key = key
	return f
}

func (c *Context) takeGrown(key Key) *fact {
	if f := c.find(&key); f != nil {
		return f
	}
	f := c.add(key)
	if 2*c.n <= len(c.grown) {
		c.insert(key.hash, c.n)
		return f
	}
	c.grown = make([]uint32, max(4*len(c.slots), 2*len(c.grown)))
	for i := range c.n {
		c.insert(c.at(i).key.hash, i+1)
	}
	return f
}

func (c *Context) insert(hash uint32, entry int) {
	mask := uint32(len(c.grown) - 1)
	i := hash & mask
	for c.grown[i] != 0 {
		i = (i + 1) & mask
	}
	c.grown[i] = uint32(entry)
}

// find returns the fact of a key, or nil if the request does not carry it.
func (c *Context) find(key *Key) *fact {
	if c.grown != nil {
		return c.findGrown(key)
	}
	for i := key.hash % uint32(len(c.slots)); ; i = (i + 1) % uint32(len(c.slots)) {
		entry := c.slots[i]
		if entry == 0 {
			return nil
		}
		if f := c.at(int(entry - 1)); f.key.name == key.name {
			return f
		}
	}
}

func (c *Context) findGrown(key *Key) *fact {
	mask := uint32(len(c.grown) - 1)
	for i := key.hash & mask; ; i = (i + 1) & mask {
		entry := c.grown[i]
		if entry == 0 {
			return nil
		}
		if f := c.at(int(entry - 1)); f.key.name == key.name {
			return f
		}
	}
}

// listOf returns the list of a fact that has one.
func (c *Context) listOf(f *fact) []string { return c.lists[f.list-1] }

// empty reports whether the fact is a list without a text in it, which Null takes for absence.
func (c *Context) empty(f *fact) bool { return f.list != 0 && len(c.listOf(f)) == 0 }

func (c *Context) value(f *fact) Value {
	v := Value{text: f.text, many: f.many}
	if f.list != 0 {
		if v.list = c.listOf(f); v.list == nil {
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
	if f := c.find(&key); f != nil && !f.many {
		return f.text, true
	}
	return "", false
}

// Reset empties c, keeping its memory for the next request.
func (c *Context) Reset() {
	c.n, c.more, c.lists, c.grown = 0, c.more[:0], c.lists[:0], nil
	clear(c.slots[:])
}

// All calls yield with each key and its value, in the order in which they were set.
func (c *Context) All(yield func(Key, Value) bool) {
	for i := range c.n {
		f := c.at(i)
		if !yield(f.key, c.value(f)) {
			return
		}
	}
}
