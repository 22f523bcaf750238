package lint

import "github.com/writ-iam/writ/condition"

var privateIpAddressSubset = &Rule{
	Code:     "PRIVATE_IP_ADDRESS_SUBSET",
	Title:    "Private IP address subset",
	Type:     Suggestion,
	Kinds:    AnyKind,
	Sentence: "Some of the addresses that aws:SourceIp must be one of are private, and a request never comes from one.",
	check: func(c *checker) {
		c.eachSourceIP(condition.IPAddress, func(k *element, private, public []span) {
			if len(private) > 0 && len(public) > 0 {
				c.reportAll(private, "aws:SourceIp is a public address; private ones have no effect. Use aws:VpcSourceIp for them")
			}
		})
	},
}
