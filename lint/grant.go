package lint

import (
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

// grant is how a statement of effect Allow comes to cover one action on more resources than were named: what the rules on iam:PassRole and
// iam:CreateServiceLinkedRole tell apart.
type grant uint8

const (
	noGrant grant = iota
	notResource
	starActionNotResource
	notActionNotResource
	starResource
	starActionStarResource
	starResourceNotAction
)

// grantOf returns how a statement grants an action, and the places that say so. within is how far the name of a role may be given in a resource that
// still stands for all of them.
func (s *statement) grantOf(action, within string) (grant, []span) {
	if !s.allows() || !s.coversAction(action) {
		return noGrant, nil
	}
	var by span
	exact, not := false, !s.action.present()
	if not {
		by = s.notAction.whole
	} else {
		for i := range s.action.items {
			v := &s.action.items[i]
			switch {
			case fold.Equal(v.text, action):
				by, exact = v.span, true
			case !exact && by.end == 0 && covers(v.text, fold.Name(action)):
				by = v.span
			}
		}
	}
	kind := func(plain, star, not_ grant) grant {
		switch {
		case not:
			return not_
		case exact:
			return plain
		}
		return star
	}
	if !s.resource.present() && s.notResource.present() {
		return kind(notResource, starActionNotResource, notActionNotResource), []span{by, s.notResource.whole}
	}
	for i := range s.resource.items {
		if v := &s.resource.items[i]; everyRole(v.text, within) {
			return kind(starResource, starActionStarResource, starResourceNotAction), []span{by, v.span}
		}
	}
	return noGrant, nil
}

// everyRole reports whether a pattern of resources stands for all roles of some account, or for all of those whose path begins with within.
func everyRole(pattern, within string) bool {
	if strings.Trim(pattern, "*") == "" && pattern != "" {
		return true
	}
	parts := strings.SplitN(pattern, ":", 6)
	if len(parts) < 6 {
		return strings.HasSuffix(pattern, "*") && (len(parts) < 3 || parts[2] == "iam" || isPattern(parts[2]))
	}
	if parts[2] != "iam" && !isPattern(parts[2]) {
		return false
	}
	name, ok := strings.CutPrefix(parts[5], "role/")
	if !ok {
		star := strings.IndexByte(parts[5], '*')
		return star >= 0 && strings.HasPrefix("role/", parts[5][:star])
	}
	name = strings.TrimPrefix(name, within)
	return strings.Contains(name, "*") && strings.Trim(name, "*/") == ""
}
