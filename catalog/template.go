package catalog

import "strings"

// fitsARN reports whether an ARN has the form of a template (Service.Match has the rules), and how many of its bytes the
// template spells out.
func fitsARN(template, arn string) (literal int, ok bool) {
	for range 5 {
		want, rest, more := strings.Cut(template, ":")
		have, tail, colon := strings.Cut(arn, ":")
		if !more || !colon {
			return 0, false
		}
		n, ok := fits(want, have, false)
		if !ok {
			return 0, false
		}
		literal += n + 1
		template, arn = rest, tail
	}
	n, ok := fits(template, arn, false)
	return literal + n, ok
}

// fits reports whether text has the form of a template, and how many of its bytes the template spells out. If free, every
// placeholder may hold anything; if not, only the last one, and the others as Service.Match says.
//
// Each placeholder takes the shortest text that lets its right neighbour match. That finds a fit if there is one, without
// going back: whatever a longer choice would add to a placeholder could as well stand in the next one, because the added
// text holds neither / nor : or, where it might, there is no longer choice.
func fits(template, text string, free bool) (literal int, ok bool) {
	for {
		start, end, least := placeholder(template)
		if !strings.HasPrefix(text, template[:start]) {
			return 0, false
		}
		literal += start
		text = text[start:]
		if start == len(template) {
			return literal, text == ""
		}
		// Placeholders side by side are one: nothing says where they part.
		rest := template[end:]
		var next string
		for {
			start, end, n := placeholder(rest)
			if next = rest[:start]; start > 0 || end == 0 {
				break
			}
			rest, least = rest[end:], max(least, n)
		}
		if len(text) < least {
			return 0, false
		}
		if rest == "" {
			return literal, true
		}
		var n int // the length of what the placeholder holds
		if next == rest {
			n = len(text) - len(next)
			if n < least || !strings.HasSuffix(text, next) {
				return 0, false
			}
		} else {
			i := strings.Index(text[least:], next)
			if i < 0 {
				return 0, false
			}
			n = least + i
		}
		if !free && strings.ContainsAny(text[:n], barred(next)) {
			return 0, false
		}
		literal += len(next)
		text, template = text[n+len(next):], rest[len(next):]
	}
}

// barred returns the characters that a placeholder does not hold if next follows it.
func barred(next string) string {
	if next[0] == '/' || next[0] == ':' {
		return next[:1]
	}
	return "/:"
}

// placeholder returns where the first placeholder of a template starts and ends, and the least number of bytes that it
// stands for; if there is none, it starts and ends where the template ends. AWS writes them as ${Name}, sometimes as
// {Name} or <name>; * is a placeholder that may be empty.
func placeholder(template string) (start, end, least int) {
	for start := range len(template) {
		close := ""
		switch c := template[start]; {
		case c == '*':
			return start, start + 1, 0
		case c == '{', c == '$' && strings.HasPrefix(template[start+1:], "{"):
			close = "}"
		case c == '<':
			close = ">"
		default:
			continue
		}
		if i := strings.Index(template[start:], close); i > 0 {
			return start, start + i + 1, 1
		}
	}
	return len(template), len(template), 0
}
