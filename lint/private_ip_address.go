package lint

import (
	"net/netip"

	"github.com/writ-iam/writ/condition"
)

var privateIpAddress = &Rule{
	Code:     "PRIVATE_IP_ADDRESS",
	Title:    "Private IP address",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "All addresses that aws:SourceIp must be one of are private, and a request never comes from one: the condition never holds.",
	check: func(c *checker) {
		c.eachSourceIP(condition.IPAddress, func(k *element, private, public []span) {
			if len(private) > 0 && len(public) == 0 {
				c.report(k.whole, "aws:SourceIp is a public address; with private ones alone this never holds. Use aws:VpcSourceIp, or public addresses")
			}
		})
	},
}

// eachSourceIP calls f with each condition on aws:SourceIp under an operator, and which of its values are private ranges and which are not.
func (c *checker) eachSourceIP(op condition.Comparison, f func(k *element, private, public []span)) {
	c.eachKey(func(_ *statement, b *block, k *element) {
		if b.op.Comparison != op || !k.named("aws:SourceIp") {
			return
		}
		var private, public []span
		for i := range k.items {
			v := &k.items[i]
			switch p, ok := parseRange(v.text); {
			case !ok:
			case isPrivate(p):
				private = append(private, v.span)
			default:
				public = append(public, v.span)
			}
		}
		f(k, private, public)
	})
}

// parseRange reads an address or a range.
func parseRange(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	return p, err == nil
}

// privateRanges are those that no request comes from over the Internet.
var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("::1/128"),
}

func isPrivate(p netip.Prefix) bool {
	for _, r := range privateRanges {
		if r.Bits() <= p.Bits() && r.Contains(p.Addr()) {
			return true
		}
	}
	return false
}
