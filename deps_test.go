package writ_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/writ-iam/writ"

// order lists, for each package, which packages of ours it may import. A package that is not here is not allowed to exist. Please don't widen a
// row to make a build pass: the order is the architecture, and whatever wants to break it has usually found the wrong home.
var order = map[string][]string{
	"": nil,

	// The science: pure, public, no clock, no I/O, no log.
	"wildcard":  nil,
	"arn":       nil,
	"condition": {"arn", "wildcard", "internal/fold"},
	// The grammar of documents. It names operators, and so knows condition, but not what a document means.
	"policy": {"arn", "condition", "wildcard", "internal/fold", "internal/jsontext"},
	// What AWS defines knows nothing of policies: it is looked up by those who check them.
	"catalog": {"wildcard", "internal/fold"},
	// The judge does not know the catalogue: what an action is decides nothing.
	"authz": {"arn", "condition", "policy", "wildcard", "internal/fold", "internal/jsontext"},

	// Proofs about policies are made for the judge's language and confirmed by the judge.
	"analysis": {"arn", "authz", "catalog", "condition", "policy", "wildcard", "internal/fold", "internal/jsontext"},

	// Findings about one policy, by itself: no rule asks the judge, but what reading does not tell may be proved.
	"lint": {"analysis", "arn", "catalog", "condition", "policy", "wildcard", "internal/fold", "internal/jsontext"},

	// What other tools' files hold: it finds documents, and does not say what is wrong with them.
	"internal/template": {"policy", "internal/jsontext"},

	// Signatures are checked without a clock: the time is an argument, and so it may say what a time is.
	"sigv4": nil,

	"internal/fold":     nil,
	"internal/managed":  nil,
	"internal/jsontext": {"internal/fold"},

	// The server. An error for the wire knows nothing; everybody may make one.
	"internal/fault": nil,
	// The state. What keeps records does not know what they say.
	"internal/store":          nil,
	"internal/store/memory":   {"internal/store"},
	"internal/store/embedded": {"internal/store"},
	// The contract as a test suite.
	"internal/store/storetest": {"internal/store"},
	// Secrets are sealed for whoever brings them.
	"internal/credential": nil,
	// Documents are checked by policy and made programs of by authz; a caller is what authz judges.
	"internal/identity": {"arn", "authz", "policy", "internal/fault", "internal/fold", "internal/managed", "internal/store"},
	"internal/grants":   {"arn", "authz", "condition", "policy", "internal/identity"},
	"internal/op":       {"authz", "condition", "internal/identity"},
	// Services never import one another.
	"internal/service/iam": {
		"arn", "authz", "condition", "policy", "internal/api/iamapi", "internal/credential", "internal/fault", "internal/fold", "internal/grants", "internal/identity", "internal/op", "internal/store",
	},
	"internal/service/sts": {
		"arn", "authz", "condition", "policy", "internal/api/stsapi", "internal/credential", "internal/fault", "internal/identity", "internal/op",
	},
	// Events travel in commits, and their elements are told by the models.
	"internal/trail": {"internal/jsontext", "internal/model", "internal/store"},
	// The way of a call. Authentication knows nothing of operations, and dispatch nothing of how a call came.
	"internal/authn":    {"authz", "sigv4", "internal/credential", "internal/fault", "internal/identity"},
	"internal/dispatch": {"authz", "condition", "internal/fault", "internal/grants", "internal/identity", "internal/model", "internal/op", "internal/trail", "internal/wire"},
	"internal/server": {
		"internal/authn", "internal/dispatch", "internal/fault", "internal/identity", "internal/model", "internal/op", "internal/route", "internal/telemetry", "internal/trail",
		"internal/wire", "internal/wire/awsjson", "internal/wire/awsquery", "internal/wire/restjson",
	},
	// What no AWS call does: it makes accounts in a state, and so comes before every caller.
	"internal/operator": {"internal/credential", "internal/fault", "internal/identity", "internal/store", "internal/trail"},
	// Quotas are a part of the configuration.
	"internal/config":    {"internal/identity"},
	"internal/telemetry": nil,
	// AWS's models, the command that writes types from them, and those types, which know nothing.
	"internal/model":  nil,
	"internal/apigen": {"internal/model"},
	// Codecs know models and faults, not what is done with what they read.
	"internal/wire":          {"internal/model", "internal/fault"},
	"internal/wire/form":     {"internal/fault"},
	"internal/wire/jsonbody": {"internal/wire", "internal/model", "internal/fault", "internal/jsontext"},
	"internal/wire/awsquery": {"internal/wire", "internal/wire/form", "internal/model", "internal/fault"},
	"internal/wire/awsjson":  {"internal/wire", "internal/wire/jsonbody", "internal/model", "internal/fault", "internal/jsontext"},
	"internal/wire/restjson": {"internal/wire", "internal/wire/form", "internal/wire/jsonbody", "internal/model", "internal/fault", "internal/jsontext"},
	// What a request names, for all services; wire is for those that are served here.
	"internal/route": {"internal/wire/form", "internal/fault"},

	"internal/api":                   nil,
	"internal/api/accessanalyzerapi": nil,
	"internal/api/accountapi":        nil,
	"internal/api/cloudtrailapi":     nil,
	"internal/api/iamapi":            nil,
	"internal/api/identitystoreapi":  nil,
	"internal/api/organizationsapi":  nil,
	"internal/api/rolesanywhereapi":  nil,
	"internal/api/signinapi":         nil,
	"internal/api/ssoadminapi":       nil,
	"internal/api/ssoapi":            nil,
	"internal/api/ssooidcapi":        nil,
	"internal/api/stsapi":            nil,

	// Commands may import anything; these need no more. cmd/writ joins everything: see its node.go.
	"catalog/refresh": {"catalog"},
	"cmd/writ": {
		"analysis", "authz", "catalog", "lint", "policy", "internal/authn", "internal/config", "internal/credential", "internal/dispatch", "internal/fold", "internal/identity", "internal/jsontext", "internal/model",
		"internal/operator", "internal/route", "internal/server", "internal/service/iam", "internal/service/sts", "internal/store", "internal/store/embedded",
		"internal/store/memory", "internal/telemetry", "internal/template", "internal/trail",
	},
}

// impure are packages of the standard library that the science may not import outside of its tests.
var impure = []string{"time", "os", "log", "log/slog", "net", "net/http", "os/exec", "syscall", "unsafe", "math/rand", "math/rand/v2", "crypto/rand", "context"}

var science = []string{"wildcard", "arn", "condition", "policy", "catalog", "authz", "analysis", "internal/fold", "internal/jsontext"}

func TestImportOrder(t *testing.T) {
	seen := make(map[string]bool)
	eachFile(t, func(pkg, file string, imports []string) {
		seen[pkg] = true
		allowed, ok := order[pkg]
		if !ok {
			t.Errorf("%s: package %q has no row in the import order", file, pkg)
			return
		}
		for _, path := range imports {
			ours, isOurs := strings.CutPrefix(path, module+"/")
			if isOurs && !slices.Contains(allowed, ours) {
				t.Errorf("%s: %q may not import %q", file, pkg, ours)
			}
			if slices.Contains(science, pkg) && slices.Contains(impure, path) {
				t.Errorf("%s: %q is pure and may not import %q", file, pkg, path)
			}
		}
	})
	for pkg := range order {
		if !seen[pkg] {
			t.Errorf("the import order has a row for %q, which does not exist", pkg)
		}
	}
}

// TestEveryPackageSaysItsJob wants just one package comment in each package, so that it stands in one place.
func TestEveryPackageSaysItsJob(t *testing.T) {
	comments := make(map[string][]string)
	eachFile(t, func(pkg, file string, _ []string) {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		if f.Doc != nil {
			comments[pkg] = append(comments[pkg], file)
		}
	})
	for pkg := range order {
		if n := len(comments[pkg]); n != 1 {
			t.Errorf("package %q has %d package comments, want one: %v", pkg, n, comments[pkg])
		}
	}
}

// eachFile calls f with every Go file of the module that is no test.
func eachFile(t *testing.T, f func(pkg, file string, imports []string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "bench" || file == "integration" || d.Name() == "tools" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && file != "."):
			return filepath.SkipDir
		case !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, spec := range parsed.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, path)
		}
		pkg := filepath.ToSlash(filepath.Dir(file))
		if pkg == "." {
			pkg = ""
		}
		f(pkg, file, imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
