package lint

var missingGithubRepoConditionKey = &Rule{
	Code:     "MISSING_GITHUB_REPO_CONDITION_KEY",
	Title:    "Missing github repo condition key",
	Type:     SecurityWarning,
	Kinds:    Trust,
	Sentence: "GitHub is let in without a condition on the subject, and so are all its repositories, of whomever.",
	check: func(c *checker) {
		c.eachPrincipalValue(func(s *statement, kind string, v *value) {
			if kind != "Federated" || !s.allows() {
				return
			}
			if name, ok := provider(v.text); ok && name == gitHub && !s.tests(gitHubSub) {
				c.report(v.span, "Workflows of all repositories are let in; add a condition on %s with repository and branch", gitHubSub)
			}
		})
	},
}
