// Package condition holds the operators of policy conditions, the values that they compare, and the facts of a request.
//
// A policy says
//
//	"Condition": {"StringLikeIfExists": {"aws:PrincipalTag/team": ["red", "blue-*"]}}
//
// which becomes one Test for each key of each operator:
//
//	op, err := condition.ParseOperator("StringLikeIfExists")
//	test := condition.NewTest(op, condition.NewKey("aws:PrincipalTag/team"), []string{"red", "blue-*"}, true)
//
// and the request's side is a Context:
//
//	var c condition.Context
//	c.Set(condition.NewKey("aws:principaltag/Team"), "blue-green")
//	test.Match(&c) // true
//
// All tests of a block must hold. The rules are those of policy-language.md §§5 and 6, and doc/language.md 1–19 where they leave
// a choice. There is a file for each family of operators; operator.go has the table of them all.
//
// The texts of a policy must be valid UTF-8, as those that policy.Parse returns are.
package condition
