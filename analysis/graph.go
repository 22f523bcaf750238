package analysis

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Graph is an answer as a picture: who can do something, and over which roles.
type Graph struct {
	nodes []*graphNode
	edges []*graphEdge
}

// graphNode is somebody, or several of whom the same is to be said, or what was asked about.
type graphNode struct {
	id     int
	kind   string // target, user, role, session, root or outside
	lines  [2]string
	title  string // all of it
	layer  int    // how many steps it is to the target
	row    int
	weight float64
}

// graphEdge leads from who can to what they can.
type graphEdge struct {
	from, to *graphNode
	standing Standing
	label    string
	title    string
}

// fewAlike is how many entities of whom the same is to be said are drawn one by one.
const fewAlike = 8

// Graph returns the answer as a graph. Many of whom the same is to be said are one node.
func (w *WhoCan) Graph() *Graph {
	g := &Graph{}
	target := &graphNode{kind: "target", lines: [2]string{w.Action, w.Resource}, title: w.Action + " on " + w.Resource}
	g.add(target)
	byARN := make(map[string]*graphNode)
	// Roles that others come over are drawn by themselves.
	passed := make(map[string]bool)
	alike := make(map[string][]*Finding)
	likeness := func(f *Finding) string { return fmt.Sprint(f.Entity.Kind, f.Standing, graphLabel(f)) }
	for i := range w.Findings {
		f := &w.Findings[i]
		for _, s := range f.Steps {
			passed[s.Role.ARN] = true
		}
	}
	for i := range w.Findings {
		if f := &w.Findings[i]; len(f.Steps) == 0 && !passed[f.Entity.ARN] && f.Entity.Kind != OutsideEntity {
			alike[likeness(f)] = append(alike[likeness(f)], f)
		}
	}
	node := func(e *Entity, layer int) *graphNode {
		n, ok := byARN[e.ARN]
		if !ok {
			n = entityNode(e, layer)
			byARN[e.ARN] = n
			g.add(n)
		}
		n.layer = min(n.layer, layer)
		return n
	}
	drawn := make(map[string]bool)
	for i := range w.Findings {
		f := &w.Findings[i]
		if len(f.Steps) > 0 {
			continue
		}
		if group := alike[likeness(f)]; len(group) > fewAlike && !passed[f.Entity.ARN] && f.Entity.Kind != OutsideEntity {
			if !drawn[likeness(f)] {
				drawn[likeness(f)] = true
				n := groupNode(group)
				g.add(n)
				g.link(n, target, f)
			}
			continue
		}
		g.link(node(f.Entity, 1), target, f)
	}
	for i := range w.Findings {
		f := &w.Findings[i]
		if len(f.Steps) == 0 {
			continue
		}
		from := node(f.Entity, len(f.Steps)+1)
		for k, s := range f.Steps {
			to := node(s.Role, len(f.Steps)-k)
			g.link(from, to, s.By)
			from = to
		}
	}
	g.layOut()
	return g
}

func (g *Graph) add(n *graphNode) {
	n.id = len(g.nodes)
	g.nodes = append(g.nodes, n)
}

func (g *Graph) link(from, to *graphNode, f *Finding) {
	if slices.ContainsFunc(g.edges, func(e *graphEdge) bool { return e.from == from && e.to == to }) {
		return
	}
	e := &graphEdge{from: from, to: to, standing: f.Standing, label: graphLabel(f)}
	parts := []string{f.Standing.String()}
	if f.By != nil {
		parts = append(parts, "by "+f.By.Place())
	}
	for _, list := range []struct {
		word  string
		terms []Term
	}{{"if ", f.If}, {"unless ", f.Unless}} {
		for _, t := range list.terms {
			for _, c := range t.Conditions {
				parts = append(parts, list.word+c.String())
			}
		}
	}
	e.title = strings.Join(append(parts, f.Assumed...), "; ")
	g.edges = append(g.edges, e)
}

func graphLabel(f *Finding) string {
	if f.By == nil {
		return ""
	}
	return f.By.Policy
}

func entityNode(e *Entity, layer int) *graphNode {
	n := &graphNode{kind: e.Kind.String(), layer: layer, title: e.ARN}
	name := e.ARN
	if e.Kind != OutsideEntity {
		name = e.ARN[strings.LastIndexAny(e.ARN, ":/")+1:]
	}
	what := e.Kind.String()
	switch {
	case e.Kind == OutsideEntity && name == "*":
		name, what = "anybody", "of any account"
	case e.Kind == OutsideEntity:
		what = "from outside"
	case e.Account != "":
		what += " of " + e.Account
	}
	n.lines = [2]string{name, what}
	return n
}

func groupNode(group []*Finding) *graphNode {
	first := group[0].Entity
	n := &graphNode{kind: first.Kind.String(), layer: 1}
	n.lines = [2]string{fmt.Sprintf("%d %ss", len(group), first.Kind), ""}
	var names []string
	for _, f := range group {
		names = append(names, f.Entity.ARN)
	}
	short := first.ARN[strings.LastIndexAny(first.ARN, ":/")+1:]
	n.lines[1] = short + " and others"
	n.title = strings.Join(names, "\n")
	return n
}

// layOut gives each node a row in its layer, near those that it leads to.
func (g *Graph) layOut() {
	// A node stands left of all that it leads to. Ways back are left as they are.
	for range len(g.nodes) {
		changed := false
		for _, e := range g.edges {
			if e.from.layer <= e.to.layer && e.to.layer+1 < len(g.nodes) && !g.leads(e.to, e.from) {
				e.from.layer = e.to.layer + 1
				changed = true
			}
		}
		if !changed {
			break
		}
	}
	layers := g.layers()
	for _, layer := range layers {
		for _, n := range layer {
			sum, count := 0.0, 0
			for _, e := range g.edges {
				if e.from == n && e.to.layer < n.layer {
					sum, count = sum+float64(e.to.row), count+1
				}
			}
			if n.weight = 0; count > 0 {
				n.weight = sum / float64(count)
			}
		}
		slices.SortStableFunc(layer, func(a, b *graphNode) int {
			switch {
			case a.weight < b.weight:
				return -1
			case a.weight > b.weight:
				return 1
			}
			return a.id - b.id
		})
		for row, n := range layer {
			n.row = row
		}
	}
}

// leads reports whether there is a way from one node to another.
func (g *Graph) leads(from, to *graphNode) bool {
	seen := make([]bool, len(g.nodes))
	var walk func(n *graphNode) bool
	walk = func(n *graphNode) bool {
		if n == to {
			return true
		}
		if seen[n.id] {
			return false
		}
		seen[n.id] = true
		return slices.ContainsFunc(g.edges, func(e *graphEdge) bool { return e.from == n && walk(e.to) })
	}
	return walk(from)
}

// layers returns the nodes layer by layer, the target's first.
func (g *Graph) layers() [][]*graphNode {
	var layers [][]*graphNode
	for _, n := range g.nodes {
		for len(layers) <= n.layer {
			layers = append(layers, nil)
		}
		layers[n.layer] = append(layers[n.layer], n)
	}
	return layers
}

// DOT returns the graph in the language of Graphviz.
func (g *Graph) DOT() string {
	var b strings.Builder
	b.WriteString("digraph \"who can\" {\n\trankdir=LR\n\tnode [shape=box, style=rounded, fontname=\"Helvetica\"]\n\tedge [fontname=\"Helvetica\", fontsize=10]\n")
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	for _, n := range g.nodes {
		shape := ""
		switch n.kind {
		case "target":
			shape = ", shape=note"
		case "role", "session":
			shape = ", shape=component"
		case "outside":
			shape = ", style=\"rounded,dashed\""
		}
		fmt.Fprintf(&b, "\tn%d [label=\"%s\\n%s\", tooltip=\"%s\"%s]\n", n.id, quote.Replace(n.lines[0]), quote.Replace(n.lines[1]), quote.Replace(n.title), shape)
	}
	for _, e := range g.edges {
		style := ""
		switch e.standing {
		case Conditional:
			style = ", style=dashed"
		case Undecided:
			style = ", style=dotted"
		}
		fmt.Fprintf(&b, "\tn%d -> n%d [label=\"%s\", tooltip=\"%s\"%s]\n", e.from.id, e.to.id, quote.Replace(e.label), quote.Replace(e.title), style)
	}
	b.WriteString("}\n")
	return b.String()
}

// The sizes of the picture, in pixels.
const (
	boxWidth, boxHeight = 250, 46
	gapWidth, gapHeight = 190, 18
	margin              = 20
	boxLetters          = 34 // how many fit into a box
	gapLetters          = 28 // and between two
)

// SVG returns the graph as a picture. It refers to nothing outside of itself and holds no script.
func (g *Graph) SVG() string {
	layers := g.layers()
	rows := 0
	for _, l := range layers {
		rows = max(rows, len(l))
	}
	width := 2*margin + len(layers)*boxWidth + (len(layers)-1)*gapWidth
	height := 2*margin + rows*boxHeight + (rows-1)*gapHeight
	// at returns the upper left corner of a node: the target stands on the right, and every layer in the middle of the height.
	at := func(n *graphNode) (x, y int) {
		x = margin + (len(layers)-1-n.layer)*(boxWidth+gapWidth)
		own := len(layers[n.layer])
		top := (height - own*boxHeight - (own-1)*gapHeight) / 2
		return x, top + n.row*(boxHeight+gapHeight)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="Helvetica, Arial, sans-serif" font-size="12">
<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>
<rect width="100%%" height="100%%" fill="#fff"/>
`, width, height, width, height)
	for _, e := range g.edges {
		x1, y1 := at(e.from)
		x2, y2 := at(e.to)
		x1, y1, y2 = x1+boxWidth, y1+boxHeight/2, y2+boxHeight/2
		dash := ""
		switch e.standing {
		case Conditional:
			dash = ` stroke-dasharray="6 4"`
		case Undecided:
			dash = ` stroke-dasharray="2 4"`
		}
		half := max(30, (x2-x1)/2)
		fmt.Fprintf(&b, `<g><title>%s</title><path d="M%d,%d C%d,%d %d,%d %d,%d" fill="none" stroke="#555"%s marker-end="url(#arrow)"/>`, escapeXML(e.title), x1, y1, x1+half, y1, x2-half, y2, x2, y2, dash)
		// The label stands where the edge leaves, so that those of edges that meet do not lie on each other.
		fmt.Fprintf(&b, `<text x="%d" y="%d" font-size="10" fill="#333">%s</text></g>`+"\n", x1+6, y1-4, escapeXML(shortened(e.label, gapLetters)))
	}
	for _, n := range g.nodes {
		x, y := at(n)
		fill, dash := map[string]string{"target": "#fde9c8", "user": "#dbeafe", "role": "#dcfce7", "session": "#dcfce7", "root": "#fecaca", "outside": "#f3e8ff"}[n.kind], ""
		if n.kind == "outside" {
			dash = ` stroke-dasharray="6 4"`
		}
		fmt.Fprintf(&b, `<g><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="%s" stroke="#555"%s/>`, escapeXML(n.title), x, y, boxWidth, boxHeight, fill, dash)
		fmt.Fprintf(&b, `<text x="%d" y="%d" font-weight="bold">%s</text><text x="%d" y="%d" fill="#333">%s</text></g>`+"\n",
			x+10, y+19, escapeXML(shortened(n.lines[0], boxLetters)), x+10, y+36, escapeXML(shortened(n.lines[1], boxLetters)))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// shortened returns a text of at most so many letters, with its middle left out if need be: in names it is beginning and end that tell.
func shortened(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	letters := []rune(text)
	return string(letters[:n/2]) + "…" + string(letters[len(letters)-(n-n/2-1):])
}

func escapeXML(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return -1 // XML has no such characters
		}
		return r
	}, text)
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}
