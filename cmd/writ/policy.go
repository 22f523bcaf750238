package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/policy"
)

// readPolicy reads a file that holds a policy.
func readPolicy(name string, stdin io.Reader) (*policy.Document, error) {
	text, err := readFile(name, stdin)
	if err != nil {
		return nil, err
	}
	d, err := policy.Parse(text)
	var e *policy.Error
	if errors.As(err, &e) {
		return nil, fmt.Errorf("%s:%w", display(name), err)
	}
	return d, err
}

// kindOf returns the kind that was asked for, or what a document looks like.
func kindOf(asked string, d *policy.Document) (policy.Kind, error) {
	if asked != "" {
		kind, err := policy.ParseKind(asked)
		if err != nil {
			return 0, fmt.Errorf("--kind is one of %s, not %q", strings.Join(policy.Kinds(), ", "), asked)
		}
		return kind, nil
	}
	kind := policy.Inline
	for i := range d.Statements {
		s := &d.Statements[i]
		if !s.Principal.Present() {
			continue
		}
		if s.Resource.Present() {
			return policy.Resource, nil
		}
		kind = policy.Trust
		for _, v := range s.Action.Items {
			if len(v.Text) < 4 || !fold.Equal(v.Text[:4], "sts:") {
				return policy.Resource, nil
			}
		}
	}
	return kind, nil
}

// kindOfBoth returns the kind of two documents that are to be compared.
func kindOfBoth(asked string, left, right *policy.Document) (policy.Kind, error) {
	l, err := kindOf(asked, left)
	if err != nil {
		return 0, err
	}
	r, err := kindOf(asked, right)
	if err != nil {
		return 0, err
	}
	if l != r {
		return 0, fmt.Errorf("the policies look like a policy of kind %s and one of kind %s; --kind says what they are", l, r)
	}
	return l, nil
}
