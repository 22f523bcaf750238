package condition

import (
	"net/netip"
	"testing"
)

func TestRanges(t *testing.T) {
	for _, tt := range []struct {
		claim, in, contains, excludes string
	}{
		{"an address is a range of one", "10.0.0.1", "10.0.0.1", "10.0.0.2"},
		{"of IPv6 too", "2001:db8::1", "2001:db8:0:0::1", "2001:db8::2"},
		{"a range", "10.1.0.0/16", "10.1.255.255", "10.2.0.0"},
		{"host bits are masked", "10.1.2.3/16", "10.1.0.0", "10.2.2.3"},
		{"host bits of IPv6", "2001:db8::1/32", "2001:db8:ffff::", "2001:db9::1"},
		{"everything", "0.0.0.0/0", "255.255.255.255", "::"},
		{"everything of IPv6", "::/0", "ffff::", "0.0.0.0"},
		{"an IPv4 address never falls in an IPv6 range", "::/0", "::1", "10.0.0.1"},
		{"but a mapped range is one of IPv4", "::ffff:10.0.0.0/104", "::ffff:10.0.0.1", "11.0.0.1"},
		{"a mapped address alone too", "::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"},
		{"a mapped address falls in an IPv4 range", "10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:11.0.0.1"},
		{"in hexadecimal too", "10.0.0.0/8", "::ffff:a00:1", "::a00:1"},
		{"one address as a range", "10.0.0.1/32", "10.0.0.1", "10.0.0.0"},
	} {
		r, ok := parseRange(tt.in)
		if !ok || !ValidRange(tt.in) {
			t.Errorf("%s: %s is not read", tt.claim, tt.in)
			continue
		}
		if a, ok := parseAddress(tt.contains); tt.contains != "" && (!ok || !r.Contains(a)) {
			t.Errorf("%s: %s does not contain %s", tt.claim, tt.in, tt.contains)
		}
		if a, ok := parseAddress(tt.excludes); !ok || r.Contains(a) {
			t.Errorf("%s: %s contains %s", tt.claim, tt.in, tt.excludes)
		}
	}
}

func TestNoRanges(t *testing.T) {
	for _, s := range []string{
		"", "x", "10", "10.0", "10.0.0", "10.0.0.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.01", "0x0a.0.0.1", "10.0.0.1 ", " 10.0.0.1", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8/8",
		"10.0.0.0/255.0.0.0", "10.0.0.*", "10.0.0.0-10.0.0.9", "/8", "::/129", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1%eth0", "fe80::%1/64", "[::1]", "12345::", "::g", "localhost", "167772161", "1.2.3.4:80", "１.2.3.4", "10..0.1", ".0.0.1", "10.0.0.",
	} {
		if ValidRange(s) {
			t.Errorf("%q is a range", s)
		}
	}
}

// The reader of addresses agrees with net/netip but for zones and addresses in disguise.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"10.1.2.3", "::ffff:10.1.2.3", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "2001:db8::1", "fe80::1%a", "1.2.3.", "0.0.0.0", "1..2.3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := netip.ParseAddr(s)
		valid := err == nil && want.Zone() == ""
		if got, ok := parseAddress(s); ok != valid || ok && got != want.Unmap() {
			t.Fatalf("%q is %v, %v; want %v, %v", s, got, ok, want, err)
		}
		if r, ok := parseRange(s); ok && valid && !r.Contains(want.Unmap()) {
			t.Fatalf("the range %v does not contain %s", r, s)
		}
	})
}
