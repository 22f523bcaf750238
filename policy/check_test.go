package policy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/writ-iam/writ/policy"
)

// The kinds that IAM's checks of §7 are for.
var identityKinds = []policy.Kind{policy.Managed, policy.Inline, policy.Session}

// statements is a document of these statements.
func statements(list ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(list, ",") + `]}`
}

// members is the base of a statement with some members changed: "Effect=…" replaces or adds one, "-Effect" takes one away.
func members(base string, changes ...string) string {
	list := strings.Split(base, " ")
	for _, change := range changes {
		name, value, set := strings.Cut(change, "=")
		name = strings.TrimPrefix(name, "-")
		var kept []string
		for _, m := range list {
			if !strings.HasPrefix(m, `"`+name+`":`) {
				kept = append(kept, m)
			}
		}
		if list = kept; set {
			list = append(list, `"`+name+`":`+value)
		}
	}
	return "{" + strings.Join(list, ",") + "}"
}

// bases are the members of a good statement of each kind.
var bases = map[policy.Kind]string{
	policy.Grammar:         `"Effect":"Allow"`,
	policy.Managed:         `"Effect":"Allow" "Action":"s3:GetObject" "Resource":"*"`,
	policy.Inline:          `"Effect":"Allow" "Action":"s3:GetObject" "Resource":"*"`,
	policy.Session:         `"Effect":"Allow" "Action":"s3:GetObject" "Resource":"*"`,
	policy.Trust:           `"Effect":"Allow" "Principal":{"AWS":"111122223333"} "Action":"sts:AssumeRole"`,
	policy.Resource:        `"Effect":"Allow" "Principal":"*" "Action":"s3:GetObject" "Resource":"arn:aws:s3:::b/*"`,
	policy.ServiceControl:  `"Effect":"Allow" "Action":"s3:GetObject" "Resource":"*"`,
	policy.ResourceControl: `"Effect":"Deny" "Principal":"*" "Action":"s3:GetObject" "Resource":"*"`,
}

// with is a document of one statement, that of its kind with changes.
func with(k policy.Kind, changes ...string) string {
	return `{"Version":"2012-10-17","Statement":` + members(bases[k], changes...) + `}`
}

// answer is the message with which a kind refuses a text, empty if it does not.
func answer(tb testing.TB, k policy.Kind, text string) string {
	tb.Helper()
	_, err := policy.Check(k, text)
	if err == nil {
		return ""
	}
	var e *policy.Error
	if !errors.As(err, &e) || e.Kind != k || e.Code == "" || e.Message == "" || e.Detail == "" {
		tb.Fatalf("%s: %s: the error is %#v", k, text, err)
	}
	return e.Message
}

func TestGoodStatementsOfAllKinds(t *testing.T) {
	for k := range bases {
		if got := answer(t, k, with(k)); got != "" {
			t.Errorf("%s: %s is refused: %s", k, with(k), got)
		}
	}
}

func TestCodes(t *testing.T) {
	for k, want := range map[policy.Kind]string{
		policy.Grammar: "MalformedPolicyDocument", policy.Managed: "MalformedPolicyDocument", policy.Inline: "MalformedPolicyDocument", policy.Session: "MalformedPolicyDocument",
		policy.Trust: "MalformedPolicyDocument", policy.Resource: "MalformedPolicy", policy.ServiceControl: "MalformedPolicyDocumentException", policy.ResourceControl: "MalformedPolicyDocumentException",
	} {
		var e *policy.Error
		if _, err := policy.Check(k, "{}"); !errors.As(err, &e) || e.Code != want {
			t.Errorf("%s: %#v, want the code %s", k, err, want)
		}
	}
}

func TestKinds(t *testing.T) {
	if got := strings.Join(policy.Kinds(), " "); got != "policy managed inline session trust resource scp rcp" {
		t.Errorf("the kinds are %s", got)
	}
	for _, name := range policy.Kinds() {
		if k, err := policy.ParseKind(name); err != nil || k.String() != name {
			t.Errorf("%s is read as %s, %v", name, k, err)
		}
	}
	for _, name := range []string{"", "Managed", "x", " managed"} {
		if k, err := policy.ParseKind(name); err == nil {
			t.Errorf("%q is read as %s", name, k)
		}
	}
}

// The table of policy-language.md §1, each cell: which kinds accept a statement with the change. The columns are identity policies (managed,
// inline and session alike unless said otherwise), resource policies, trust policies, service and resource control policies.
func TestGrammarMatrix(t *testing.T) {
	columns := map[byte][]policy.Kind{'i': identityKinds, 'r': {policy.Resource}, 't': {policy.Trust}, 's': {policy.ServiceControl}, 'c': {policy.ResourceControl}}
	all := "irtsc"
	for _, row := range []struct {
		claim   string
		changes string // separated by blanks
		accept  string // the columns that accept it
	}{
		{"Sid of letters and digits", `Sid="Az09"`, all},
		{"an empty Sid", `Sid=""`, all},
		{"a Sid of another type", `Sid=1`, ""},
		{"a Sid of null", `Sid=null`, ""},
		{"a Sid in a list", `Sid=["a"]`, ""},
		{"Effect Allow", `Effect="Allow"`, "irts"},
		{"Effect Deny", `Effect="Deny"`, all},
		{"Effect in another case", `Effect="allow"`, ""},
		{"Effect in capitals", `Effect="DENY"`, ""},
		{"another Effect", `Effect="Permit"`, ""},
		{"an empty Effect", `Effect=""`, ""},
		{"Effect with a blank", "Effect=\"Allow\u00a0\"", ""},
		{"Effect as a list", `Effect=["Allow"]`, ""},
		{"Effect as a boolean", `Effect=true`, ""},
		{"no Effect", `-Effect`, ""},
		{"Principal *", `Principal="*"`, "rc"},
		{"Principal with an object", `Principal={"AWS":"111122223333"}`, "rt"},
		{"Principal {AWS: *}", `Principal={"AWS":"*"}`, "rt"},
		{"Principal with a list", `Principal={"AWS":["111122223333","444455556666"],"Service":"ec2.amazonaws.com"}`, "rt"},
		{"Principal with another text", `Principal="111122223333"`, ""},
		{"Principal empty", `Principal={}`, ""},
		{"Principal in a list", `Principal=["*"]`, ""},
		{"Principal of a number", `Principal=5`, ""},
		{"Principal of null", `Principal=null`, ""},
		{"Principal of an unknown type", `Principal={"Aws":"111122223333"}`, ""},
		{"Principal with a nested object", `Principal={"AWS":{"AWS":"111122223333"}}`, ""},
		{"Principal with a number", `Principal={"AWS":111122223333}`, ""},
		{"Principal with null", `Principal={"AWS":[null]}`, ""},
		{"no Principal", `-Principal`, "is"},
		{"NotPrincipal with Deny", `-Principal NotPrincipal={"AWS":"111122223333"} Effect="Deny"`, "r"},
		{"NotPrincipal with Allow", `-Principal NotPrincipal={"AWS":"111122223333"} Effect="Allow"`, ""},
		{"both", `Principal={"AWS":"111122223333"} NotPrincipal={"AWS":"111122223333"} Effect="Deny"`, ""},
		{"an action of STS", `Action="sts:AssumeRole"`, all},
		{"a list of actions", `Action=["sts:AssumeRole","sts:TagSession"]`, all},
		{"a list of one", `Action=["sts:AssumeRole"]`, all},
		{"an action of another service", `Action="s3:GetObject"`, "irsc"},
		{"an action of a service without resource control", `Action="ec2:RunInstances"`, "irs"},
		{"all actions", `Action="*"`, "irs"},
		{"NotAction", `-Action NotAction="sts:AssumeRole"`, "irts"},
		{"Action and NotAction", `NotAction="sts:AssumeRole"`, ""},
		{"neither", `-Action`, ""},
		{"no actions", `Action=[]`, ""},
		{"an empty action", `Action=""`, ""},
		{"null for an action", `Action=null`, ""},
		{"null among actions", `Action=["sts:AssumeRole",null]`, ""},
		{"a number for an action", `Action=1`, ""},
		{"a number among actions", `Action=["sts:AssumeRole",1]`, ""},
		{"a nested list of actions", `Action=[["sts:AssumeRole"]]`, ""},
		{"an object for an action", `Action={"sts":"AssumeRole"}`, ""},
		{"a Resource", `Resource="arn:aws:s3:::b"`, "irsc"},
		{"all resources", `Resource="*"`, "irsc"},
		{"a list of resources", `Resource=["arn:aws:s3:::b","arn:aws:s3:::c"]`, "irsc"},
		{"null among resources", `Resource=["arn:aws:s3:::b",null]`, "irsc"},
		{"null alone in a list", `Resource=[null]`, "irsc"},
		{"null for a resource", `Resource=null`, ""},
		{"a number for a resource", `Resource=1`, ""},
		{"a boolean among resources", `Resource=["*",true]`, ""},
		{"NotResource", `-Resource NotResource="arn:aws:s3:::b"`, "irsc"},
		{"Resource and NotResource", `Resource="*" NotResource="arn:aws:s3:::b"`, ""},
		{"neither", `-Resource`, "t"},
		{"no resources", `Resource=[]`, ""},
		{"an empty resource", `Resource=""`, ""},
		{"a Condition", `Condition={"StringEquals":{"aws:username":"a"}}`, all},
		{"values of all types", `Condition={"StringEquals":{"k":["a",1,-1.5e3,true,false]}}`, all},
		{"one number", `Condition={"NumericEquals":{"k":5}}`, all},
		{"an empty Condition", `Condition={}`, all},
		{"an empty operator", `Condition={"StringEquals":{}}`, all},
		{"an unknown operator without keys", `Condition={"x":{}}`, all},
		{"dates without keys", `Condition={"DateGreaterThan":{}}`, all},
		{"dates without values", `Condition={"DateGreaterThan":{"k":[]}}`, all},
		{"an unknown operator with keys", `Condition={"x":{"k":"v"}}`, ""},
		{"an unknown operator with a key", `Condition={"x":{"k":[]}}`, ""},
		{"NullIfExists", `Condition={"NullIfExists":{"k":"true"}}`, ""},
		{"two colons", `Condition={"ForAnyValue::StringEquals":{"k":"v"}}`, ""},
		{"set operator and IfExists", `Condition={"ForAnyValue:StringEqualsIfExists":{"k":"v"}}`, all},
		{"ForAllValues:Bool", `Condition={"ForAllValues:Bool":{"k":true}}`, all},
		{"Null with a boolean", `Condition={"Null":{"k":false}}`, all},
		{"Condition as a list", `Condition=[]`, ""},
		{"Condition as a text", `Condition="a"`, ""},
		{"Condition as null", `Condition=null`, ""},
		{"operator with a text", `Condition={"StringEquals":"a"}`, ""},
		{"operator with a list", `Condition={"StringEquals":[]}`, ""},
		{"operator with null", `Condition={"StringEquals":null}`, ""},
		{"key with an object", `Condition={"StringEquals":{"k":{}}}`, ""},
		{"key with a nested list", `Condition={"StringEquals":{"k":[["v"]]}}`, ""},
		{"key with null", `Condition={"StringEquals":{"k":null}}`, ""},
		{"key with null in a list", `Condition={"StringEquals":{"k":[null]}}`, ""},
		{"an unknown element", `Foo="x"`, ""},
		{"an element in another case", `-Action action="sts:AssumeRole"`, ""},
		{"a long s", "-Resource Re\u017fource=\"*\"", ""},
		{"Effect and effect", `effect="Deny"`, ""},
	} {
		for name, kinds := range columns {
			for _, k := range kinds {
				text := with(k, strings.Split(row.changes, " ")...)
				if got, want := answer(t, k, text), strings.IndexByte(row.accept, name) >= 0; (got == "") != want {
					t.Errorf("%s: %s: accepted should be %v: %q\n%s", k, row.claim, want, got, text)
				}
			}
		}
	}
}

// The document's own members (policy-language.md §1).
func TestDocumentMatrix(t *testing.T) {
	all := []policy.Kind{policy.Managed, policy.Inline, policy.Session, policy.Trust, policy.Resource, policy.ServiceControl, policy.ResourceControl}
	columns := []byte("mipt" + "rsc") // managed, inline, session (p), trust, resource, scp, rcp
	for _, row := range []struct {
		claim, text string // S is a good statement
		accept      string
	}{
		{"version 2012", `{"Version":"2012-10-17","Statement":[S]}`, "miptrsc"},
		{"version 2008", `{"Version":"2008-10-17","Statement":[S]}`, "iptr"},
		{"no version", `{"Statement":[S]}`, "iptr"},
		{"another version", `{"Version":"2013-10-17","Statement":[S]}`, ""},
		{"an empty version", `{"Version":"","Statement":[S]}`, ""},
		{"a version of another type", `{"Version":20121017,"Statement":[S]}`, ""},
		{"version null", `{"Version":null,"Statement":[S]}`, ""},
		{"versions", `{"Version":["2012-10-17"],"Statement":[S]}`, ""},
		{"one statement", `{"Version":"2012-10-17","Statement":S}`, "miptrsc"},
		{"two statements", `{"Version":"2012-10-17","Statement":[S,S]}`, "miptrsc"},
		{"in another order", `{"Statement":[S],"Version":"2012-10-17"}`, "miptrsc"},
		{"no Statement", `{"Version":"2012-10-17"}`, ""},
		{"no statements", `{"Version":"2012-10-17","Statement":[]}`, ""},
		{"Statement null", `{"Version":"2012-10-17","Statement":null}`, ""},
		{"Statement text", `{"Version":"2012-10-17","Statement":"S"}`, ""},
		{"a text among statements", `{"Version":"2012-10-17","Statement":[S,"x"]}`, ""},
		{"a nested list", `{"Version":"2012-10-17","Statement":[[S]]}`, ""},
		{"an empty statement", `{"Version":"2012-10-17","Statement":[{}]}`, ""},
		{"an Id", `{"Version":"2012-10-17","Id":"any string, 1 2 3","Statement":[S]}`, "miptr"},
		{"an empty Id", `{"Version":"2012-10-17","Id":"","Statement":[S]}`, "miptr"},
		{"an Id in a list", `{"Version":"2012-10-17","Id":["x"],"Statement":[S]}`, ""},
		{"an Id object", `{"Version":"2012-10-17","Id":{},"Statement":[S]}`, ""},
		{"an unknown member", `{"Version":"2012-10-17","Statement":[S],"Foo":1}`, ""},
		{"statement", `{"Version":"2012-10-17","statement":[S]}`, ""},
		{"statement too", `{"Version":"2012-10-17","Statement":[S],"statement":[S]}`, ""},
		{"version twice", `{"Version":"2012-10-17","Statement":[S],"Version":"2012-10-17"}`, ""},
		{"an empty object", `{}`, ""},
		{"a list", `[S]`, ""},
		{"a text", `"S"`, ""},
		{"null", `null`, ""},
		{"nothing", ``, ""},
		{"blanks behind", `{"Version":"2012-10-17","Statement":[S]}` + " \n", "miptrsc"},
		{"something behind", `{"Version":"2012-10-17","Statement":[S]}x`, ""},
		{"two documents", `{"Version":"2012-10-17","Statement":[S]}{"Version":"2012-10-17","Statement":[S]}`, ""},
		{"a byte order mark", "\ufeff" + `{"Version":"2012-10-17","Statement":[S]}`, ""},
		{"a comment", `/* */{"Version":"2012-10-17","Statement":[S]}`, ""},
		{"a comma at the end", `{"Version":"2012-10-17","Statement":[S],}`, ""},
		{"equal Sids", `{"Version":"2012-10-17","Statement":[D,D]}`, ""},
		{"empty Sids", `{"Version":"2012-10-17","Statement":[E,E,E]}`, "miptrsc"},
	} {
		for i, k := range all {
			text := strings.NewReplacer("S,", members(bases[k])+",", "S]", members(bases[k])+"]", "S}", members(bases[k])+"}",
				"D", members(bases[k], `Sid="d"`), "E", members(bases[k], `Sid=""`)).Replace(row.text)
			if got, want := answer(t, k, text), strings.IndexByte(row.accept, columns[i]) >= 0; (got == "") != want {
				t.Errorf("%s: %s: accepted should be %v: %q\n%s", k, row.claim, want, got, text)
			}
		}
	}
}

// Escapes, numbers and strange texts that must be malformed, and never another policy (security.md S055, S056).
func TestWhatIsNotStrictJSONIsMalformed(t *testing.T) {
	good := members(bases[policy.Managed])
	for claim, text := range map[string]string{
		"effect":                      statements(strings.Replace(good, "Effect", "effect", 1)),
		"EFFECT":                      statements(strings.Replace(good, "Effect", "EFFECT", 1)),
		"aCtion":                      statements(strings.Replace(good, "Action", "aCtion", 1)),
		"a long s in statement":       strings.Replace(statements(good), "Statement", "\u017ftatement", 1),
		"a Kelvin sign":               statements(strings.Replace(good, `"Action"`, `"\u212action":"x","Action"`, 1)),
		"both cases":                  statements(strings.Replace(good, `"Effect":"Allow"`, `"Effect":"Allow","effect":"Deny"`, 1)),
		"the same twice":              statements(strings.Replace(good, `"Effect":"Allow"`, `"Effect":"Allow","Effect":"Deny"`, 1)),
		"the same, escaped":           statements(strings.Replace(good, `"Effect":"Allow"`, `"Effect":"Allow","\u0045ffect":"Deny"`, 1)),
		"a trailing comma":            statements(good + ","),
		"a trailing object":           statements(good) + "{}",
		"a comment":                   "//x\n" + statements(good),
		"a byte order mark":           "\ufeff" + statements(good),
		"leading blanks":              "  " + statements(good),
		"a leading line end":          "\n" + statements(good),
		"a leading tab":               "\t" + statements(good),
		"a NUL":                       statements(good) + "\x00",
		"a NUL in a text":             statements(strings.Replace(good, "s3:", "s3\x00:", 1)),
		"half a character":            statements(strings.Replace(good, "GetObject", `\ud800`, 1)),
		"the other half":              statements(strings.Replace(good, "GetObject", `\udc00`, 1)),
		"invalid UTF-8":               statements(strings.Replace(good, "GetObject", "\xff", 1)),
		"overlong UTF-8":              statements(strings.Replace(good, "GetObject", "\xc0\xaf", 1)),
		"single quotes":               strings.ReplaceAll(statements(good), `"`, `'`),
		"1e400 for a resource":        statements(strings.Replace(good, `"*"`, "1e400", 1)),
		"-0 for a resource":           statements(strings.Replace(good, `"*"`, "-0", 1)),
		"NaN in a condition":          statements(members(bases[policy.Managed], `Condition={"NumericEquals":{"k":NaN}}`)),
		"a leading zero":              statements(members(bases[policy.Managed], `Condition={"NumericEquals":{"k":01}}`)),
		"a hundred thousand brackets": strings.Repeat("[", 100_000),
		"nested statements":           `{"Version":"2012-10-17","Statement":` + strings.Repeat("[", 100_000),
		"a nested condition":          statements(members(bases[policy.Managed], `Condition=`+strings.Repeat(`{"a":`, 1000)+"1"+strings.Repeat("}", 1000))),
	} {
		for _, k := range append(identityKinds, policy.Trust, policy.Resource) {
			if got := answer(t, k, text); got == "" {
				t.Errorf("%s: %s: %.100q is accepted", k, claim, text)
			}
		}
	}
	// What is strange and yet grammatical keeps its meaning.
	d, err := policy.Check(policy.Managed, statements(members(bases[policy.Managed], `Condition={"NumericEquals":{"k":[1e400,-0,1.50]}}`)))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(d.Statements[0].Condition.Blocks[0].Keys[0].Texts(), " "); got != "1e400 -0 1.50" {
		t.Errorf("the numbers became %s", got)
	}
	d, err = policy.Check(policy.Managed, strings.Replace(statements(good), "Action", `\u0041ction`, 1))
	if err != nil || d.Statements[0].Action.Items[0].Text != "s3:GetObject" {
		t.Errorf("an escaped name is not its name: %v", err)
	}
}

func TestEachMessageOfLeadingBlanks(t *testing.T) {
	for k, want := range map[policy.Kind]string{
		policy.Grammar: "", policy.Managed: "The policy failed legacy parsing", policy.Inline: "The policy failed legacy parsing", policy.Session: "The policy failed legacy parsing",
		policy.Trust: "JSON strings must not have leading spaces", policy.Resource: "Policies must be valid JSON and the first byte must be '{'",
	} {
		for _, blank := range []string{" ", "\n", "\t", "\r\n"} {
			if got := answer(t, k, blank+with(k)); got != want {
				t.Errorf("%s: %q before the document: %q, want %q", k, blank, got, want)
			}
		}
	}
}

// Texts with very many faults are answered too, with no more than a thousand problems and without memory that grows with
// their number (security.md S061).
func TestVeryManyProblems(t *testing.T) {
	for _, fault := range []string{`{},`, `1,`, `{"x":1},`, `[],`} {
		text := `{"Statement":[` + strings.Repeat(fault, 131_072/len(fault)) + `{}]}`
		for _, name := range policy.Kinds() {
			k, err := policy.ParseKind(name)
			if err != nil {
				t.Fatal(err)
			}
			// Besides the reader's, those of the checks.
			if got := len(policy.Problems(k, text)); got != 1000 {
				t.Errorf("%s: %d problems in many %s", k, got, fault)
			}
			if allocations := testing.AllocsPerRun(1, func() { _, _ = policy.Check(k, text) }); allocations > 20_000 {
				t.Errorf("%s: many %s make %v allocations", k, fault, allocations)
			}
			if got := answer(t, k, text+"x"); got != answer(t, k, "x") {
				t.Errorf("%s: that what follows many %s is no JSON is not seen: %s", k, fault, got)
			}
		}
	}
}

// So are the problems of one statement bounded.
func TestVeryManyProblemsInOneStatement(t *testing.T) {
	text := `{"Statement":{"Action":["a:b"` + strings.Repeat(",0", 5000) + `]}}`
	if got := len(policy.Problems(policy.Grammar, text)); got != 1000 {
		t.Errorf("%d problems", got)
	}
}

func TestSizeLimitOfParse(t *testing.T) {
	text := with(policy.Managed)
	long := text + strings.Repeat(" ", policy.MaxSize-len(text))
	if _, err := policy.Parse(long); err != nil {
		t.Errorf("as long as can be: %v", err)
	}
	for _, k := range []policy.Kind{policy.Grammar, policy.Managed, policy.Trust, policy.Resource, policy.ServiceControl} {
		if got := answer(t, k, long+" "); got == "" {
			t.Errorf("%s: one byte longer is accepted", k)
		}
	}
}

func TestErrorIsPositionAndDetail(t *testing.T) {
	_, err := policy.Parse("{\n  \"Version\": \"2012-10-17\",\n  \"Foo\": 1,\n  \"Statement\": []\n}")
	if want := `3:3: unknown member "Foo"; a policy document has Version, Id and Statement`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func ExampleCheck() {
	_, err := policy.Check(policy.Managed, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "b"}}`)
	var e *policy.Error
	if errors.As(err, &e) {
		fmt.Println(e.Code, e.Message, e.Position)
	}
	// Output: MalformedPolicyDocument Resource b must be in ARN format or "*". 1:90
}
