package condition

import (
	"net/netip"
	"strings"
)

// parseRange reads a policy's CIDR range, or an address, which is a range of one (policy-language.md §5.1 IpAddress).
func parseRange(s string) (netip.Prefix, bool) {
	if strings.IndexByte(s, '/') < 0 {
		a, ok := parsePolicyAddress(s)
		return netip.PrefixFrom(a, a.BitLen()), ok
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err == nil
}

func parsePolicyAddress(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a, err == nil && a.Zone() == ""
}

// parseAddress reads a request's address. One that is IPv4 in the clothes of IPv6 is read as what it is, so that a
// dual-stack socket cannot slip past a range (doc/language.md 9).
func parseAddress(s string) (netip.Addr, bool) {
	a, ok := parsePolicyAddress(s)
	return a.Unmap(), ok
}
