package condition

import "strings"

// instant is a moment: seconds since 1970-01-01T00:00:00Z and nanoseconds. It reaches farther than time.Time needs to,
// since AWS takes years up to 292,278,993 (policy-language.md §5.1).
type instant struct {
	seconds int64
	nanos   int32
}

func (t instant) compare(o instant) order {
	switch {
	case t.seconds != o.seconds:
		if t.seconds < o.seconds {
			return less
		}
		return greater
	default:
		return orderOf(int(t.nanos) - int(o.nanos))
	}
}

// ValidDate reports whether AWS accepts s as a value of a date operator.
func ValidDate(s string) bool {
	_, ok := parseDate(s)
	return ok
}

const (
	minYear, maxYear = -292275054, 292278993
	maxEpoch         = 1<<63 - 1
)

// parseDate reads epoch seconds or ISO 8601 in the forms of doc/language.md 8.
func parseDate(s string) (instant, bool) {
	if s != "" && onlyDigits(s) {
		seconds, ok := parseEpoch(s)
		return instant{seconds: seconds}, ok
	}
	date, clock, hasClock := s, "", false
	if i := strings.IndexAny(s, "tT"); i >= 0 {
		date, clock, hasClock = s[:i], s[i+1:], true
	}
	days, ok := parseDay(date)
	if !ok {
		return instant{}, false
	}
	t := instant{seconds: days * 86400}
	if !hasClock {
		return t, true
	}
	clock, offset, ok := cutOffset(clock)
	if !ok {
		return instant{}, false
	}
	seconds, nanos, ok := parseClock(clock)
	t.seconds += seconds - offset
	t.nanos = nanos
	return t, ok
}

func parseEpoch(s string) (int64, bool) {
	var n int64
	for i := range len(s) {
		d := int64(s[i] - '0')
		if n > (maxEpoch-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}

// parseDay reads [-]Y…[-M[M][-D[D]]] and returns days since 1970-01-01.
func parseDay(s string) (days int64, ok bool) {
	negative := strings.HasPrefix(s, "-")
	if negative {
		s = s[1:]
	}
	year, s, more := strings.Cut(s, "-")
	y, ok := parseInt(year, 1, 9, 0, maxYear)
	if negative {
		y = -y
	}
	if !ok || y < minYear {
		return 0, false
	}
	month, day := 1, 1
	if more {
		var m, d string
		m, d, more = strings.Cut(s, "-")
		if month, ok = parseInt(m, 1, 2, 1, 12); !ok {
			return 0, false
		}
		if more {
			if day, ok = parseInt(d, 1, 2, 1, 31); !ok {
				return 0, false
			}
		}
	}
	return daysOf(int64(y), month, day), true
}

// daysOf counts days in the proleptic Gregorian calendar, by 400-year eras that begin in March (Howard Hinnant,
// "chrono-Compatible Low-Level Date Algorithms", days_from_civil). A day past the month's end runs on into the next.
func daysOf(y int64, month, day int) int64 {
	if month <= 2 {
		y--
	}
	era := y / 400
	if y < 0 && y%400 != 0 {
		era--
	}
	yearOfEra := y - era*400
	dayOfYear := int64((153*((month+9)%12)+2)/5 + day - 1)
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return era*146097 + dayOfEra - 719468
}

// cutOffset takes Z, ±hh or ±hh:mm from the end of a time of day and returns it in seconds.
func cutOffset(s string) (clock string, offset int64, ok bool) {
	if s != "" && (s[len(s)-1] == 'Z' || s[len(s)-1] == 'z') {
		return s[:len(s)-1], 0, true
	}
	i := strings.IndexAny(s, "+-")
	if i < 0 {
		return s, 0, true
	}
	hours, minutes, more := strings.Cut(s[i+1:], ":")
	h, ok := parseInt(hours, 2, 2, 0, 23)
	m := 0
	if ok && more {
		m, ok = parseInt(minutes, 2, 2, 0, 59)
	}
	offset = int64(h*3600 + m*60)
	if s[i] == '-' {
		offset = -offset
	}
	return s[:i], offset, ok
}

// parseClock reads [h[h][:m[m][:s[s][.f{1,9}]]]].
func parseClock(s string) (seconds int64, nanos int32, ok bool) {
	if s == "" {
		return 0, 0, true
	}
	hours, s, more := strings.Cut(s, ":")
	h, ok := parseInt(hours, 1, 2, 0, 23)
	seconds = int64(h) * 3600
	if !ok || !more {
		return seconds, 0, ok
	}
	minutes, s, more := strings.Cut(s, ":")
	m, ok := parseInt(minutes, 1, 2, 0, 59)
	seconds += int64(m) * 60
	if !ok || !more {
		return seconds, 0, ok
	}
	whole, fraction, more := strings.Cut(s, ".")
	sec, ok := parseInt(whole, 1, 2, 0, 59)
	seconds += int64(sec)
	if !ok || !more {
		return seconds, 0, ok
	}
	f, ok := parseInt(fraction, 1, 9, 0, 999_999_999)
	for range 9 - len(fraction) {
		f *= 10
	}
	return seconds, int32(f), ok
}

// parseInt reads digits only, within the given length and range.
func parseInt(s string, minLen, maxLen, low, high int) (int, bool) {
	if len(s) < minLen || len(s) > maxLen || !onlyDigits(s) {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n, low <= n && n <= high
}
