package condition

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	at := func(year int, month time.Month, day, hour, minute, second, nano int) instant {
		tm := time.Date(year, month, day, hour, minute, second, nano, time.UTC)
		return instant{tm.Unix(), int32(tm.Nanosecond())}
	}
	for _, tt := range []struct {
		claim, in string
		want      instant
	}{
		{"epoch", "0", instant{}},
		{"epoch seconds", "1767323045", instant{seconds: 1767323045}},
		{"leading zeros", "0000000001", instant{seconds: 1}},
		{"the last second", "9223372036854775807", instant{seconds: math.MaxInt64}},
		{"digits alone are seconds, not a year", "2026", instant{seconds: 2026}},
		{"eight digits are no date", "20260102", instant{seconds: 20260102}},
		{"the first year", "-292275054", at(-292275054, 1, 1, 0, 0, 0, 0)},
		{"the last year", "292278993-12-31T23:59:59.999999999Z", at(292278993, 12, 31, 23, 59, 59, 999999999)},
		{"a negative year", "-5", at(-5, 1, 1, 0, 0, 0, 0)},
		{"year zero", "-0", at(0, 1, 1, 0, 0, 0, 0)},
		{"a bare year before a T", "01T", at(1, 1, 1, 0, 0, 0, 0)},
		{"a year and Z", "2026TZ", at(2026, 1, 1, 0, 0, 0, 0)},
		{"a year and an offset", "2026T+01", at(2025, 12, 31, 23, 0, 0, 0)},
		{"a month", "2026-03", at(2026, 3, 1, 0, 0, 0, 0)},
		{"one digit", "2026-3-4", at(2026, 3, 4, 0, 0, 0, 0)},
		{"a day", "2026-03-04", at(2026, 3, 4, 0, 0, 0, 0)},
		{"an hour", "2026-03-04T05", at(2026, 3, 4, 5, 0, 0, 0)},
		{"one digit", "2026-03-04T5", at(2026, 3, 4, 5, 0, 0, 0)},
		{"minutes", "2026-03-04T05:06Z", at(2026, 3, 4, 5, 6, 0, 0)},
		{"seconds", "2026-03-04T05:06:07Z", at(2026, 3, 4, 5, 6, 7, 0)},
		{"small letters", "2026-03-04t05:06:07z", at(2026, 3, 4, 5, 6, 7, 0)},
		{"one digit each", "2026-3-4T5:6:7Z", at(2026, 3, 4, 5, 6, 7, 0)},
		{"a fraction", "2026-03-04T05:06:07.5Z", at(2026, 3, 4, 5, 6, 7, 5e8)},
		{"nine digits", "2026-03-04T05:06:07.000000001Z", at(2026, 3, 4, 5, 6, 7, 1)},
		{"no offset is UTC", "2026-03-04T05:06:07.25", at(2026, 3, 4, 5, 6, 7, 25e7)},
		{"an offset ahead", "2026-03-04T05:06:07+02", at(2026, 3, 4, 3, 6, 7, 0)},
		{"an offset behind", "2026-03-04T05:06:07-02:30", at(2026, 3, 4, 7, 36, 7, 0)},
		{"the vector of the specification", "2016-12-13t2:00:00.593194+23", at(2016, 12, 12, 3, 0, 0, 593194000)},
		{"the farthest offset", "2026-03-04T05-23:59", at(2026, 3, 5, 4, 59, 0, 0)},
		{"a day past the month's end", "2026-02-31", at(2026, 3, 3, 0, 0, 0, 0)},
		{"a leap day that is none", "2026-02-29", at(2026, 3, 1, 0, 0, 0, 0)},
		{"a leap day", "2024-02-29", at(2024, 2, 29, 0, 0, 0, 0)},
		{"no leap year", "1900-02-29", at(1900, 3, 1, 0, 0, 0, 0)},
		{"the year's last", "2026-12-31T23:59:59Z", at(2026, 12, 31, 23, 59, 59, 0)},
		{"before 1970", "1969-12-31T23:59:59.5Z", at(1969, 12, 31, 23, 59, 59, 5e8)},
		{"leading zeros of the year", "000002026-01-01", at(2026, 1, 1, 0, 0, 0, 0)},
	} {
		if got, ok := parseDate(tt.in); got != tt.want || !ok || !ValidDate(tt.in) {
			t.Errorf("%s: %s is %+v, %v; want %+v", tt.claim, tt.in, got, ok, tt.want)
		}
	}
}

func TestNoDates(t *testing.T) {
	for _, s := range []string{
		"", " ", "x", "T", "Z", "-", "--", "-T", "+2026", "234-13", "2026-00", "2026-13", "2026-01-00", "2026-01-32", "2026-001", "2026-01-001", "2026-", "2026-01-", "2026-01-01-", "2026--01", "-2026--01",
		"2026/01/01", "2026-01-01 00:00:00Z", "2026-01-01T24", "2026-01-01T00:60", "2026-01-01T00:00:60Z", "2026-12-31T23:59:60Z", "2026-01-01T:00", "2026-01-01T00:", "2026-01-01T00:00:", "2026-01-01T00:00:00.", "2026-01-01T00:00:00.Z",
		"2026-01-01T00:00:00.0123456789Z", "2026-01-01T00:00:00,5Z", "2026-01-01T00.5", "2026-01-01T00:00.5", "2026-01-01T000:00", "2026-01-01T00:000", "2026-01-01T-1", "2026-01-01T00:00:00+1", "2026-01-01T00:00:00+1:00",
		"2026-01-01T00:00:00+001", "2026-01-01T00:00:00+24", "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00+01:0", "2026-01-01T00:00:00+01:", "2026-01-01T00:00:00+", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+01:00Z",
		"2026-01-01T00:00:00Z+01", "2026-01-01T00:00:00ZZ", "2026-01-01T00:00:00+01-01", "2026-01-01T00:00:00 Z", "2026-01-01Z", "2026-01-01+01:00", "2026-01-01TT", "2026-01-01T00T00", "2026-01-01Tz0",
		"-292275055", "292278994-01-01", "999999999-01", "1000000000-01", "9223372036854775808", "99999999999999999999", "-9223372036854775808", "1e9", "1767323045.5", "0x10", "20260102T000000Z0",
		" 2026-01-01", "2026-01-01 ", "2026-01-01\n", "２０２６", "2026-W01", "2026-001-1", "Fri, 02 Jan 2026 03:04:05 GMT", "now", "${v}", "2026-01-01T00:00:00.-5", "2026-01-01T00:00:00.+5", "2026-+1", "2026-01-+1", "2026-01-01T+5:00",
	} {
		if d, ok := parseDate(s); ok {
			t.Errorf("%q is read as %+v", s, d)
		}
	}
}

// The oracle is package time, in the years that it shares with AWS: all of them.
func TestRandomDatesAreThoseOfPackageTime(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 200_000 {
		year := random.IntN(4000) - 1000
		if random.IntN(3) == 0 {
			year = minYear + random.IntN(maxYear-minYear+1)
		}
		month, day, hour, minute, second, nano := 1+random.IntN(12), 1+random.IntN(31), random.IntN(24), random.IntN(60), random.IntN(60), random.IntN(1e9)
		tm := time.Date(year, time.Month(month), day, hour, minute, second, nano, time.UTC)
		oh, om := random.IntN(24), random.IntN(60)
		sign := 1 - 2*random.IntN(2)
		text := fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d.%09d%c%02d:%02d", year, month, day, hour, minute, second, nano, "+ -"[1-sign], oh, om)
		want := instant{tm.Unix() - int64(sign*(oh*3600+om*60)), int32(nano)}
		if got, ok := parseDate(text); got != want || !ok {
			t.Fatalf("%s is %+v, %v; want %+v", text, got, ok, want)
		}
	}
}

func TestInstantsCompareByTime(t *testing.T) {
	ascending := []string{"-292275054", "-5-06-07", "-0", "1969-12-31T23:59:59.999999999Z", "0", "1", "1970-01-01T00:00:01.000000001Z", "1970-01-01T00:00:01.5", "2026-01-02", "292278993-12-31T23:59:59Z", "9223372036854775807"}
	for i, a := range ascending {
		for j, b := range ascending {
			x, _ := parseDate(a)
			y, _ := parseDate(b)
			if got := x.compare(y); got != orderOf(i-j) {
				t.Errorf("%s to %s is %d", a, b, got)
			}
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"0", "-292275054", "2016-12-13t2:00:00.593194+23", "2026-01-02T03:04:05Z", "01T", "2026-1-1T-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := parseDate(s)
		if !ok {
			return
		}
		if d.nanos < 0 || d.nanos > 999_999_999 || d.compare(d) != equal {
			t.Fatalf("%q is %+v", s, d)
		}
		// What package time reads, it reads the same.
		if tm, err := time.Parse(time.RFC3339Nano, s); err == nil && (tm.Unix() != d.seconds || tm.Nanosecond() != int(d.nanos)) {
			t.Fatalf("%q is %+v, want %v", s, d, tm)
		}
	})
}
