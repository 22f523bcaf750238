package iam

import (
	"strings"

	"github.com/writ-iam/writ/internal/api/iamapi"
	"github.com/writ-iam/writ/internal/fold"
	"github.com/writ-iam/writ/internal/op"
	"github.com/writ-iam/writ/policy"
)

// keyNames collects names of condition keys as they are written, each once in whatever case, in the order in which they stand in the documents.
type keyNames struct {
	names []string
	seen  map[string]bool
}

func (k *keyNames) add(name string) {
	if folded := fold.Name(name); !k.seen[folded] {
		if k.seen == nil {
			k.seen = make(map[string]bool)
		}
		k.seen[folded] = true
		k.names = append(k.names, name)
	}
}

// addDocument adds all keys that a document speaks of: those of its conditions, and its variables (policy-language.md §§5, 6).
func (k *keyNames) addDocument(d *policy.Document) {
	for i := range d.Statements {
		s := &d.Statements[i]
		for _, v := range resourceVariables(d, s) {
			k.add(v.key)
		}
		for _, key := range conditionKeys(s) {
			k.add(key)
		}
		for _, v := range conditionVariables(d, s) {
			k.add(v.key)
		}
	}
}

// conditionKeys returns the keys of a statement's conditions.
func conditionKeys(s *policy.Statement) (keys []string) {
	for i := range s.Condition.Blocks {
		for _, key := range s.Condition.Blocks[i].Keys {
			keys = append(keys, key.Key.Text)
		}
	}
	return keys
}

// variable is a policy variable: the key whose value it stands for, and whether it has another value if there is none.
type variable struct {
	key       string
	defaulted bool
}

func resourceVariables(d *policy.Document, s *policy.Statement) []variable {
	return variablesOf(d, s.Resource.Texts())
}

func conditionVariables(d *policy.Document, s *policy.Statement) (vars []variable) {
	for i := range s.Condition.Blocks {
		for _, key := range s.Condition.Blocks[i].Keys {
			vars = append(vars, variablesOf(d, key.Texts())...)
		}
	}
	return vars
}

// variablesOf finds ${key} and ${key, 'default'}; ${*}, ${?} and ${$} stand for the character.
func variablesOf(d *policy.Document, texts []string) (vars []variable) {
	if !d.Variables() {
		return nil
	}
	for _, text := range texts {
		for {
			_, rest, ok := strings.Cut(text, "${")
			if !ok {
				break
			}
			var inside string
			if inside, text, ok = strings.Cut(rest, "}"); !ok {
				break
			}
			key, _, defaulted := strings.Cut(inside, ",")
			switch key {
			case "", "*", "?", "$":
			default:
				vars = append(vars, variable{key, defaulted})
			}
		}
	}
	return vars
}

func (s *Service) getContextKeysForCustomPolicy(
	_ *op.Call, in *iamapi.GetContextKeysForCustomPolicyInput,
) (*iamapi.GetContextKeysForCustomPolicyOutput, error) {
	keys := keyNames{names: []string{}}
	for _, text := range in.PolicyInputList {
		doc, err := simulated(policy.Inline, text)
		if err != nil {
			return nil, err
		}
		keys.addDocument(doc)
	}
	return &iamapi.GetContextKeysForCustomPolicyOutput{ContextKeyNames: keys.names}, nil
}

// getContextKeysForPrincipalPolicy reads all policies that a simulation of the principal would ask, its boundary among them.
func (s *Service) getContextKeysForPrincipalPolicy(
	c *op.Call, in *iamapi.GetContextKeysForPrincipalPolicyInput,
) (*iamapi.GetContextKeysForPrincipalPolicyOutput, error) {
	src, err := sourceOf(c, *in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	policies, err := src.policies(c)
	if err != nil {
		return nil, err
	}
	boundary, err := src.boundary(c)
	if err != nil {
		return nil, err
	}
	if boundary != nil {
		policies = append(policies, *boundary)
	}
	keys := keyNames{names: []string{}}
	for _, p := range policies {
		keys.addDocument(p.program.Document)
	}
	for _, text := range in.PolicyInputList {
		doc, err := simulated(policy.Inline, text)
		if err != nil {
			return nil, err
		}
		keys.addDocument(doc)
	}
	return &iamapi.GetContextKeysForPrincipalPolicyOutput{ContextKeyNames: keys.names}, nil
}
