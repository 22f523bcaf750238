package policy_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/writ-iam/writ/policy"
)

func TestFormat(t *testing.T) {
	for _, tt := range []struct{ claim, in, want string }{
		{
			"elements come in the order of the user guide, lists of one become values, operators get AWS's spelling",
			`{"Statement":[{"Condition":{"stringlikeifexists":{"aws:PrincipalTag/Team":["a","b"]},"bool":{"k":[true]}},"Resource":["*"],"Action":["s3:Get*","s3:List*"],"Principal":{"Service":["b.c"],"AWS":["1","2"]},"Effect":"Allow","Sid":"x"}],"Id":"i","Version":"2012-10-17"}`,
			`{
  "Version": "2012-10-17",
  "Id": "i",
  "Statement": {
    "Sid": "x",
    "Effect": "Allow",
    "Principal": {
      "Service": "b.c",
      "AWS": [
        "1",
        "2"
      ]
    },
    "Action": [
      "s3:Get*",
      "s3:List*"
    ],
    "Resource": "*",
    "Condition": {
      "StringLikeIfExists": {
        "aws:PrincipalTag/Team": [
          "a",
          "b"
        ]
      },
      "Bool": {
        "k": true
      }
    }
  }
}
`,
		},
		{
			"several statements, Not forms, null, empty things, an empty condition is dropped",
			`{"Statement":[{"Effect":"Deny","NotPrincipal":"*","NotAction":[],"NotResource":[null],"Condition":{}},{"Effect":"Allow","Sid":"","Condition":{"x":{},"NumericEquals":{"k":[]}}}]}`,
			`{
  "Statement": [
    {
      "Effect": "Deny",
      "NotPrincipal": "*",
      "NotAction": [],
      "NotResource": [
        null
      ]
    },
    {
      "Sid": "",
      "Effect": "Allow",
      "Condition": {
        "x": {},
        "NumericEquals": {
          "k": []
        }
      }
    }
  ]
}
`,
		},
		{
			"texts have the escapes that they need, numbers stay",
			`{"Id":"\u0041\/\"\\\u0007\u00e9\n\ud834\udd1e\u007f","Statement":{"Effect":"Allow","Condition":{"NumericEquals":{"k":[1e400,-0,1.50]}}}}`,
			"{\n  \"Id\": \"A/\\\"\\\\\\u0007é\\n𝄞\x7f\",\n  \"Statement\": {\n    \"Effect\": \"Allow\",\n    \"Condition\": {\n      \"NumericEquals\": {\n        \"k\": [\n          1e400,\n          -0,\n          1.50\n        ]\n      }\n    }\n  }\n}\n",
		},
	} {
		d, err := policy.Parse(tt.in)
		if err != nil {
			t.Errorf("%s: %v", tt.claim, err)
			continue
		}
		if got := string(d.Format()); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.claim, got, tt.want)
		}
	}
}

// Documents that mean the same and differ in form alone have one canonical form.
func TestFormatIsCanonical(t *testing.T) {
	forms := []string{
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Bool":{"k":"v"}}}}`,
		`{"Statement":[{"Resource":["*"],"Effect":"Allow","Condition":{"BOOL":{"k":["v"]}},"Action":["a:b"]}],"Version":"2012-10-17"}`,
		"{ \"Version\":\n\"2012-10-17\", \"Statement\": [ {\"Effect\":\"\\u0041llow\",\"Action\":\"a\\u003ab\",\"Resource\":\"\\u002a\",\"Condition\":{\"bool\":{\"k\":\"v\"}}} ] }",
	}
	var first string
	for i, text := range forms {
		d, err := policy.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = string(d.Format())
		} else if got := string(d.Format()); got != first {
			t.Errorf("%s is formatted as\n%s\nwant\n%s", text, got, first)
		}
	}
}

func TestCompactTextsArePrintedAsTheyWere(t *testing.T) {
	for _, text := range []string{
		`{"Statement":{"Effect":"Allow"}}`,
		`{"Statement":[{"Effect":"Deny"}],"Version":"2008-10-17","Id":""}`,
		`{"Id":"x","Statement":[{"Resource":["*",null],"Effect":"Allow","NotAction":[],"Condition":{},"Sid":""},{"Effect":"Allow","Condition":{"x":{},"stringequals":{"K":["a"],"l":"b","m":[],"n":[1,true,false,1e5]}}}]}`,
		`{"Statement":{"NotPrincipal":"*","Effect":"Deny"}}`,
		`{"Statement":{"Principal":{},"Effect":"Deny"}}`,
		`{"Statement":{"Effect":"Deny","Principal":{"CanonicalUser":["a"],"AWS":[],"Service":"b"},"NotResource":"*"}}`,
		"{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"\\\"\\\\\\n\\u0001é𝄞\"}}",
	} {
		d, err := policy.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := string(d.AppendJSON([]byte("x"))); got != "x"+text {
			t.Errorf("%s is printed as %s", text, got)
		}
	}
}

// Text is what was given, to the byte.
func TestTextIsKept(t *testing.T) {
	for _, text := range []string{" \r\n{\"Statement\" : [ {\"Effect\":\"Allow\"} ] }\t", `{"Statement":{"Effect":"\u0041llow","Action":"\/"}}`} {
		d, err := policy.Parse(text)
		if err != nil || d.Text() != text {
			t.Errorf("%q became %q, %v", text, d.Text(), err)
		}
	}
}

func TestOneAndListMeanTheSame(t *testing.T) {
	one, err := policy.Parse(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"a"},"Action":"b","Resource":"c","Condition":{"StringEquals":{"d":"e"}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := policy.Parse(`{"Statement":[{"Effect":"Allow","Principal":{"AWS":["a"]},"Action":["b"],"Resource":["c"],"Condition":{"StringEquals":{"d":["e"]}}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	for i, values := range [][]*policy.Values{
		{&one.Statements[0].Principal.Entries[0].Values, &one.Statements[0].Action.Values, &one.Statements[0].Resource.Values, &one.Statements[0].Condition.Blocks[0].Keys[0].Values},
		{&list.Statements[0].Principal.Entries[0].Values, &list.Statements[0].Action.Values, &list.Statements[0].Resource.Values, &list.Statements[0].Condition.Blocks[0].Keys[0].Values},
	} {
		for j, v := range values {
			if want := []string{string("abce"[j])}; !slices.Equal(v.Texts(), want) || v.List != (i == 1) {
				t.Errorf("%v (list %v), want %v", v.Texts(), v.List, want)
			}
		}
	}
	if one.StatementList || !list.StatementList {
		t.Error("the forms are not kept")
	}
}

func TestPositionsOfErrors(t *testing.T) {
	text := func(statement string) string {
		return "{\r\n  \"Version\": \"2012-10-17\",\r\n  \"Statement\": [\r\n    " + statement + "\r\n  ]\r\n}"
	}
	for _, tt := range []struct {
		kind      policy.Kind
		text, at  string
		rule      policy.Rule
		inSubject string
	}{
		{policy.Managed, "", "1:1", policy.InvalidJSON, ""},
		{policy.Managed, text(`{"Effect":}`), "4:15", policy.InvalidJSON, ""},
		{policy.Managed, text(`{"é":1,"Effect":"Allow"}`), "4:6", policy.UnknownMember, "é"},
		{policy.Managed, text(`{"Sid":"é€𝄞","Effect":"Permit"}`), "4:27", policy.BadEffect, "Permit"},
		{policy.Managed, text(`{"Action":"a:b"}`), "4:5", policy.NoEffectGiven, ""},
		{policy.Managed, text(`{"Effect":"Allow","Action":["a:b",5]}`), "4:39", policy.WrongType, ""},
		{policy.Managed, text(`{"Effect":"Allow","Action":"a:b","NotAction":"a:b"}`), "4:38", policy.BothForms, "NotAction"},
		{policy.Managed, text(`{"Effect":"Allow","Action":"a:b","Condition":{"Foo":{"k":"v"}}}`), "4:51", policy.UnknownOperator, "Foo"},
		{policy.Managed, text(``), "3:16", policy.EmptyStatement, ""},
		{policy.Managed, `{"Version":"2012-10-17"}`, "1:1", policy.NoStatement, ""},
		{policy.Managed, "{\n \"Version\": \"2000-01-01\",\n \"Statement\": []}", "2:13", policy.BadVersion, "2000-01-01"},
		{policy.Managed, "{\n \"Version\": \"2008-10-17\",\n \"Statement\": {\"Effect\":\"Deny\"}}", "2:2", policy.OldVersion, ""},
		{policy.Managed, "{\n \"Statement\": {\"Effect\":\"Deny\"}}", "1:1", policy.OldVersion, ""},
		{policy.Managed, text(`{"Effect":"Allow","Action":"a:b","Resource":["*","x"]}`), "4:54", policy.InvalidResource, "x"},
		{policy.Managed, text(`{"Effect":"Allow","Action":["a:b","x"],"Resource":"*"}`), "4:39", policy.InvalidAction, "x"},
		{policy.Managed, text(`{"Effect":"Allow","Action":"a:b"}`), "4:5", policy.NoResource, "Resource"},
		{policy.Managed, text(`{"Effect":"Allow","Principal":"*"}`), "4:23", policy.PrincipalGiven, "Principal"},
		{policy.Managed, text(`{"Sid":"a","Effect":"Allow"},` + "\n" + `{"Sid":"a","Effect":"Allow"}`), "5:8", policy.RepeatedSid, "a"},
		{policy.Trust, text(`{"Effect":"Allow","Principal":{"AWS":["*","x"]},"Action":"sts:*"}`), "4:47", policy.InvalidPrincipal, "x"},
		{policy.Trust, text(`{"Effect":"Allow","Principal":{"Foo":"x"},"Action":"sts:*"}`), "4:36", policy.PrincipalType, "Foo"},
		{policy.ServiceControl, `{"Version":"2012-10-17","Id":"x","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`, "1:25", policy.Unsupported, "Id"},
	} {
		problems := policy.Problems(tt.kind, tt.text)
		if len(problems) == 0 {
			t.Errorf("%s: no problem in\n%s", tt.kind, tt.text)
			continue
		}
		e := problems[0]
		if e.Position.String() != tt.at || e.Rule != tt.rule || !strings.Contains(e.Subject, tt.inSubject) || e.Position != policy.PositionOf(tt.text, e.Offset) {
			t.Errorf("%s: rule %d at %s, want rule %d at %s: %v\n%s", tt.kind, e.Rule, e.Position, tt.rule, tt.at, e, tt.text)
		}
	}
}

func TestStatementsKnowTheirPlaces(t *testing.T) {
	text := `{"Statement": [ {"Effect":"Allow"} , {"Effect":"Deny","Sid":"é"}]}`
	d, err := policy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`{"Effect":"Allow"}`, `{"Effect":"Deny","Sid":"é"}`} {
		if s := d.Statements[i]; text[s.Start:s.End] != want {
			t.Errorf("statement %d is %s", i, text[s.Start:s.End])
		}
	}
	if s := d.Statements[1]; d.Position(s.Sid.Offset).String() != "1:61" || !s.Sid.Present() || d.Statements[0].Sid.Present() {
		t.Errorf("the Sid is at %s", d.Position(s.Sid.Offset))
	}
}

// seeds are documents for the fuzz targets.
var seeds = []string{
	`{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":["s3:Get*"],"Resource":["arn:aws:s3:::b/*",null],"Condition":{"StringLike":{"k":["a",1,true]}}}]}`,
	`{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["111122223333"]},"NotAction":"*","NotResource":[]}}`,
	`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"x"}}}}`,
	`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"DateLessThan":{"k":"2026-01-01"},"x":{}}}}`,
	`{"Id":"\u0041","Statement":[{}],"Version":5}`,
	`{"Statement":"x"}`, `[]`, ``,
}

// What parses prints and parses again to the same.
func FuzzParse(f *testing.F) {
	for _, text := range seeds {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := policy.Parse(text)
		if err != nil {
			if d != nil || err.(*policy.Error).Detail == "" {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if d.Text() != text {
			t.Fatalf("%q became %q", text, d.Text())
		}
		compact := d.AppendJSON(nil)
		again, err := policy.Parse(string(compact))
		if err != nil || !bytes.Equal(again.AppendJSON(nil), compact) {
			t.Fatalf("%q is printed as %s: %v", text, compact, err)
		}
		// The printed text means to encoding/json what the first one means.
		var std bytes.Buffer
		if err := json.Compact(&std, []byte(text)); err != nil {
			t.Fatalf("%q is parsed, but: %v", text, err)
		}
		if !strings.Contains(text, `\`) && std.String() != string(compact) {
			t.Fatalf("%q is printed as %s", text, compact)
		}
		formatted := d.Format()
		canonical, err := policy.Parse(string(formatted))
		if err != nil || !bytes.Equal(canonical.Format(), formatted) || !bytes.Equal(again.Format(), formatted) {
			t.Fatalf("%q is formatted as %s: %v", text, formatted, err)
		}
		if len(canonical.Statements) != len(d.Statements) || canonical.Version != d.Version || canonical.ID != d.ID {
			t.Fatalf("%q is formatted as %s", text, formatted)
		}
	})
}

// No check panics, and what passes one parses.
func FuzzCheck(f *testing.F) {
	for _, text := range seeds {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, parseErr := policy.Parse(text)
		for _, name := range policy.Kinds() {
			k, err := policy.ParseKind(name)
			if err != nil {
				t.Fatal(err)
			}
			d, err := policy.Check(k, text)
			problems := policy.Problems(k, text)
			if (err == nil) != (len(problems) == 0) || (d == nil) != (err != nil) {
				t.Fatalf("%s: %q: %v, but the problems are %v", k, text, err, problems)
			}
			if err == nil && parseErr != nil {
				t.Fatalf("%s: %q passes, but does not parse: %v", k, text, parseErr)
			}
			for i, e := range problems {
				if e.Message == "" || e.Code == "" || e.Detail == "" || e.Offset < 0 || e.Offset > len(text) || i == 0 && e.Error() != err.Error() {
					t.Fatalf("%s: %q: %#v", k, text, e)
				}
			}
			if n := policy.Size(k, text); n < 0 || n > 3*len(text) {
				t.Fatalf("%s: the size of %q is %d", k, text, n)
			}
		}
	})
}
