package authz

import (
	"testing"

	"github.com/writ-iam/writ/policy"
)

// Names whose hashes are the same are told apart by the names. The hash is seeded and nobody can choose such names, so here the hashes are changed.
func TestKeysWithOneHash(t *testing.T) {
	d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"a:Read","Resource":"*"},
		{"Effect":"Allow","Action":"b:Read","Resource":"*"},
		{"Effect":"Deny","Action":"b:Write*","Resource":"*"},
		{"Effect":"Allow","Action":"c:*","Resource":"*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	p := Compile(d, Identity)
	builder := func(keep ...int) (b indexBuilder) {
		for _, i := range keep {
			var one indexBuilder
			one.add(i, &d.Statements[i], &p.statements[i], guard{})
			one.entries[0].hash = 7
			b.entries = append(b.entries, one.entries...)
		}
		return b
	}
	alice, err := NewPrincipal("arn:aws:iam::111122223333:user/alice", Facts{})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(name string) *Request {
		a, err := NewAction(name)
		if err != nil {
			t.Fatal(err)
		}
		a.hash, a.serviceHash = 7, 7
		a.bit, a.serviceBit, a.word = bitOf(7), bitOf(7), wordOf(7)
		return NewRequest(alice, a, "*")
	}
	for _, row := range []struct {
		name        string
		keep        []int
		action      string
		deny, allow int32
	}{
		{"the first of three", []int{0, 1, 2}, "a:Read", -1, 0},
		{"the second", []int{0, 1, 2}, "b:Read", -1, 1},
		{"a service among actions", []int{0, 1, 2}, "b:WriteIt", 2, -1},
		{"none of them", []int{0, 1, 2}, "d:Read", -1, -1},
		{"two services", []int{2, 3}, "c:WriteIt", -1, 3},
		{"a key of another name alone", []int{0}, "d:Read", -1, -1},
		{"a service of another name alone", []int{3}, "d:Read", -1, -1},
		{"a service of another name alone, denied", []int{2}, "c:WriteIt", -1, -1},
	} {
		b := builder(row.keep...)
		ix := b.index()
		r := ask(row.action)
		if deny, allow := ix.firstDeny(r, noPlace).number(), ix.firstAllow(r, noPlace).number(); deny != row.deny || allow != row.allow {
			t.Errorf("%s: %s: denied by %d, allowed by %d, want %d and %d", row.name, row.action, deny, allow, row.deny, row.allow)
		}
		again := indexBuilder{}
		again.addAll(1, &ix)
		ix = again.index()
		if allow := ix.firstAllow(r, noPlace); allow.number() != row.allow || allow != noPlace && allow.program() != 1 {
			t.Errorf("%s, in a set: %s: allowed by %d of %d", row.name, row.action, allow.number(), allow.program())
		}
	}
}
