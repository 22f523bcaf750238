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
//	lint         what Access Analyzer finds in a policy: a rule a file
//	analysis     proofs: is there a request that one policy allows and another does not
//	sigv4        does this request carry that key's signature
//
//	internal/server     AWS's endpoints: bytes in, a call to dispatch, bytes out
//	internal/route      which service and operation a request names, for 424 services
//	internal/authn      who makes a request
//	internal/dispatch   check, authorize, perform, record: every call, however it came
//	internal/op         the form of an operation: a row in a service's table
//	internal/service    iam, sts: tables and a file a noun; services never import one another
//	internal/grants     every policy that bears on a call
//	internal/identity   accounts as immutable snapshots: records, indexes, invariants, quotas
//	internal/store      what keeps them: the contract, memory, embedded, and storetest, the contract as a test
//	internal/trail      the record of every call, in sealed segments
//	internal/operator   what the machine's owner does beside AWS's API: making accounts
//	internal/credential access keys, session tokens, envelopes, passwords
//	internal/model      AWS's models of its services; apigen generates api from them, wire interprets them
//	internal/wire       the codecs of AWS's protocols, and constraint checks
//	internal/fault      an error with an AWS code, for the wire
//	internal/config, internal/telemetry   the one configuration; log and metrics
//	internal/template   the policies inside of Terraform plans and CloudFormation templates, with their places
//	internal/jsontext   the one strict reader of JSON
//	internal/fold       names without case
//	internal/managed    AWS's managed policies
//
//	cmd/writ     the command; node.go joins everything
//	integration  real clients against the real binary (its own module)
//	examples     cases to try the judge on
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
// # A proof's way
//
// analysis.Of makes a side of a document. Analyzer.Wider cuts the question into classes of callers and actions, writes the decision of either side as a formula over
// atoms (question.allowed), lets the solver choose, asks the theory whether the choice is possible (theory.check), and has each witness judged by authz.Decide.
//
// # A call's way
//
// server.Server.call is the whole of it on one screen. route.Table.Find names service and operation; authn.Authenticate says who calls, by the newest snapshot
// of the account that the access key id names; a codec of wire reads the generated input; dispatch.Dispatcher.Do checks it against the model, asks authz every
// question of the operation's row with the policies that grants.For finds, runs the handler (for a write inside identity.State.Update, on the very state that
// is changed), and records: a write's event is part of its commit. Then the codec writes the answer, or the fault.
//
// The import order is kept by deps_test.go. The packages of the first group are pure: no clock, no I/O, no log.
package writ
