package fold_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/fold"
)

func TestFoldAndEqual(t *testing.T) {
	for _, tt := range []struct {
		claim, a, b string
		equal       bool
	}{
		{"a name is itself", "aws:username", "aws:username", true},
		{"ASCII letters fold", "AWS:UserName", "aws:username", true},
		{"digits and signs do not", "a[b", "a{b", false},
		{"a Kelvin sign is no k", "\u212Aey", "key", false},
		{"a long s is no s", "\u017Ftatement", "statement", false},
		{"umlauts do not fold", "Ä", "ä", false},
		{"a part is not the whole", "aws", "aws:", false},
	} {
		if got := fold.Equal(tt.a, tt.b); got != tt.equal {
			t.Errorf("%s: Equal(%q, %q) = %v", tt.claim, tt.a, tt.b, got)
		}
		if got := fold.Name(tt.a) == fold.Name(tt.b); got != tt.equal {
			t.Errorf("%s: Fold(%q) = %q, Fold(%q) = %q", tt.claim, tt.a, fold.Name(tt.a), tt.b, fold.Name(tt.b))
		}
	}
}

func TestFoldOfASCIIIsToLower(t *testing.T) {
	var all strings.Builder
	for c := range byte(128) {
		all.WriteByte(c)
	}
	if got, want := fold.Name(all.String()), strings.ToLower(all.String()); got != want {
		t.Errorf("Fold = %q, want %q", got, want)
	}
}

func TestHashTellsNamesApart(t *testing.T) {
	seen := make(map[uint32]int)
	for i := range 10_000 {
		s := "s3:" + strconv.Itoa(i)
		if fold.Hash(s) != fold.Hash(strings.Clone(s)) {
			t.Fatalf("two hashes of %q", s)
		}
		seen[fold.Hash(s)]++
	}
	if len(seen) < 9_990 {
		t.Errorf("10,000 names have %d hashes", len(seen))
	}
}

func TestNameFoldsASCIIWithoutAllocatingForWhatIsFolded(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "abc": "abc", "ABC": "abc", "aBc-09_Z": "abc-09_z", "É": "É", "éA": "éa", "\u212a": "\u212a", "\u017f": "\u017f", "@[`{": "@[`{",
	} {
		if got := fold.Name(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
	if n := testing.AllocsPerRun(100, func() { fold.Name("aws:username é") }); n != 0 {
		t.Errorf("folding what is folded allocates %v times", n)
	}
}
