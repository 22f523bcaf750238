package analysis

import (
	"fmt"
	"slices"
	"strings"
)

// Graph is an answer as a picture: who can do something, and over which roles; or what somebody can do.
type Graph struct {
	title, summary string
	// root: all begins at one node, and what it leads to stands by it; else all leads to one node, which is the first.
	root   bool
	nodes  []*graphNode
	edges  []*graphEdge
	linked map[[2]*graphNode]*graphEdge
	size   [2]int // of the drawing, without title and legend
}

// graphNode is somebody, or several of whom the same is to be said, or what was asked about.
type graphNode struct {
	id    int
	kind  string // target, user, role, session, root or outside
	head  string
	lines []string // below it
	title string   // all of it
	of    string   // what head and lines do not say of an entity: which account it is of

	spot
}

// graphEdge leads from who can to what they can.
type graphEdge struct {
	from, to *graphNode
	standing Standing
	label    string   // the policy
	terms    []string // the conditions
	title    string

	way
}

// maxApart is how many lines of what is told of single resources stand in a node.
const maxApart = 3

// inWords says in a line what becomes of a grant on some resources.
func (a *Apart) inWords() string {
	on := a.Resources[0]
	if more := len(a.Resources) - 1; more > 0 {
		on += fmt.Sprintf(" and %d more", more)
	}
	on = a.About(on)
	switch a.Standing {
	case Refused:
		return "not " + on
	case Undecided:
		return on + ": could not be said"
	}
	var parts []string
	for _, list := range [...]struct {
		word  string
		terms []Term
	}{{" if ", a.If}, {" unless ", a.Unless}} {
		for _, t := range list.terms {
			for _, c := range t.Conditions {
				parts = append(parts, list.word+c.String())
			}
		}
	}
	if len(parts) == 0 {
		return on + " under conditions"
	}
	return on + strings.Join(parts, ",")
}

// Of how many there are nodes of their own, though the same is to be said of them, and how many names stand in a node.
const (
	fewAlike = 2
	maxNames = 12
)

// Graph returns the answer as a graph. Several of whom the same is to be said are one node.
func (w *WhoCan) Graph() *Graph {
	g := &Graph{title: "Who can " + w.Action + " on " + w.Resource, summary: w.summary()}
	target := &graphNode{kind: "target", head: w.Action, lines: []string{w.Resource}, title: w.Action + " on " + w.Resource}
	g.add(target)
	byARN := make(map[string]*graphNode)
	node := func(e *Entity) *graphNode {
		n, ok := byARN[e.ARN]
		if !ok {
			n = entityNode(e)
			byARN[e.ARN] = n
			g.add(n)
		}
		return n
	}
	for i := range w.Findings {
		f := &w.Findings[i]
		if len(f.Steps) == 0 {
			g.link(node(f.Entity), target, f)
			continue
		}
		from := node(f.Entity)
		for _, s := range f.Steps {
			to := node(s.Role)
			g.link(from, to, s.By)
			from = to
		}
		// A role that can has been told before. Where only a session of it can, its way is this one's.
		g.link(from, target, &Finding{Standing: f.Standing, By: f.By, If: f.If, Unless: f.Unless, Assumed: f.Assumed})
	}
	g.merge()
	g.share(target)
	g.layOut()
	return g
}

// summary says in a sentence how many can.
func (w *WhoCan) summary() string {
	var count [Allowed + 1]int
	for i := range w.Findings {
		count[w.Findings[i].Standing]++
	}
	var parts []string
	if n := count[Allowed] + count[Conditional]; n == 0 {
		parts = append(parts, "nobody can")
	} else {
		parts = append(parts, fmt.Sprintf("%d can, %d of them under conditions", n, count[Conditional]))
	}
	if n := count[Undecided]; n > 0 {
		parts = append(parts, fmt.Sprintf("of %d it could not be said", n))
	}
	return strings.Join(parts, "; ")
}

// Graph returns what an entity can do as a graph: from it to the policies that grant something, and to the roles that it can assume.
func (c *Can) Graph() *Graph {
	g := &Graph{title: "What " + c.Entity.ARN + " can do", root: true}
	from := entityNode(c.Entity)
	g.add(from)
	byARN := map[string]*graphNode{c.Entity.ARN: from}
	byPolicy := make(map[string]*graphNode)
	counts := make(map[*graphNode]*[2]int)
	for i := range c.Grants {
		grant := &c.Grants[i]
		name := grant.By.Policy
		if grant.Of != "" {
			name = grant.Of
		}
		n, ok := byPolicy[name]
		if !ok {
			n = &graphNode{kind: "target", head: name, lines: []string{""}, title: name}
			byPolicy[name] = n
			counts[n] = new([2]int)
			g.add(n)
		}
		counts[n][0] += grant.Count()
		if grant.Standing != Allowed {
			counts[n][1] += grant.Count()
		}
		n.lines[0] = fmt.Sprintf("%d actions", counts[n][0])
		if k := counts[n][1]; k > 0 {
			n.lines[0] += fmt.Sprintf(", %d of them under conditions", k)
		}
		not := ""
		if grant.NotActions {
			not = "all but "
		}
		n.title += "\n" + not + strings.Join(grant.Actions, ", ") + " on " + strings.Join(grant.Resources, ", ")
		for k := range grant.On {
			text := grant.On[k].inWords()
			n.title += "\n\t" + text
			if lines := n.lines[1:]; len(lines) < maxApart && !slices.Contains(lines, text) {
				n.lines = append(n.lines, text)
			}
		}
		e := g.link(from, n, &Finding{Standing: grant.Standing, By: &Term{Policy: grant.By.Policy, Statement: grant.By.Statement, Sid: grant.By.Sid}})
		e.standing = max(e.standing, grant.Standing)
		if grant.Of == "" {
			e.label = "" // it is the node's name
		}
	}
	for i := range c.Roles {
		last := from
		for _, s := range c.Roles[i].Steps {
			n, ok := byARN[s.Role.ARN]
			if !ok {
				n = entityNode(s.Role)
				byARN[s.Role.ARN] = n
				g.add(n)
			}
			g.link(last, n, s.By)
			last = n
		}
	}
	g.summary = fmt.Sprintf("policies that grant it something: %d; roles that it can assume: %d", len(byPolicy), len(c.Roles))
	g.merge()
	g.layOut()
	return g
}

func (g *Graph) add(n *graphNode) {
	n.id = len(g.nodes)
	g.nodes = append(g.nodes, n)
}

// link makes an edge, if there is none between the two.
func (g *Graph) link(from, to *graphNode, f *Finding) *graphEdge {
	if e, ok := g.linked[[2]*graphNode{from, to}]; ok {
		return e
	}
	e := &graphEdge{from: from, to: to, standing: f.Standing}
	parts := []string{standingWords[f.Standing]}
	if f.By != nil {
		e.label = f.By.Policy
		parts = append(parts, "by "+f.By.Place())
	}
	for _, list := range []struct {
		word  string
		terms []Term
	}{{"if ", f.If}, {"unless ", f.Unless}} {
		for _, t := range list.terms {
			for _, c := range t.Conditions {
				e.terms = append(e.terms, list.word+c.String())
			}
		}
	}
	for _, a := range f.Assumed {
		e.terms = append(e.terms, "if "+a)
	}
	e.title = strings.Join(append(parts, e.terms...), "; ")
	if g.linked == nil {
		g.linked = make(map[[2]*graphNode]*graphEdge)
	}
	g.linked[[2]*graphNode{from, to}] = e
	g.edges = append(g.edges, e)
	return e
}

// standingWords are the words for the ways in which somebody can.
var standingWords = [...]string{Undecided: "could not be said", Refused: "no", Conditional: "under conditions", Allowed: "yes"}

func entityNode(e *Entity) *graphNode {
	n := &graphNode{kind: e.Kind.String(), title: e.ARN, head: e.ARN, of: e.Kind.String()}
	if e.Kind != OutsideEntity {
		n.head = e.ARN[strings.LastIndexAny(e.ARN, ":/")+1:]
	}
	switch {
	case e.Kind == OutsideEntity && e.ARN == "*":
		n.head, n.of = "anybody", "of any account"
	case e.Kind == OutsideEntity:
		n.of = "from outside"
	case e.Account != "":
		n.of += " of " + e.Account
	}
	n.lines = []string{n.of}
	return n
}

// merge makes one node of several of the same kind and account that lead to and are led to by the same, in the same way.
func (g *Graph) merge() {
	ends := make(map[*graphNode][]string)
	for _, e := range g.edges {
		ends[e.from] = append(ends[e.from], fmt.Sprintf("to %d %s", e.to.id, e.title))
		ends[e.to] = append(ends[e.to], fmt.Sprintf("from %d %s", e.from.id, e.title))
	}
	alike := make(map[string][]*graphNode)
	likeness := make(map[*graphNode]string)
	for i, n := range g.nodes {
		if i == 0 || n.of == "" {
			continue
		}
		slices.Sort(ends[n])
		likeness[n] = n.kind + "\n" + n.of + "\n" + strings.Join(ends[n], "\n")
		alike[likeness[n]] = append(alike[likeness[n]], n)
	}
	gone := make(map[*graphNode]bool)
	for _, n := range g.nodes {
		group := alike[likeness[n]]
		if len(group) <= fewAlike || group[0] != n {
			continue
		}
		var names, titles []string
		for _, other := range group {
			names, titles = append(names, other.head), append(titles, other.title)
			gone[other] = other != n
		}
		n.title = strings.Join(titles, "\n")
		if n.kind == "outside" {
			n.head = fmt.Sprintf("%d %s", len(group), n.of)
		} else {
			n.head = fmt.Sprintf("%d %ss%s", len(group), n.kind, strings.TrimPrefix(n.of, n.kind))
		}
		n.lines = names
		if more := len(names) - maxNames; more > 0 {
			n.lines = append(names[:maxNames:maxNames], fmt.Sprintf("and %d more", more))
		}
	}
	g.nodes = slices.DeleteFunc(g.nodes, func(n *graphNode) bool { return gone[n] })
	g.edges = slices.DeleteFunc(g.edges, func(e *graphEdge) bool { return gone[e.from] || gone[e.to] })
	for i, n := range g.nodes {
		n.id = i
	}
}

// share moves to the target what holds for all who can: nobody wants to read it at every edge.
func (g *Graph) share(target *graphNode) {
	var shared []string
	into := 0
	for _, e := range g.edges {
		if e.to != target {
			continue
		}
		if into++; into == 1 {
			shared = slices.Clone(e.terms)
		}
		shared = slices.DeleteFunc(shared, func(t string) bool { return !slices.Contains(e.terms, t) })
	}
	if into < 2 {
		return
	}
	for _, e := range g.edges {
		if e.to == target {
			e.terms = slices.DeleteFunc(e.terms, func(t string) bool { return slices.Contains(shared, t) })
		}
	}
	for _, t := range shared {
		target.lines = append(target.lines, "for all: "+t)
	}
}

// DOT returns the graph in the language of Graphviz.
func (g *Graph) DOT() string {
	var b strings.Builder
	replacer := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	quote := func(text string) string { return replacer.Replace(strings.Map(printable, text)) }
	lines := func(texts []string, end string) string {
		var b strings.Builder
		for _, t := range texts {
			b.WriteString(quote(t))
			b.WriteString(end)
		}
		return b.String()
	}
	fmt.Fprintf(&b, "digraph \"who can\" {\n\trankdir=LR\n\tlabel=\"%s\"\n\tlabelloc=t\n\tfontname=\"Helvetica\"\n\tnode [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"Helvetica\", fontsize=12]\n",
		lines([]string{g.title, g.summary}, `\n`))
	b.WriteString("\tedge [fontname=\"Helvetica\", fontsize=10]\n")
	for _, n := range g.nodes {
		style := ""
		if n.kind == "outside" {
			style = ", style=\"rounded,filled,dashed\""
		}
		fmt.Fprintf(&b, "\tn%d [label=\"%s\", tooltip=\"%s\", fillcolor=\"%s\"%s]\n",
			n.id, lines(append(wrapped(n.head, headSize, maxText), n.wrappedLines()...), `\l`), quote(n.title), fills[n.kind], style)
	}
	for _, e := range g.edges {
		style := ""
		switch e.standing {
		case Conditional:
			style = ", style=dashed"
		case Undecided:
			style = ", style=dotted"
		}
		fmt.Fprintf(&b, "\tn%d -> n%d [label=\"%s\", tooltip=\"%s\"%s]\n", e.from.id, e.to.id, lines(e.labelLines(), `\l`), quote(e.title), style)
	}
	b.WriteString("}\n")
	return b.String()
}
