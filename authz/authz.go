// Package authz is the judge: it says whether a request is allowed by the policies that bear on it, and why.
//
//	doc, err := policy.Parse(text)
//	program := authz.Compile(doc, authz.Identity) // once per policy, shared by all who use it
//
//	alice, err := authz.NewPrincipal("arn:aws:iam::111122223333:user/alice", authz.Facts{})
//	action, err := authz.NewAction("s3:GetObject")
//	request := authz.NewRequest(alice, action, "arn:aws:s3:::bucket/key")
//	request.Context.Set(condition.NewKey("aws:SourceIp"), "203.0.113.7")
//
//	decision := authz.Decide(request, &authz.Policies{Identity: []*authz.Program{program}})
//	decision.Effect           // Allow, ExplicitDeny or ImplicitDeny
//	decision.Message(request) // AWS's own words
//
// Whoever judges many requests by the same principal keeps a Set of its identity policies, which makes the decision quicker and says the same:
//
//	set := authz.NewSet([]*authz.Program{program, another}) // once, until one of them changes
//	decision = authz.Decide(request, &authz.Policies{IdentitySet: set})
//
// Decide is a pure function: no clock, no I/O, no log; and it does not allocate, but for variables between wildcards. Everything in Writ that answers "may they" asks it.
// Explain answers the same question at leisure and tells how near each statement came.
//
// The rules are those of evaluation.md, and doc/language.md 20–38 where they leave a choice.
package authz
