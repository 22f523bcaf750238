package analysis

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestGraph draws an answer with chains: every edge leads to the right, no two boxes lie on each other, and the picture is XML.
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
	for _, want := range []string{`label="dave\nuser of 111122223333"`, `label="hop\nrole of 444455556666"`, `label="the role's trust policy"`, `label="222233334444\nfrom outside"`, `style=dashed`} {
		if !strings.Contains(dot, want) {
			t.Errorf("%s is not in\n%s", want, dot)
		}
	}
	svg := g.SVG()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v\n%s", err, svg)
		}
	}
	boxes := make(map[[2]int]bool)
	for _, m := range regexp.MustCompile(`<rect x="(\d+)" y="(\d+)"`).FindAllStringSubmatch(svg, -1) {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		at := [2]int{x / (boxWidth + gapWidth), y}
		for other := range boxes {
			if other[0] == at[0] && max(other[1], y)-min(other[1], y) < boxHeight {
				t.Errorf("two boxes at %d,%d", x, y)
			}
		}
		boxes[at] = true
	}
	if len(boxes) != len(g.nodes) {
		t.Errorf("%d boxes for %d nodes", len(boxes), len(g.nodes))
	}
	if g.SVG() != w.Graph().SVG() {
		t.Error("two pictures of one answer differ")
	}
}

// TestGraphOfMany draws many of whom the same is to be said as one.
func TestGraphOfMany(t *testing.T) {
	w := &WhoCan{Action: "s3:GetObject", Resource: "*"}
	for i := range 50 {
		w.Findings = append(w.Findings, Finding{Entity: &Entity{ARN: "arn:aws:iam::111122223333:user/u" + strconv.Itoa(i), Account: "111122223333"}, Standing: Allowed})
	}
	if g := w.Graph(); len(g.nodes) != 2 || g.nodes[1].lines[0] != "50 users" {
		t.Errorf("%d nodes, the second is %q", len(g.nodes), g.nodes[1].lines)
	}
}
