package catalog

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

// ErrFormat is what Decode's errors wrap.
var ErrFormat = errors.New("not a catalog, or a damaged one")

// limit is the greatest size of the encoded form before compression: five times what AWS fills today.
const limit = 4 << 20

// Decode returns the catalog that MarshalBinary encoded. An error wraps ErrFormat.
func Decode(data []byte) (*Catalog, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("catalog: %w: %w", ErrFormat, err)
	}
	var plain strings.Builder
	// The last four bytes tell the size. They may lie: they only save time.
	plain.Grow(int(min(binary.LittleEndian.Uint32(data[len(data)-4:]), limit)))
	n, err := io.Copy(&plain, io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("catalog: %w: %w", ErrFormat, err)
	}
	if n > limit {
		return nil, fmt.Errorf("catalog: %w: more than %d bytes", ErrFormat, limit)
	}
	return decode(plain.String())
}

// decode is Decode after decompression.
func decode(plain string) (*Catalog, error) {
	body, ok := strings.CutPrefix(plain, magic)
	d := decoder{numbers: body}
	size := d.number(len(body))
	if !ok || d.err != nil || size > len(d.numbers) {
		return nil, fmt.Errorf("catalog: %w: no heading", ErrFormat)
	}
	d.text, d.numbers = d.numbers[:size], d.numbers[size:]
	d.folded = fold.Name(d.text)
	c, err := d.catalog()
	if err != nil {
		return nil, err
	}
	if d.err == nil && (d.text != "" || d.numbers != "") {
		d.fail("something left over")
	}
	if d.err != nil {
		return nil, fmt.Errorf("catalog: %w: %w", ErrFormat, d.err)
	}
	return c, nil
}

// decoder reads text and numbers. After an error it reads empty strings and zeros.
type decoder struct {
	text    string
	folded  string // text, folded: it has the same length
	numbers string
	err     error // the first

	keys    chunk[*Key]
	targets chunk[Target]
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
	d.text, d.folded, d.numbers = "", "", ""
}

// string returns the next string and its folded form.
func (d *decoder) string() (s, folded string) {
	i := strings.IndexByte(d.text, '\n')
	if i <= 0 {
		d.fail("an empty or missing string")
		return "", ""
	}
	s, folded = d.text[:i], d.folded[:i]
	d.text, d.folded = d.text[i+1:], d.folded[i+1:]
	return s, folded
}

// number returns the next number, which is less than end.
func (d *decoder) number(end int) int {
	n := 0
	for i := range min(len(d.numbers), 5) {
		b := d.numbers[i]
		n |= int(b&0x7f) << (7 * i)
		if b >= 0x80 {
			continue
		}
		if n < 0 || n >= end {
			break
		}
		d.numbers = d.numbers[i+1:]
		return n
	}
	d.fail("a number is missing or not below %d", end)
	return 0
}

// strings returns the next number, as the number of that many things which have a string each, or more.
func (d *decoder) strings() int { return d.number(len(d.text)/2 + 1) }

// list is strings for things that have a number each, or more.
func (d *decoder) list() int { return d.number(len(d.numbers)) }

// lists is list for lists that are referred to by number; it counts the empty list too.
func (d *decoder) lists() int { return 1 + d.number(min(len(d.numbers), maxLists)) }

// maxName is the greatest length of an action's name; AWS's longest has 63 bytes.
const maxName = math.MaxUint8

// maxLists is the greatest number of lists of a kind in a service.
const maxLists = math.MaxUint16

// chunk allocates slices out of larger ones.
type chunk[T any] struct{ free []T }

func (c *chunk[T]) take(n int) []T {
	if n > len(c.free) {
		c.free = make([]T, max(n, 512))
	}
	taken := c.free[:n:n]
	c.free = c.free[n:]
	return taken
}

func (d *decoder) catalog() (*Catalog, error) {
	global, err := newGlobalKeys()
	if err != nil {
		return nil, err
	}
	c := &Catalog{global: global}
	c.version, _ = d.string()
	c.services = make([]Service, d.strings())
	var foreign []*Key
	for i := range c.services {
		s := &c.services[i]
		d.service(s)
		if d.err != nil {
			return nil, fmt.Errorf("catalog: %w: service %q: %w", ErrFormat, s.prefix, d.err)
		}
		if i > 0 && c.services[i-1].folded >= s.folded {
			d.fail("service %q is out of order", s.prefix)
		}
		for _, k := range s.keys.byName {
			if prefix, _, _ := strings.Cut(k.folded, ":"); prefix == s.folded {
				continue
			}
			if _, known := c.global.find(k.folded); !known {
				foreign = append(foreign, k)
			}
		}
	}
	// Two services may define the same key; the first one's then stands for it.
	slices.SortStableFunc(foreign, func(a, b *Key) int { return strings.Compare(a.folded, b.folded) })
	c.foreign = newKeySet(slices.CompactFunc(foreign, func(a, b *Key) bool { return a.folded == b.folded }))
	return c, nil
}

func (d *decoder) service(s *Service) {
	s.prefix, s.folded = d.string()
	s.name, _ = d.string()
	s.rcp = d.number(2) == 1

	keys := make([]Key, d.strings())
	byName := make([]*Key, len(keys))
	for i := range keys {
		k := &keys[i]
		byName[i] = k
		k.name, k.folded = d.string()
		k.template = keyTemplate(k.folded)
		kind := d.number(2 * len(typeNames))
		k.kind, k.multi = ValueType(kind/2), kind%2 == 1
		if i > 0 && keys[i-1].folded >= k.folded {
			d.fail("key %q is out of order", k.name)
		}
	}
	s.keys = newKeySet(byName)

	s.keyLists = make([][]*Key, d.lists())
	for i := 1; i < len(s.keyLists); i++ {
		list := d.keys.take(d.list())
		for j := range list {
			if index := d.number(len(keys)); d.err == nil {
				list[j] = &keys[index]
			}
		}
		s.keyLists[i] = list
	}

	s.resources = make([]ResourceType, d.strings())
	for i := range s.resources {
		r := &s.resources[i]
		r.service = s
		r.name, r.folded = d.string()
		r.arn, _ = d.string()
		if i > 0 && s.resources[i-1].folded >= r.folded {
			d.fail("resource type %q is out of order", r.name)
		}
	}
	for i := range s.resources {
		s.resources[i].keys = uint16(d.number(len(s.keyLists)))
	}

	s.targetLists = make([][]Target, d.lists())
	for i := 1; i < len(s.targetLists); i++ {
		list := d.targets.take(d.list())
		for j := range list {
			index := d.number(2 * len(s.resources))
			keys := d.number(len(s.keyLists))
			if d.err == nil {
				list[j] = Target{&s.resources[index/2], index%2 == 1, uint16(keys)}
			}
		}
		s.targetLists[i] = list
	}

	s.actions = make([]Action, d.strings())
	s.names, s.folds = d.text, d.folded
	for i := range s.actions {
		a := &s.actions[i]
		a.service = s
		at := len(s.names) - len(d.text)
		name, folded := d.string()
		if len(name) > maxName {
			d.fail("the name of action %q is longer than %d bytes", name, maxName)
		}
		if d.err != nil {
			return
		}
		a.at, a.length = uint32(at), uint8(len(name))
		a.access = Access(d.number(1 << len(accessNames)))
		if i > 0 && s.actions[i-1].folded() >= folded {
			d.fail("action %q is out of order", name)
		}
	}
	for i := range s.actions {
		s.actions[i].keys = uint16(d.number(len(s.keyLists)))
	}
	for i := range s.actions {
		s.actions[i].targets = uint16(d.number(len(s.targetLists)))
	}
}
