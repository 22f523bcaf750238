package condition_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/writ-iam/writ/condition"
)

func TestKeysFoldASCIIOnly(t *testing.T) {
	for _, tt := range []struct {
		claim, set, asked string
		same              bool
	}{
		{"case", "aws:UserName", "AWS:USERNAME", true},
		{"a tag's name", "aws:PrincipalTag/Team", "aws:principaltag/TEAM", true},
		{"colons and slashes in tag names", "aws:ResourceTag/A:B/C", "aws:resourcetag/a:b/c", true},
		{"a Kelvin sign is no k", "aws:to\u212aen", "aws:token", false},
		{"a long s is no s", "aws:\u017fource", "aws:source", false},
		{"É and é are two", "aws:PrincipalTag/É", "aws:PrincipalTag/é", false},
		{"the dotted I is no i", "\u0130", "i", false},
		{"the next ASCII signs do not fold", "@[", "`{", false},
		{"blanks count", "aws:username ", "aws:username", false},
	} {
		var c condition.Context
		c.Set(condition.NewKey(tt.set), "x")
		if _, ok := c.Lookup(condition.NewKey(tt.asked)); ok != tt.same {
			t.Errorf("%s: %q finds %q: %v", tt.claim, tt.asked, tt.set, ok)
		}
		if same := condition.NewKey(tt.set) == condition.NewKey(tt.asked); same != tt.same {
			t.Errorf("%s: the keys of %q and %q are equal: %v", tt.claim, tt.set, tt.asked, same)
		}
	}
}

func TestTheZeroContextIsEmpty(t *testing.T) {
	var c condition.Context
	if v, ok := c.Lookup(condition.NewKey("k")); ok {
		t.Errorf("it holds %v", v)
	}
	if text, ok := c.Text(condition.NewKey("")); ok {
		t.Errorf("it holds %q", text)
	}
	c.Reset()
	c.Set(condition.NewKey("k"), "x")
	if text, ok := c.Text(condition.NewKey("K")); text != "x" || !ok {
		t.Errorf("after a reset it holds %q, %v", text, ok)
	}
}

func TestValues(t *testing.T) {
	var c condition.Context
	k := condition.NewKey("k")
	for _, tt := range []struct {
		claim string
		set   func()
		want  []string
		many  bool
	}{
		{"a text", func() { c.Set(k, "x") }, []string{"x"}, false},
		{"a list in its place", func() { c.SetList(k, []string{"y", "z"}) }, []string{"y", "z"}, true},
		{"a list of one is a list", func() { c.SetList(k, []string{"y"}) }, []string{"y"}, true},
		{"an empty list", func() { c.SetList(k, []string{}) }, []string{}, true},
		{"nil is an empty list", func() { c.SetList(k, nil) }, []string{}, true},
		{"a text again", func() { c.Set(k, "") }, []string{""}, false},
	} {
		tt.set()
		v, ok := c.Lookup(k)
		if got := v.Texts(); !ok || !slices.Equal(got, tt.want) || v.Many() != tt.many {
			t.Errorf("%s: %q, many %v, %v", tt.claim, got, v.Many(), ok)
		}
		if text, ok := c.Text(k); ok == tt.many || !tt.many && text != tt.want[0] {
			t.Errorf("%s: as a variable %q, %v", tt.claim, text, ok)
		}
		n := 0
		for key, v := range c.All {
			if n++; key != k || !slices.Equal(v.Texts(), tt.want) {
				t.Errorf("%s: All yields %s, %q", tt.claim, key, v.Texts())
			}
		}
		if n != 1 {
			t.Errorf("%s: All yields %d keys", tt.claim, n)
		}
	}
	v, _ := c.Lookup(k)
	v.Texts()[0] = "changed"
	if text, _ := c.Text(k); text != "" {
		t.Errorf("what Texts returns is not a copy: %q", text)
	}
}

// A Context does what a map does, however many keys there are, whatever is set twice, and after a reset.
func TestContextIsAMap(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	var c condition.Context
	for _, n := range []int{0, 1, 23, 24, 25, 39, 40, 41, 42, 63, 64, 65, 100, 1000, 5, 20_000, 41} {
		c.Reset()
		want := map[string]string{}
		var order []string
		for i := range n {
			name := fmt.Sprintf("Key%d", i)
			if i > 0 && random.IntN(4) == 0 {
				name = strings.ToUpper(fmt.Sprintf("Key%d", random.IntN(i))) // perhaps again
			}
			text := fmt.Sprint(random.Int())
			if folded := strings.ToLower(name); want[folded] == "" {
				order = append(order, folded)
			}
			c.Set(condition.NewKey(name), text)
			want[strings.ToLower(name)] = text
		}
		for name, text := range want {
			if got, ok := c.Text(condition.NewKey(strings.ToUpper(name))); got != text || !ok {
				t.Fatalf("%d keys: %s is %q, %v; want %q", n, name, got, ok, text)
			}
		}
		for i := range n + 50 {
			name := fmt.Sprintf("key%d", i)
			if _, ok := c.Lookup(condition.NewKey(name)); ok != (want[name] != "") {
				t.Fatalf("%d keys: %s is there: %v", n, name, ok)
			}
		}
		var got []string
		for key := range c.All {
			got = append(got, key.String())
		}
		if !slices.Equal(got, order) {
			t.Fatalf("%d keys: All yields them in another order", n)
		}
	}
}

func TestAllStops(t *testing.T) {
	var c condition.Context
	c.Set(condition.NewKey("a"), "1")
	c.Set(condition.NewKey("b"), "2")
	n := 0
	for range c.All {
		n++
		break
	}
	if n != 1 {
		t.Errorf("All went on %d times", n)
	}
}

// Filling a Context again allocates nothing.
func TestAContextIsUsedAgainWithoutAllocations(t *testing.T) {
	var keys []condition.Key
	for i := range 24 {
		keys = append(keys, condition.NewKey(fmt.Sprintf("key%d", i)))
	}
	var c condition.Context
	fill := func() {
		c.Reset()
		for _, k := range keys {
			c.Set(k, "x")
		}
		c.Lookup(keys[3])
	}
	fill()
	if n := testing.AllocsPerRun(100, fill); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}
