package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// The picture is made of layers, what was asked about on the right. Between two layers there is room for the labels, in which all edges run level, and then
// room for the edges to bend to where they lead. An edge that passes a layer has a place in it like a node, and so nothing lies on anything else.

// spot is where a node stands, in pixels from the upper left corner of the drawing.
type spot struct {
	layer      int // how many steps it is to what was asked about
	x, y, w, h int
	wish       float64 // where its middle would be best
	out, in    []*graphEdge
}

// way is how an edge is drawn.
type way struct {
	left, right *graphNode   // from and to, or the other way round for an edge that closes a circle
	over        []*graphNode // the places in the layers that it passes, from the left
	labelHeight int
	y1, y2      int // where it begins on the left and ends on the right
}

// The sizes of the picture, in pixels.
const (
	headSize, textSize, labelSize, titleSize = 12, 11, 10, 16

	margin               = 24
	padX, padY           = 10, 8
	maxText, maxLabel    = 270, 210 // how wide a line in a node may be, and one of a label
	minWidth, minHeight  = 120, 40
	gapHeight            = 16 // between two nodes of a layer
	bend                 = 70 // the room for edges to bend
	lineOver             = 4  // how much of a line is over the text
	minPicture           = 560
	maxLines, maxTermRow = 12, 3 // of a text, and of one condition
	maxTerms             = 4
)

func lineHeight(size int) int { return size + lineOver }

// letterWidth returns how wide a letter is, in hundredths of its size, and rather too much: nobody knows which font there will be.
func letterWidth(r rune) int {
	switch {
	case strings.ContainsRune("ijl.,:;|!'`", r):
		return 32
	case strings.ContainsRune("ftrI()[]{}/\\-\" ", r):
		return 41
	case strings.ContainsRune("mwMW@%", r):
		return 95
	case unicode.IsUpper(r):
		return 74
	case r < 0x2000:
		return 62
	}
	return 105
}

// textWidth returns how wide a line is at most.
func textWidth(line string, size int) int {
	w := 0
	for _, r := range line {
		w += letterWidth(r)
	}
	if size >= headSize {
		w += w / 12 // it is bold
	}
	return (w*size + 99) / 100
}

// wrapped returns a text in lines that are no wider than a width. They end where names have joints, if they have some.
func wrapped(text string, size, width int) (lines []string) {
	letters := []rune(strings.Map(printable, text))
	for len(letters) > 0 {
		if len(lines) == maxLines-1 && textWidth(string(letters), size) > width {
			n := 0
			for n < len(letters) && textWidth(string(letters[:n+1])+"…", size) <= width {
				n++
			}
			return append(lines, string(letters[:n])+"…")
		}
		end, space, joint := 0, 0, 0
		for end < len(letters) && (end == 0 || textWidth(string(letters[:end+1]), size) <= width) {
			if end++; letters[end-1] == ' ' {
				space = end
			} else if strings.ContainsRune("-/:._@,=+", letters[end-1]) {
				joint = end
			}
		}
		switch {
		case end == len(letters):
		case letters[end] == ' ' || letters[end-1] == ' ':
		case space > end/4:
			end = space
		case joint > end/3:
			end = joint
		}
		lines = append(lines, strings.TrimSpace(string(letters[:end])))
		letters = letters[end:]
	}
	return lines
}

func (n *graphNode) wrappedLines() (lines []string) {
	for _, l := range n.lines {
		lines = append(lines, wrapped(l, textSize, maxText)...)
	}
	return lines
}

// labelLines are the lines of an edge's label, the policy first.
func (e *graphEdge) labelLines() []string {
	lines := wrapped(e.label, labelSize, maxLabel)
	for i, t := range e.terms {
		if i == maxTerms-1 && len(e.terms) > maxTerms {
			return append(lines, fmt.Sprintf("and %d conditions more", len(e.terms)-i))
		}
		rows := wrapped(t, labelSize, maxLabel)
		if len(rows) > maxTermRow {
			rows = append(rows[:maxTermRow-1:maxTermRow-1], rows[maxTermRow-1]+" …")
		}
		lines = append(lines, rows...)
	}
	return lines
}

// layOut gives each node its place and each edge its way.
func (g *Graph) layOut() {
	for _, e := range g.edges {
		e.left, e.right = e.from, e.to
		e.from.out, e.to.in = append(e.from.out, e), append(e.to.in, e)
	}
	g.straighten()
	layers := g.rank()
	widths, gaps := g.measure(layers)
	// From what was asked about on, every layer is ordered by what it leads to, and stands as near to that as there is room.
	order := layers
	if g.root {
		order = slices.Clone(layers)
		slices.Reverse(order)
	}
	for i, layer := range order {
		if i > 0 {
			g.wishes(layer)
		}
		stack(layer)
	}
	top, bottom := 1<<30, 0
	for _, layer := range layers {
		for _, n := range layer {
			top, bottom = min(top, n.y), max(bottom, n.y+n.h)
		}
	}
	x := 0
	for i := len(layers) - 1; i >= 0; i-- {
		for _, n := range layers[i] {
			n.x, n.y = x, n.y-top
			if n.kind == "" {
				n.w = widths[i]
			}
		}
		if x += widths[i]; i > 0 {
			x += gaps[i] + bend
		}
	}
	g.size = [2]int{x, bottom - top}
	g.dock(layers)
}

// straighten turns round, for the drawing, what would close a circle.
func (g *Graph) straighten() {
	state := make(map[*graphNode]int) // 1: on the way, 2: done
	var walk func(n *graphNode)
	walk = func(n *graphNode) {
		state[n] = 1
		for _, e := range n.out {
			switch state[e.to] {
			case 0:
				walk(e.to)
			case 1:
				e.left, e.right = e.to, e.from
			}
		}
		state[n] = 2
	}
	for _, n := range g.nodes {
		if state[n] == 0 {
			walk(n)
		}
	}
	for _, n := range g.nodes {
		n.out, n.in = nil, nil
	}
	for _, e := range g.edges {
		if e.from != e.to {
			e.left.out, e.right.in = append(e.left.out, e), append(e.right.in, e)
		}
	}
}

// rank gives each node its layer, and edges that pass layers their places in them.
func (g *Graph) rank() [][]*graphNode {
	depth := make(map[*graphNode]int)
	var longest func(n *graphNode) int
	longest = func(n *graphNode) int {
		if d, ok := depth[n]; ok {
			return d
		}
		d, next := 0, n.out
		if g.root {
			next = n.in
		}
		for _, e := range next {
			other := e.right
			if g.root {
				other = e.left
			}
			d = max(d, longest(other)+1)
		}
		depth[n] = d
		return d
	}
	deepest := 0
	for _, n := range g.nodes {
		deepest = max(deepest, longest(n))
	}
	layers := make([][]*graphNode, deepest+1)
	for _, n := range g.nodes {
		if n.layer = depth[n]; g.root {
			n.layer = deepest - depth[n]
		}
		layers[n.layer] = append(layers[n.layer], n)
	}
	for _, e := range g.edges {
		for l := e.left.layer - 1; l > e.right.layer; l-- {
			p := &graphNode{id: len(g.nodes), spot: spot{layer: l, h: 2}}
			e.over = append(e.over, p)
			layers[l] = append(layers[l], p)
		}
	}
	return layers
}

// measure gives each node its size and returns the width of each layer and of the labels left of the next.
func (g *Graph) measure(layers [][]*graphNode) (widths, gaps []int) {
	widths, gaps = make([]int, len(layers)), make([]int, len(layers))
	for _, n := range g.nodes {
		n.h = 2 * padY
		n.w = minWidth
		for _, l := range wrapped(n.head, headSize, maxText) {
			n.w, n.h = max(n.w, textWidth(l, headSize)+2*padX), n.h+lineHeight(headSize)
		}
		for _, l := range n.wrappedLines() {
			n.w, n.h = max(n.w, textWidth(l, textSize)+2*padX), n.h+lineHeight(textSize)
		}
		labels := 0
		for _, e := range n.out {
			lines := e.labelLines()
			for _, l := range lines {
				gaps[n.layer] = max(gaps[n.layer], textWidth(l, labelSize)+16)
			}
			e.labelHeight = len(lines)*lineHeight(labelSize) + 8
			labels += e.labelHeight
		}
		n.h = max(n.h, minHeight, labels)
		widths[n.layer] = max(widths[n.layer], n.w)
	}
	for _, n := range g.nodes {
		n.w = widths[n.layer] // all of a layer are as wide as the widest
	}
	return widths, gaps
}

// wishes says of each node of a layer where it would be best: where what it leads to stands, or what leads to it.
func (g *Graph) wishes(layer []*graphNode) {
	sum, count := make(map[*graphNode]float64), make(map[*graphNode]float64)
	for _, e := range g.edges {
		stops := append(append([]*graphNode{e.left}, e.over...), e.right)
		for i := range stops[1:] {
			n, next := stops[i], stops[i+1]
			if g.root {
				n, next = next, n
			}
			sum[n] += float64(next.y) + float64(next.h)/2
			count[n]++
		}
	}
	for _, n := range layer {
		if n.wish = 0; count[n] > 0 {
			n.wish = sum[n] / count[n]
		}
	}
	// Who wants the same stays in the order of the answer.
	slices.SortStableFunc(layer, func(a, b *graphNode) int { return cmp.Compare(a.wish, b.wish) })
}

// stack places the nodes of a layer one below the other, all together as near to their wishes as can be.
func stack(layer []*graphNode) {
	// Blocks of nodes that touch each other; top is where the first one would be best, as the mean of all.
	type block struct {
		first, count, height int
		top                  float64
	}
	var blocks []block
	for i, n := range layer {
		blocks = append(blocks, block{i, 1, n.h, n.wish - float64(n.h)/2})
		for k := len(blocks) - 1; k > 0 && blocks[k-1].top+float64(blocks[k-1].height+gapHeight) > blocks[k].top; k-- {
			a, b := blocks[k-1], blocks[k]
			step := a.height + gapHeight
			top := (a.top*float64(a.count) + (b.top-float64(step))*float64(b.count)) / float64(a.count+b.count)
			blocks = append(blocks[:k-1], block{a.first, a.count + b.count, step + b.height, top})
		}
	}
	for _, b := range blocks {
		y := int(b.top)
		for _, n := range layer[b.first : b.first+b.count] {
			n.y = y
			y += n.h + gapHeight
		}
	}
}

// dock says where at its nodes each edge begins and ends, so that edges of one node do not cross.
func (g *Graph) dock(layers [][]*graphNode) {
	middle := func(n *graphNode) int { return n.y + n.h/2 }
	next := func(e *graphEdge) *graphNode { return append(e.over[:len(e.over):len(e.over)], e.right)[0] }
	last := func(e *graphEdge) *graphNode { return append([]*graphNode{e.left}, e.over...)[len(e.over)] }
	for _, layer := range layers {
		for _, n := range layer {
			slices.SortStableFunc(n.out, func(a, b *graphEdge) int { return middle(next(a)) - middle(next(b)) })
			all := 0
			for _, e := range n.out {
				all += e.labelHeight
			}
			y := n.y + (n.h-all)/2
			for _, e := range n.out {
				y += e.labelHeight
				e.y1 = y - 4
			}
			if len(n.out) == 1 {
				n.out[0].y1 = max(middle(n), n.y+n.out[0].labelHeight-4)
			}
			slices.SortStableFunc(n.in, func(a, b *graphEdge) int { return middle(last(a)) - middle(last(b)) })
			for i, e := range n.in {
				step := min(12, (n.h-12)/len(n.in))
				e.y2 = middle(n) + step*i - step*(len(n.in)-1)/2
			}
		}
	}
}

// fills are the colours of nodes by their kinds, and what is written beside them in the legend.
var fills = map[string]string{"target": "#fde9c8", "user": "#dbeafe", "role": "#dcfce7", "session": "#ccfbf1", "root": "#fecaca", "outside": "#f3e8ff"}

// dashes are the strokes of edges by how somebody stands.
var dashes = map[Standing]string{Conditional: ` stroke-dasharray="6 4"`, Undecided: ` stroke-dasharray="2 4"`}

// SVG returns the graph as a picture. It refers to nothing outside of itself and holds no script.
func (g *Graph) SVG() string {
	width := max(minPicture, g.size[0]) + 2*margin
	title := wrapped(g.title, titleSize, width-2*margin)
	top := margin + len(title)*lineHeight(titleSize) + lineHeight(headSize) + 20
	legend, legendHeight := g.legend(width-2*margin, top+g.size[1]+28)
	height := top + g.size[1] + 28 + legendHeight + margin - 8
	left := margin + (width-2*margin-g.size[0])/2

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="%d" height="%d" viewBox="0 0 %d %d" font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" font-size="%d">
<title>%s</title>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>
<rect width="100%%" height="100%%" fill="#fff"/>
`, width, height, width, height, textSize, escapeXML(g.title))
	y := margin
	for _, l := range title {
		y += lineHeight(titleSize)
		writeText(&b, margin, y-lineOver, titleSize, ` font-weight="bold"`, l)
	}
	writeText(&b, margin, y+lineHeight(headSize), headSize, ` fill="#444"`, g.summary)
	fmt.Fprintf(&b, "<g transform=\"translate(%d,%d)\">\n", left, top)
	for _, e := range g.edges {
		g.drawEdge(&b, e)
	}
	for _, n := range g.nodes {
		n.draw(&b)
	}
	b.WriteString("</g>\n")
	b.WriteString(legend)
	b.WriteString("</svg>\n")
	return b.String()
}

func writeText(b *strings.Builder, x, y, size int, more, text string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" font-size="%d"%s>%s</text>`+"\n", x, y, size, more, escapeXML(text))
}

// drawEdge draws an edge: level below its label and past nodes, bent before the next layer.
func (g *Graph) drawEdge(b *strings.Builder, e *graphEdge) {
	if e.from == e.to {
		return
	}
	start := e.left.x + e.left.w
	x, y := start, e.y1
	var path strings.Builder
	fmt.Fprintf(&path, "M%d,%d", x, y)
	for _, n := range append(slices.Clone(e.over), e.right) {
		ny := n.y + n.h/2
		if n == e.right {
			ny = e.y2
		}
		from := n.x - bend
		fmt.Fprintf(&path, " H%d C%d,%d %d,%d %d,%d", from, from+bend/2, y, n.x-bend/2, ny, n.x, ny)
		if x, y = n.x, ny; n != e.right {
			x += n.w
			fmt.Fprintf(&path, " H%d", x)
		}
	}
	end := "end"
	if e.left != e.from {
		end = "start"
	}
	fmt.Fprintf(b, `<g><title>%s</title><path d="%s" fill="none" stroke="#555"%s marker-%s="url(#arrow)"/>`+"\n", escapeXML(e.title), path.String(), dashes[e.standing], end)
	lines := e.labelLines()
	names := len(wrapped(e.label, labelSize, maxLabel))
	ly := e.y1 - 4 - (len(lines)-1)*lineHeight(labelSize)
	for i, l := range lines {
		color := ` fill="#222"`
		if i >= names {
			color = ` fill="#666"`
		}
		writeText(b, start+8, ly, labelSize, color, l)
		ly += lineHeight(labelSize)
	}
	b.WriteString("</g>\n")
}

func (n *graphNode) draw(b *strings.Builder) {
	dash := ""
	if n.kind == "outside" {
		dash = dashes[Conditional]
	}
	fmt.Fprintf(b, `<g><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="%s" stroke="#555"%s/>`+"\n", escapeXML(n.title), n.x, n.y, n.w, n.h, fills[n.kind], dash)
	head, lines := wrapped(n.head, headSize, maxText), n.wrappedLines()
	y := n.y + (n.h-len(head)*lineHeight(headSize)-len(lines)*lineHeight(textSize))/2
	for _, l := range head {
		y += lineHeight(headSize)
		writeText(b, n.x+padX, y-lineOver, headSize, ` font-weight="bold"`, l)
	}
	for _, l := range lines {
		y += lineHeight(textSize)
		writeText(b, n.x+padX, y-lineOver, textSize, ` fill="#333"`, l)
	}
	b.WriteString("</g>\n")
}

// legend explains the colours and strokes that there are, in rows no wider than a width.
func (g *Graph) legend(width, top int) (svg string, height int) {
	kinds := make(map[string]bool)
	strokes := make(map[Standing]bool)
	for _, n := range g.nodes {
		kinds[n.kind] = true
	}
	for _, e := range g.edges {
		strokes[e.standing] = true
	}
	var b strings.Builder
	x, y := margin, top
	entry := func(text string, draw func(x, y int)) {
		w := 36 + textWidth(text, textSize) + 16
		if x > margin && x+w > margin+width {
			x, y = margin, y+20
		}
		draw(x, y)
		writeText(&b, x+36, y+10, textSize, ` fill="#333"`, text)
		x += w
	}
	target := "what is asked about"
	if g.root {
		target = "what a policy grants"
	}
	for _, k := range [...][2]string{{"user", "user"}, {"role", "role"}, {"session", "session of a role"}, {"root", "root user"}, {"outside", "not of the export"}, {"target", target}} {
		if !kinds[k[0]] {
			continue
		}
		dash := ""
		if k[0] == "outside" {
			dash = dashes[Conditional]
		}
		entry(k[1], func(x, y int) {
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="28" height="14" rx="4" fill="%s" stroke="#555"%s/>`+"\n", x, y-1, fills[k[0]], dash)
		})
	}
	for _, s := range [...]Standing{Allowed, Conditional, Undecided} {
		if strokes[s] {
			entry(standingWords[s], func(x, y int) {
				fmt.Fprintf(&b, `<path d="M%d,%d H%d" stroke="#555"%s marker-end="url(#arrow)"/>`+"\n", x, y+6, x+28, dashes[s])
			})
		}
	}
	return b.String(), y + 20 - top
}

// printable leaves out what XML has no characters for.
func printable(r rune) rune {
	switch {
	case r < ' ' && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF:
		return -1
	}
	return r
}

func escapeXML(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(strings.Map(printable, text))
}
