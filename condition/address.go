package condition

import (
	"net/netip"
	"strings"
)

// parseRange reads a policy's CIDR range, or an address, which is a range of one (policy-language.md §5.1 IpAddress).
func parseRange(s string) (netip.Prefix, bool) {
	if strings.IndexByte(s, '/') < 0 {
		a, ok := parseAddress(s)
		return netip.PrefixFrom(a, a.BitLen()), ok
	}
	p, err := netip.ParsePrefix(s)
	if a := p.Addr(); err == nil && a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked(), err == nil
}

// ValidRange reports whether s is a range or an address that an address operator can match with.
func ValidRange(s string) bool {
	_, ok := parseRange(s)
	return ok
}

func parsePolicyAddress(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a, err == nil && a.Zone() == ""
}

// parseAddress reads a request's address. One that is IPv4 in the clothes of IPv6 is read as what it is, so that a
// dual-stack socket cannot slip past a range (doc/language.md 9).
func parseAddress(s string) (netip.Addr, bool) {
	if strings.IndexByte(s, ':') < 0 {
		return parseIPv4(s)
	}
	a, ok := parsePolicyAddress(s)
	return a.Unmap(), ok
}

// parseIPv4 reads four decimal numbers without leading zeros. It is netip.ParseAddr for most of what comes, without the
// error that nobody reads.
func parseIPv4(s string) (netip.Addr, bool) {
	var octets [4]byte
	n, digits, field := 0, 0, 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == '.' {
			if digits == 0 || field == len(octets) {
				return netip.Addr{}, false
			}
			octets[field] = byte(n)
			field++
			n, digits = 0, 0
			continue
		}
		c := s[i]
		if c < '0' || c > '9' || digits > 0 && n == 0 {
			return netip.Addr{}, false
		}
		if n, digits = n*10+int(c-'0'), digits+1; n > 255 {
			return netip.Addr{}, false
		}
	}
	return netip.AddrFrom4(octets), field == len(octets)
}
