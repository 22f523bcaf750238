package lint

import (
	"strings"

	"github.com/writ-iam/writ/condition"
	"github.com/writ-iam/writ/internal/fold"
)

// facts are what several rules ask of a statement as a whole, found out once: to ask each of its keys for all others would take the square of their number.
type facts struct {
	keys     map[string]bool // the condition keys, in small letters
	bound    map[string]bool // those of them that must be there and have some value for the statement to hold
	prefixes map[string]bool // the keys up to the last colon
	covered  map[string]bool // by action, what coversAction found

	// isService and isNoService: a condition says that the principal is a service, or is none.
	isService, isNoService bool
	// saysSource: it holds only for requests that say for whom a service acts.
	saysSource bool
	// selects: it holds only for requests that choose attributes (or, under other operators than one would expect, speaks of it).
	selects bool
	// assumes: it is about assuming roles, and all its actions are of STS.
	assumes bool
}

func (s *statement) facts() *facts {
	if s.known != nil {
		return s.known
	}
	f := &facts{keys: make(map[string]bool), bound: make(map[string]bool), prefixes: make(map[string]bool), covered: make(map[string]bool)}
	s.known = f
	for i := range s.condition.blocks {
		b := &s.condition.blocks[i]
		for j := range b.keys {
			f.add(b, &b.keys[j])
		}
	}
	for i := range s.action.items {
		if !strings.HasPrefix(fold.Name(s.action.items[i].text), "sts:") {
			return f
		}
	}
	f.assumes = s.coversAction("sts:AssumeRole") || s.coversAction("sts:AssumeRoleWithSAML") || s.coversAction("sts:AssumeRoleWithWebIdentity")
	return f
}

func (f *facts) add(b *block, k *element) {
	name := fold.Name(k.key.text)
	f.keys[name] = true
	f.bound[name] = f.bound[name] || b.known && positive(b.op)
	f.prefixes[name[:max(0, strings.LastIndexByte(name, ':'))]] = true
	only := func(text string) bool { return b.known && len(k.items) == 1 && fold.Equal(k.items[0].text, text) }
	switch name {
	case "aws:principalisawsservice":
		if b.op.Comparison == condition.Bool {
			f.isService = f.isService || only("true")
			f.isNoService = f.isNoService || only("false")
		}
	case "aws:sourceaccount", "aws:sourcearn":
		f.saysSource = f.saysSource || b.op.Comparison == condition.Null && only("false")
	case "dynamodb:select":
		for i := range k.items {
			f.selects = f.selects || k.items[i].text == "SPECIFIC_ATTRIBUTES"
		}
	}
}
