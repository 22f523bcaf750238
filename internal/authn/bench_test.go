package authn_test

import (
	"testing"

	"github.com/writ-iam/writ/internal/identity"
)

// BenchmarkAuthenticate is what it costs to know a caller again: all that can be kept is kept.
func BenchmarkAuthenticate(b *testing.B) {
	w := newWorld(b)
	alice := w.user(ours, "alice")
	for name, c := range map[string]credentials{
		"user": alice, "root": w.root(ours),
		"role session": w.session(ours, w.role(ours, "r"), identity.Session{Kind: identity.RoleSession, Name: "s"}),
		"user session": w.session(ours, w.userID(ours, "alice"), identity.Session{Kind: identity.SessionToken}),
	} {
		b.Run(name, func(b *testing.B) {
			r := byHeader.sign(c)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.a.Authenticate(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("a stranger", func(b *testing.B) {
		r := byHeader.sign(credentials{alice.id, alice.secret + "x", ""})
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.a.Authenticate(r); err == nil {
				b.Fatal("a wrong signature is accepted")
			}
		}
	})
}
