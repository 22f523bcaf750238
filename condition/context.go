package condition

import (
	"slices"

	"github.com/writ-iam/writ/internal/fold"
)

// Key is the name of a condition key, folded so that aws:username and AWS:UserName are one. Make a Key once and keep it:
// it carries its hash.
type Key struct {
	name string
	hash uint32
	// many: AWS defines the key as multi-valued, whatever a request brings for it.
	many bool
}

// NewKey returns the key of that name, in any case.
func NewKey(name string) Key {
	folded := fold.Name(name)
	return Key{name: folded, hash: fold.Hash(folded), many: multiValued(folded)}
}

// String returns the folded name.
func (k Key) String() string { return k.name }

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

// empty reports whether the list has no text in it, which Null takes for absence.
func (v *Value) empty() bool { return v.list != nil && len(v.list) == 0 }

// Context holds the facts of one request by condition key. The zero Context is empty and ready to use. It may be read by several goroutines once it
// is filled.
type Context struct {
	facts []fact
	// slots and grown are open-addressing tables: 1 + the index in facts, at the key's hash. Requests carry a dozen keys or
	// two, for which the small one in place does; one with more gets a table of its own.
	slots [64]uint8
	grown []uint32
}

type fact struct {
	key   Key
	value Value
}

// inlineFacts is how many facts are put in place by one allocation.
const inlineFacts = 24

// Set says that key has the value text in this request.
func (c *Context) Set(key Key, text string) { c.set(key, Value{text: text, many: key.many}) }

// SetList says that key has these values in this request, and so that it is multi-valued. The list may be empty; it is not copied.
func (c *Context) SetList(key Key, list []string) {
	if list == nil {
		list = []string{}
	}
	c.set(key, Value{list: list, many: true})
}

func (c *Context) set(key Key, v Value) {
	if i, ok := c.find(key); ok {
		c.facts[i].value = v
		return
	}
	if c.facts == nil {
		c.facts = make([]fact, 0, inlineFacts)
	}
	c.facts = append(c.facts, fact{key, v})
	n := len(c.facts)
	switch {
	case c.grown == nil && n <= inlineSlots:
		i := key.hash % uint32(len(c.slots))
		for c.slots[i] != 0 {
			i = (i + 1) % uint32(len(c.slots))
		}
		c.slots[i] = uint8(n)
	case 2*n > len(c.grown):
		c.grow()
	default:
		c.insert(key.hash, n)
	}
}

// inlineSlots is how many facts the table in place takes.
const inlineSlots = 40

func (c *Context) grow() {
	c.grown = make([]uint32, max(4*len(c.slots), 2*len(c.grown)))
	for i := range c.facts {
		c.insert(c.facts[i].key.hash, i+1)
	}
}

func (c *Context) insert(hash uint32, entry int) {
	mask := uint32(len(c.grown) - 1)
	i := hash & mask
	for c.grown[i] != 0 {
		i = (i + 1) & mask
	}
	c.grown[i] = uint32(entry)
}

func (c *Context) find(key Key) (int, bool) {
	if c.grown != nil {
		return c.findGrown(key)
	}
	for i := key.hash % uint32(len(c.slots)); ; i = (i + 1) % uint32(len(c.slots)) {
		entry := c.slots[i]
		if entry == 0 {
			return 0, false
		}
		if f := &c.facts[entry-1]; f.key.hash == key.hash && f.key.name == key.name {
			return int(entry - 1), true
		}
	}
}

func (c *Context) findGrown(key Key) (int, bool) {
	mask := uint32(len(c.grown) - 1)
	for i := key.hash & mask; ; i = (i + 1) & mask {
		entry := c.grown[i]
		if entry == 0 {
			return 0, false
		}
		if f := &c.facts[entry-1]; f.key.hash == key.hash && f.key.name == key.name {
			return int(entry - 1), true
		}
	}
}

// Lookup returns the value of key, with ok false if the request does not carry it.
func (c *Context) Lookup(key Key) (v Value, ok bool) {
	if i, ok := c.find(key); ok {
		return c.facts[i].value, true
	}
	return Value{}, false
}

// Text returns the value of a single-valued key: what a policy variable resolves to, if to anything.
func (c *Context) Text(key Key) (text string, ok bool) {
	i, ok := c.find(key)
	if !ok || c.facts[i].value.many {
		return "", false
	}
	return c.facts[i].value.text, true
}

// Reset empties c, keeping its memory for the next request.
func (c *Context) Reset() {
	c.facts = c.facts[:0]
	clear(c.slots[:])
	c.grown = nil
}

// All calls yield with each key and its value, in the order in which they were set.
func (c *Context) All(yield func(Key, Value) bool) {
	for i := range c.facts {
		if !yield(c.facts[i].key, c.facts[i].value) {
			return
		}
	}
}
