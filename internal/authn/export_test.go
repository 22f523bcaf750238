package authn

import "fmt"

// MaxSize is how much memory proofs may take.
const MaxSize = maxSize

// Kept returns how many proofs are kept, and what they are taken to weigh.
func Kept(a *Authenticator) (n, size int) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	sum := 0
	for _, p := range a.proofs {
		sum += p.weight()
	}
	if sum != a.size {
		panic(fmt.Sprintf("the proofs weigh %d, not %d", sum, a.size))
	}
	return len(a.proofs), a.size
}

// Remembered returns all that is kept of an access key, as text.
func Remembered(a *Authenticator, id string) string {
	text := ""
	for name, p := range a.proofs {
		if name.id == id {
			text += fmt.Sprintf("%+v %+v %+v\n", *p, p.session, p.principal)
		}
	}
	return text
}
