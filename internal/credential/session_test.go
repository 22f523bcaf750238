package credential

import (
	"reflect"
	"testing"
	"time"
)

// TestSessionsAreReadAsTheyWereWritten with texts of every length and times of every kind, and not if a byte is missing or too many.
func TestSessionsAreReadAsTheyWereWritten(t *testing.T) {
	for _, s := range []Session{
		{Facts: []byte{}, Issued: time.Unix(0, 0).UTC(), Expires: time.Unix(0, 0).UTC()},
		{AccessKeyID: "k", SecretAccessKey: "s", Account: "a", Principal: "p", Facts: []byte("{}"), Issued: time.Date(1969, 1, 1, 0, 0, 0, 1, time.UTC), Expires: time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)},
		{AccessKeyID: string(make([]byte, 127)), SecretAccessKey: string(make([]byte, 128)), Account: string(make([]byte, 16384)), Facts: make([]byte, 300), Issued: time.Time{}, Expires: time.Time{}},
	} {
		b := s.append(nil)
		got := new(Session)
		if !got.read(b) || !reflect.DeepEqual(*got, s) {
			t.Errorf("read %+v, want %+v", got, s)
		}
		for n := range len(b) {
			if new(Session).read(b[:n]) {
				t.Errorf("read of %d bytes the first %d", len(b), n)
			}
		}
		if new(Session).read(append(b, 0)) {
			t.Error("read with a byte too many")
		}
	}
	if new(Session).read([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}) {
		t.Error("read a text of 2^64-1 bytes")
	}
}

func FuzzReadSession(f *testing.F) {
	f.Add((&Session{AccessKeyID: "k", Facts: []byte("{}"), Issued: time.Unix(1, 2), Expires: time.Unix(3, 4)}).append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := new(Session)
		if !s.read(b) {
			return
		}
		again := new(Session)
		if !again.read(s.append(nil)) || !reflect.DeepEqual(s, again) {
			t.Errorf("%+v became %+v", s, again)
		}
	})
}
