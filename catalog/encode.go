package catalog

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

// The encoded form is the gzip of
//
//	magic
//	the length of the text, the text: one string a line
//	numbers
//
// Numbers, lengths and counts are unsigned varints. Text and numbers are each read once, from front to back:
//
//	         text                       numbers
//	once     version                    number of services
//	service  prefix, name               rcp (0 or 1)
//	           every key's name         number of keys, every key's type
//	                                    key lists: number, then each: length, indexes of keys
//	           every type's name, ARN   number of types, every type's key list
//	                                    target lists: number, then each: length, pairs of
//	                                      2·index of the type + required, key list
//	           every action's name      number of actions, every action's access, every one's key list, every one's
//	                                      target list
//
// Services, keys, types and actions are in the order of their folded names. Lists are numbered from 1 in the order in which
// they come up; 0 is the empty list. A key's type is 2·ValueType + multivalued, an action's access is its Access.
//
// Strings of a kind stand together and numbers of a kind do, because that compresses best: 190 KB for what is 3.0 MB of
// JSON. Lists are shared, because most actions of a service have one of a few. The whole is small enough to decode at
// once, so that a damaged file is found at once and a Catalog can be a plain value without locks.
const magic = "writ catalog 1\n"

// MarshalBinary returns the catalog in the form that Decode reads. The same catalog gives the same bytes, as long as they
// come from the same release of Go, whose compressor may change.
func (c *Catalog) MarshalBinary() ([]byte, error) {
	plain, err := c.Definition().encode()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// encode returns the encoded form before compression.
func (d Definition) encode() ([]byte, error) {
	e := encoder{}
	e.string(d.Version)
	e.number(len(d.Services))
	for _, prefix := range names(&e, d.Services) {
		e.string(prefix)
		e.service(d.Services[prefix])
		if e.err != nil {
			return nil, fmt.Errorf("catalog: service %q: %w", prefix, e.err)
		}
	}
	if e.err != nil {
		return nil, fmt.Errorf("catalog: %w", e.err)
	}
	plain := binary.AppendUvarint([]byte(magic), uint64(e.text.Len()))
	return slices.Concat(plain, e.text.Bytes(), e.numbers), nil
}

type encoder struct {
	text    bytes.Buffer
	numbers []byte
	err     error // the first
}

func (e *encoder) string(s string) {
	if s == "" || strings.ContainsRune(s, '\n') {
		e.fail("the name %q", s)
	}
	e.text.WriteString(s)
	e.text.WriteByte('\n')
}

func (e *encoder) number(n int) { e.numbers = binary.AppendUvarint(e.numbers, uint64(n)) }

func (e *encoder) flag(b bool) {
	if b {
		e.number(1)
	} else {
		e.number(0)
	}
}

func (e *encoder) fail(format string, args ...any) {
	if e.err == nil {
		e.err = fmt.Errorf(format+" is not valid", args...)
	}
}

func (e *encoder) service(s ServiceDefinition) {
	e.string(s.Name)
	e.flag(s.RCP)

	keys, resources, actions := names(e, s.Keys), names(e, s.Resources), names(e, s.Actions)

	e.number(len(keys))
	keyIndex := make(map[string]int, len(keys))
	for i, name := range keys {
		keyIndex[name] = i
		e.string(name)
		k, err := newKey(name, name, s.Keys[name])
		if err != nil {
			e.fail("the type %q of %s", s.Keys[name], name)
		}
		n := 2 * int(k.kind)
		if k.multi {
			n++
		}
		e.number(n)
	}

	// Lists first, in the order in which types and actions refer to them.
	var keyLists, targetLists lists
	keyList := func(names []string) int {
		list := make([]int, len(names))
		for i, name := range names {
			index, ok := keyIndex[name]
			if !ok {
				e.fail("the undefined key %q", name)
			}
			list[i] = index
		}
		return keyLists.add(list)
	}
	resourceIndex := make(map[string]int, len(resources))
	resourceKeys := make([]int, len(resources))
	for i, name := range resources {
		resourceIndex[name] = i
		resourceKeys[i] = keyList(s.Resources[name].Keys)
	}
	access := make([]Access, len(actions))
	actionKeys := make([]int, len(actions))
	actionTargets := make([]int, len(actions))
	for i, name := range actions {
		a := s.Actions[name]
		level, err := ParseAccess(a.Access)
		if err != nil {
			e.fail("the access level %q of %s", a.Access, name)
		}
		access[i] = level
		actionKeys[i] = keyList(a.Keys)
		var list []int
		for _, t := range a.Resources {
			index, ok := resourceIndex[t.Type]
			if !ok {
				e.fail("the undefined resource type %q of %s", t.Type, name)
			}
			index *= 2
			if t.Required {
				index++
			}
			list = append(list, index, keyList(t.Keys))
		}
		actionTargets[i] = targetLists.add(list)
	}

	e.number(len(keyLists.all))
	for _, list := range keyLists.all {
		e.number(len(list))
		e.list(list)
	}
	e.number(len(resources))
	for _, name := range resources {
		e.string(name)
		e.string(s.Resources[name].ARN)
	}
	e.list(resourceKeys)
	e.number(len(targetLists.all))
	for _, list := range targetLists.all {
		e.number(len(list) / 2)
		e.list(list)
	}
	e.number(len(actions))
	for i, name := range actions {
		e.string(name)
		if len(name) > maxName {
			e.fail("the name %q, of more than %d bytes,", name, maxName)
		}
		e.number(int(access[i]))
	}
	e.list(actionKeys)
	e.list(actionTargets)
}

func (e *encoder) list(list []int) {
	for _, n := range list {
		e.number(n)
	}
}

// lists numbers distinct lists from 1; 0 is the empty list.
type lists struct {
	all    [][]int
	number map[string]int
}

func (l *lists) add(list []int) int {
	if len(list) == 0 {
		return 0
	}
	if l.number == nil {
		l.number = make(map[string]int)
	}
	id := fmt.Sprint(list)
	n, known := l.number[id]
	if !known {
		l.all = append(l.all, list)
		n = len(l.all)
		l.number[id] = n
	}
	return n
}

// names returns the keys of a map in the order of their folded forms, which have to be different.
func names[V any](e *encoder, m map[string]V) []string {
	sorted := slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(strings.Compare(fold.Name(a), fold.Name(b)), strings.Compare(a, b))
	})
	for i := 1; i < len(sorted); i++ {
		if fold.Name(sorted[i-1]) == fold.Name(sorted[i]) {
			e.fail("the name %q beside %q", sorted[i], sorted[i-1])
		}
	}
	return sorted
}
