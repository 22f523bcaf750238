package wire

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/writ-iam/writ/internal/model"
)

// The formats of timestamps, as models name them.
const (
	ISO8601 = "iso8601"
	Unix    = "unixTimestamp"
)

// TimeFormat returns how a shape's timestamps are written: as the model says, or else in the protocol's own way.
func TimeFormat(shape *model.Shape, protocol string) string {
	if shape.TimestampFormat != "" {
		return shape.TimestampFormat
	}
	return protocol
}

// AppendISO writes 2024-01-02T03:04:05Z: AWS's answers know no fractions there.
func AppendISO(b []byte, t time.Time) []byte { return t.UTC().AppendFormat(b, "2006-01-02T15:04:05Z") }

// ParseISO reads a timestamp of ISO 8601 in the form of RFC 3339.
func ParseISO(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, s)
	// time.Parse knows a comma for a point; RFC 3339 does not.
	if err != nil || strings.Contains(s, ",") {
		return time.Time{}, false
	}
	t = t.UTC()
	return t, inYears(t)
}

// AppendUnix writes seconds since 1970, with milliseconds if there are any.
func AppendUnix(b []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	if ms%1000 == 0 {
		return strconv.AppendInt(b, ms/1000, 10)
	}
	return strconv.AppendFloat(b, float64(ms)/1000, 'f', 3, 64)
}

// ParseUnix reads seconds since 1970, to the millisecond.
func ParseUnix(s string) (time.Time, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= -62135596800 && f < 253402300800) { // the years 1 to 9999; not a number is in none
		return time.Time{}, false
	}
	ms := f * 1000
	if ms < 0 {
		ms -= 0.5
	} else {
		ms += 0.5
	}
	return time.UnixMilli(int64(ms)).UTC(), true
}

func inYears(t time.Time) bool { return t.Year() >= 1 && t.Year() <= 9999 }

// Time returns the time.Time that v holds, without a copy if v is part of something that a pointer leads to.
func Time(v reflect.Value) time.Time {
	if v.CanAddr() {
		return *v.Addr().Interface().(*time.Time)
	}
	return v.Interface().(time.Time)
}
