package lint

import "strings"

// A subject is repo:OWNER/REPOSITORY:WHAT. If WHAT alone has a wildcard a condition on the ref claim may say the branch.
var specificGithubRepoAndBranchRecommended = &Rule{
	Code:     "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED",
	Title:    "Specific github repo and branch recommended",
	Type:     Warning,
	Kinds:    Trust,
	Sentence: "A trust policy for GitHub lets in by a pattern of subjects, and so perhaps repositories or branches that nobody thought of.",
	check: func(c *checker) {
		c.eachKey(func(s *statement, b *block, k *element) {
			if !s.allows() || !k.named(gitHubSub) || familyOf(b.op) != textFamily || !positive(b.op) {
				return
			}
			for i := range k.items {
				v := &k.items[i]
				if !isPattern(v.text) {
					continue
				}
				repository, _, _ := strings.Cut(strings.TrimPrefix(v.text, "repo:"), ":")
				if strings.HasPrefix(v.text, "repo:") && !isPattern(repository) && s.tests(gitHubRef) {
					continue
				}
				c.report(v.span, "This pattern can let in more than was meant; name the repository, and the branch here or in a condition on %s", gitHubRef)
			}
		})
	},
}
