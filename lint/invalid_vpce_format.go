package lint

var invalidVpceFormat = &Rule{
	Code:     "INVALID_VPCE_FORMAT",
	Title:    "Invalid vpce format",
	Type:     Error,
	Kinds:    AnyKind,
	Sentence: "The value of aws:SourceVpce is not the id of a VPC endpoint.",
	check: func(c *checker) {
		c.reportIDs("aws:SourceVpce", "vpce-")
	},
}
