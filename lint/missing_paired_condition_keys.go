package lint

var missingPairedConditionKeys = &Rule{
	Code:     "MISSING_PAIRED_CONDITION_KEYS",
	Title:    "Missing paired condition keys",
	Type:     SecurityWarning,
	Kinds:    AnyKind,
	Sentence: "A private address is compared without the network that it is an address of: the same address exists in many.",
	check: func(c *checker) {
		c.eachKey(func(s *statement, _ *block, k *element) {
			switch {
			case k.named("aws:VpcSourceIp") && !s.tests("aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"):
				c.report(k.key.span, "Many networks have the same addresses; add a condition on aws:SourceVpc, aws:SourceVpce or aws:SourceVpcArn to %s", k.key.text)
			case k.named("aws:Ec2InstanceSourcePrivateIPv4") && !s.tests("aws:Ec2InstanceSourceVpc"):
				c.report(k.key.span, "Many networks have the same addresses; add a condition on aws:Ec2InstanceSourceVpc to %s", k.key.text)
			}
		})
	},
}
