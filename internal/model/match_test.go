package model

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

// TestClassesMatchAsExpressionsDo compares the shortcut with package regexp on the patterns of all models.
func TestClassesMatchAsExpressionsDo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	classes := 0
	for _, name := range Names() {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for n, shape := range s.Shapes {
			for _, m := range shape.Matchers {
				fast, slow := compile(m), regexp.MustCompile(`^(?:`+m+`)$`)
				if _, ok := fast.(*class); ok {
					classes++
				}
				for range 300 {
					b := make([]rune, r.IntN(4))
					for i := range b {
						b[i] = rune(r.IntN(0x180))
						if r.IntN(8) == 0 {
							b[i] = rune(r.IntN(0x11000))
						}
					}
					text := string(b)
					if r.IntN(20) == 0 {
						text += "\xff"
					}
					if fast.MatchString(text) != slow.MatchString(text) {
						t.Fatalf("%s %s %q: %q: %v", name, n, m, text, fast.MatchString(text))
					}
				}
			}
		}
	}
	if classes < 50 {
		t.Errorf("only %d patterns are classes", classes)
	}
}
