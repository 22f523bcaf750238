package analysis

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestGraph draws an answer with chains: every edge leads to the right, no two things lie on each other, and the picture is XML.
func TestGraph(t *testing.T) {
	x := NewAsker(smallEstate(t), Options{})
	w, err := x.WhoCan(WhoCanQuestion{Action: "s3:GetObject", Resource: "arn:aws:s3:::ledger/<&>", Depth: 3})
	if err != nil {
		t.Fatal(err)
	}
	g := w.Graph()
	for _, e := range g.edges {
		if e.from.layer <= e.to.layer {
			t.Errorf("%s (%d) leads to %s (%d)", e.from.title, e.from.layer, e.to.title, e.to.layer)
		}
	}
	dot := g.DOT()
	for _, want := range []string{`label="dave\luser of 111122223333\l"`, `label="hop\lrole of 444455556666\l"`, `label="the role's trust policy\l`, `label="222233334444\lfrom outside\l"`, `style=dashed`} {
		if !strings.Contains(dot, want) {
			t.Errorf("%s is not in\n%s", want, dot)
		}
	}
	nothingLiesOnAnything(t, g)
	svg := g.SVG()
	for _, want := range []string{"Who can s3:GetObject on arn:aws:s3:::ledger/&lt;&amp;&gt;</text>", ">under conditions</text>", ">role</text>"} {
		if !strings.Contains(svg, want) {
			t.Errorf("%s is not in\n%s", want, svg)
		}
	}
	if again := w.Graph(); again.SVG() != svg || again.DOT() != dot {
		t.Error("two pictures of one answer differ")
	}
}

// area is a rectangle of a picture.
type area struct {
	what           string
	x1, y1, x2, y2 int
}

func (a *area) meets(b *area) bool { return a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2 }

var (
	svgRects = regexp.MustCompile(`<rect x="(-?\d+)" y="(-?\d+)" width="(\d+)" height="(\d+)" rx`)
	svgTexts = regexp.MustCompile(`<text x="(-?\d+)" y="(-?\d+)" font-size="(\d+)"[^>]*>([^<]*)<`)
)

// nothingLiesOnAnything looks at the drawing as a viewer does: texts are in the box of their node or beside all boxes, no two texts and no two boxes meet,
// edges pass a layer where there is no node, and all of it is in the picture.
func nothingLiesOnAnything(t *testing.T, g *Graph) {
	t.Helper()
	svg := g.SVG()
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v\n%s", err, svg)
		}
	}
	_, drawing, _ := strings.Cut(svg, "<g transform")
	drawing, _, _ = strings.Cut(drawing, "</g>\n</g>\n")
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	var boxes, words []area
	for _, m := range svgRects.FindAllStringSubmatch(drawing, -1) {
		x, y := number(m[1]), number(m[2])
		boxes = append(boxes, area{"a box", x, y, x + number(m[3]), y + number(m[4])})
	}
	for _, m := range svgTexts.FindAllStringSubmatch(drawing, -1) {
		x, y, size := number(m[1]), number(m[2]), number(m[3])
		plain := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&amp;", "&").Replace(m[4])
		words = append(words, area{plain, x, y - size, x + textWidth(plain, size), y + 2})
	}
	if len(boxes) != len(g.nodes) || len(words) < len(boxes) {
		t.Errorf("%d boxes and %d texts for %d nodes", len(boxes), len(words), len(g.nodes))
	}
	for _, e := range g.edges {
		for _, n := range e.over {
			boxes = append(boxes, area{"an edge", n.x, n.y, n.x + n.w, n.y + n.h})
		}
	}
	all := area{"the drawing", 0, 0, g.size[0], g.size[1]}
	for i, a := range boxes {
		if a.x1 < all.x1 || a.y1 < all.y1 || a.x2 > all.x2 || a.y2 > all.y2 {
			t.Errorf("%v is not in %v", a, all)
		}
		for _, b := range boxes[:i] {
			if a.meets(&b) {
				t.Errorf("%v meets %v", a, b)
			}
		}
	}
	for i, a := range words {
		for _, b := range boxes {
			if a.meets(&b) && (b.what != "a box" || a.x1 < b.x1 || a.y1 < b.y1 || a.x2 > b.x2 || a.y2 > b.y2) {
				t.Errorf("%v is not in %v, and not beside it", a, b)
			}
		}
		for _, b := range words[:i] {
			if a.meets(&b) {
				t.Errorf("%v is written over %v", a, b)
			}
		}
	}
}

// TestGraphsOfAnyForm draws graphs of chance, with chains, circles, long names and many conditions, from the target and from the root.
func TestGraphsOfAnyForm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		g := &Graph{title: "Who can", root: i%2 == 1}
		n := 2 + r.IntN(25)
		for k := range n {
			e := &Entity{ARN: fmt.Sprintf("arn:aws:iam::111122223333:role/%s%d", strings.Repeat("long-name/with \x00<&>\"quotes\"-", r.IntN(3)), k), Account: "111122223333", Kind: EntityKind(r.IntN(5))}
			g.add(entityNode(e))
		}
		for range r.IntN(3 * n) {
			f := &Finding{Standing: Standing(r.IntN(4)), By: &Term{Policy: strings.Repeat("policy ", r.IntN(9))}}
			for range r.IntN(7) {
				f.Assumed = append(f.Assumed, strings.Repeat("something is so ", 1+r.IntN(20)))
			}
			g.link(g.nodes[r.IntN(n)], g.nodes[r.IntN(n)], f)
		}
		if i%3 > 0 {
			g.merge()
		}
		g.layOut()
		nothingLiesOnAnything(t, g)
		if t.Failed() {
			t.Fatalf("graph %d: %s", i, g.DOT())
		}
	}
}

// TestGraphOfMany draws those of whom the same is to be said as one, with their names, and says once what holds for all.
func TestGraphOfMany(t *testing.T) {
	w := &WhoCan{Action: "s3:GetObject", Resource: "*"}
	for i := range 50 {
		f := Finding{
			Entity: &Entity{ARN: "arn:aws:iam::111122223333:user/u" + strconv.Itoa(i), Account: "111122223333"}, Standing: Conditional, By: &Term{Policy: "p"},
			Unless: []Term{{Conditions: []ConditionTerm{{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"false"}}}}},
		}
		if i%10 == 0 { // of five others there is more to say
			f.If = []Term{{Conditions: []ConditionTerm{{Operator: "IpAddress", Key: "aws:SourceIp", Values: []string{"203.0.113.0/24"}}}}}
		}
		w.Findings = append(w.Findings, f)
	}
	g := w.Graph()
	if len(g.nodes) != 3 || len(g.edges) != 2 {
		t.Fatalf("%d nodes and %d edges", len(g.nodes), len(g.edges))
	}
	few, many := g.nodes[1], g.nodes[2]
	if few.head != "5 users of 111122223333" || strings.Join(few.lines, " ") != "u0 u10 u20 u30 u40" || len(g.edges[0].terms) != 1 {
		t.Errorf("%q %q %q", few.head, few.lines, g.edges[0].terms)
	}
	if many.head != "45 users of 111122223333" || len(many.lines) != maxNames+1 || many.lines[maxNames] != "and 33 more" || len(g.edges[1].terms) != 0 {
		t.Errorf("%q %q %q", many.head, many.lines, g.edges[1].terms)
	}
	if got := strings.Join(g.nodes[0].lines, "; "); got != "*; for all: unless Bool aws:SecureTransport false" {
		t.Errorf("the target says %q", got)
	}
	if g.summary != "50 can, 50 of them under conditions" {
		t.Error(g.summary)
	}
}

// TestWrapped: lines end at joints, are no wider than they may be, and leave nothing out of a name.
func TestWrapped(t *testing.T) {
	for text, want := range map[string]string{
		"short": "short",
		"acme-financial-reporting-archive-read-only-access-for-auditors": "acme-financial-|reporting-archive-read-|only-access-for-|auditors",
		"unless Bool aws:SecureTransport false":                          "unless Bool|aws:SecureTransport|false",
		strings.Repeat("x", 40):                                          strings.Repeat("x", 19) + "|" + strings.Repeat("x", 19) + "|xx",
	} {
		lines := wrapped(text, textSize, 132)
		for _, l := range lines {
			if textWidth(l, textSize) > 132 {
				t.Errorf("%q is %d wide", l, textWidth(l, textSize))
			}
		}
		if got := strings.Join(lines, "|"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if lines := wrapped(strings.Repeat("0123456789", 1000), textSize, 100); len(lines) != maxLines || !strings.HasSuffix(lines[maxLines-1], "…") {
		t.Errorf("%q", lines)
	}
}
