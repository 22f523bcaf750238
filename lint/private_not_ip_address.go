package lint

import "github.com/writ-iam/writ/condition"

var privateNotIpAddress = &Rule{
	Code:     "PRIVATE_NOT_IP_ADDRESS",
	Title:    "Private NotIpAddress",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "All addresses that aws:SourceIp must not be one of are private, and a request never comes from one: the condition always holds.",
	check: func(c *checker) {
		c.eachSourceIP(condition.NotIPAddress, func(k *element, private, public []span) {
			if len(private) > 0 && len(public) == 0 {
				c.report(k.whole, "aws:SourceIp is a public address; with private ones alone this always holds. Use aws:VpcSourceIp, or public addresses")
			}
		})
	},
}
