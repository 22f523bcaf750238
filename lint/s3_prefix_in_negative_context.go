package lint

var s3PrefixInNegativeContext = &Rule{
	Code:     "S3_PREFIX_IN_NEGATIVE_CONTEXT",
	Title:    "S3 prefix in negative context",
	Type:     SecurityWarning,
	Kinds:    AnyKind,
	Sentence: "A condition on s3:prefix keeps out what is listed under some prefixes, and a request with a shorter prefix lists it all the same.",
	check: func(c *checker) {
		c.eachKey(func(s *statement, b *block, k *element) {
			if familyOf(b.op) == textFamily && k.named("s3:prefix") && (s.denies() && !b.op.Comparison.Negated() || s.allows() && b.op.Comparison.Negated()) {
				c.report(k.key.span, "A request with a shorter prefix lists these objects all the same; say which prefixes may be listed, by Allow with StringLike or Deny with StringNotLike")
			}
		})
	},
}
