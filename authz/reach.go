package authz

import "github.com/writ-iam/writ/policy"

// Reach is how a statement names a caller, weakest first (evaluation.md §2.1).
type Reach uint8

const (
	// ReachesNobody says that the statement does not speak of the caller.
	ReachesNobody = Reach(noGrant)
	// ReachesAccount says that it names the caller's account, and so delegates to the account's own policies.
	ReachesAccount = Reach(accountGrant)
	// ReachesEntity says that it names the role of a role session, or the user of a federated session.
	ReachesEntity = Reach(entityGrant)
	// ReachesCaller says that it names the caller itself, or everyone.
	ReachesCaller = Reach(directGrant)
)

// Reach returns how a statement of p, by its number, names a caller, whatever the action, the resource and the conditions. trust says that p is a role's trust policy
// and asked as such, bounded that the caller has a permissions boundary, whom NotPrincipal in a Deny never spares. A Deny reaches the caller or nobody. Policies without
// principals reach everybody they are attached to. Who asks it of many callers asks Names once.
func (p *Program) Reach(statement int, who *Principal, trust, bounded bool) Reach {
	return p.Names(statement).Reach(who, trust, bounded)
}

// Names is whom a statement speaks of.
type Names struct {
	program   *Program
	statement *policy.Statement
	group     group
}

// Names returns whom a statement of p speaks of, by its number.
func (p *Program) Names(statement int) *Names {
	n := &Names{program: p, statement: &p.Document.Statements[statement]}
	if p.kind.HasPrincipals() && n.statement.Principal.Present() {
		n.group = groupOf(&n.statement.Principal)
	}
	return n
}

// Reach is Program.Reach of the statement.
func (n *Names) Reach(who *Principal, trust, bounded bool) Reach {
	if !n.program.kind.HasPrincipals() {
		return ReachesCaller
	}
	if !n.statement.Principal.Present() {
		return ReachesNobody // doc/language.md 23
	}
	g := &n.group
	j := judge{r: &Request{Principal: who}, trust: trust, boundary: bounded && !who.serviceLinked}
	if n.statement.Effect == policy.Allow {
		return Reach(j.worth(n.program, g))
	}
	if g.not && !j.spared(g) || g.everyone && !g.not {
		return ReachesCaller
	}
	if g.not {
		return ReachesNobody
	}
	for _, id := range j.names() {
		if g.lists(&id.name) {
			return ReachesCaller
		}
	}
	return ReachesNobody
}

// ServiceLinked reports whether the caller is a session of a service-linked role.
func (p *Principal) ServiceLinked() bool { return p.serviceLinked }

// AsksTrust reports whether the action on a role asks the role's trust policy (doc/language.md 32).
func (a *Action) AsksTrust() bool { return a.is(trusted) }

// ResourceControlled reports whether resource control policies bear on the action (doc/language.md 35).
func (a *Action) ResourceControlled() bool { return a.is(resourceControlled) }
