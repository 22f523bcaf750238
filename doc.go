// Package writ is the root of Writ: identity and access management that speaks AWS's protocols and can be run by anyone.
//
// There is no code here. This is the map:
//
//	wildcard     * and ?
//	arn          names of things: parse, print, take apart
//	condition    operators and the values they compare; a file a family
//	policy       the language: JSON to a tree with positions and back; what AWS checks on saving
//	catalog      what AWS services define: actions, resource types, condition keys
//	authz        the judge: request and policies in, decision with reasons out
//
//	internal/jsontext   the one strict reader of JSON
//	internal/fold       names without case
//	internal/managed    AWS's managed policies
//
//	cmd/writ     the command: decide, fmt, lint
//	examples     cases to try it on
//	bench        speed, beside other engines (its own module)
//	doc          architecture, the specification sheets, the language's open places, divergences, decisions
//
// # A question's way
//
// policy.Parse reads a document, strictly. authz.Compile makes a Program of it, once, which everybody shares who uses the
// policy. authz.NewRequest says who wants to do what to what, and its Context holds the facts. authz.Decide weighs the Programs of
// all layers (control policies, endpoint, resource, identity, boundary, session) and returns a Decision, which knows the
// statement that decided and AWS's message for it. authz.Explain tells how near every other statement came.
//
// The import order is kept by deps_test.go. The packages above cmd are pure: no clock, no I/O, no log.
package writ
