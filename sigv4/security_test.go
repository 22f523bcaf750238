package sigv4_test

import (
	"strings"
	"testing"

	"github.com/writ-iam/writ/sigv4"
)

// presigned is a good presigned request of the service "service", with what parameters of the token may say.
func presigned(token string) *sigv4.Request {
	r := &sigv4.Request{Method: "GET", Host: "example.amazonaws.com", Path: "/", Header: map[string][]string{}}
	q := "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60"
	if token != "" {
		q += "&X-Amz-Security-Token=" + token
	}
	q += "&X-Amz-SignedHeaders=host"
	sign(r, []string{"host"}, "/", q)
	_, signature, _ := strings.Cut(r.Header["Authorization"][0], "Signature=")
	delete(r.Header, "Authorization")
	r.RawQuery = q + "&X-Amz-Signature=" + signature
	return r
}

// refused wants a request to be refused whatever the reason, and tells which it was.
func refused(t *testing.T, what string, r *sigv4.Request) {
	t.Helper()
	err := verify(r, options("service", example), exampleSecret)
	if _, ok := err.(*sigv4.Error); !ok {
		t.Errorf("%s: %v", what, err)
	}
}

func accepted(t *testing.T, what string, r *sigv4.Request) {
	t.Helper()
	if err := verify(r, options("service", example), exampleSecret); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// TestS002_AnIdentityWithoutASignatureIsNone: whoever is named must have signed, wherever the name stands.
func TestS002_AnIdentityWithoutASignatureIsNone(t *testing.T) {
	accepted(t, "presigned", presigned(""))
	good := presigned("").RawQuery
	for what, query := range map[string]string{
		"a credential alone":            "X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request",
		"no signature":                  good[:strings.LastIndex(good, "&")],
		"an empty signature":            good[:len(good)-64],
		"a signature of zeros":          good[:len(good)-64] + strings.Repeat("0", 64),
		"a signature without its name":  strings.Replace(good, "X-Amz-Signature=", "=", 1),
		"a signature in another case":   strings.Replace(good, "X-Amz-Signature", "X-AMZ-SIGNATURE", 1),
		"a second signature":            good + "&X-Amz-Signature=" + strings.Repeat("0", 64),
		"a second credential":           good + "&X-Amz-Credential=AKIDOTHER%2F20150830%2Fus-east-1%2Fservice%2Faws4_request",
		"an escaped second credential":  good + "&X-Amz-Credentia%6c=AKIDOTHER%2F20150830%2Fus-east-1%2Fservice%2Faws4_request",
		"another key id":                strings.Replace(good, "AKIDEXAMPLE", "AKIDOTHER", 1),
		"a header's signature is added": good,
	} {
		r := presigned("")
		r.RawQuery = query
		if what == "a header's signature is added" {
			_, authorization := vanilla()
			r.Header["Authorization"] = []string{authorization}
			r.Header["X-Amz-Date"] = []string{"20150830T123600Z"}
		}
		refused(t, what, r)
	}
	r, authorization := vanilla()
	r.Header["Authorization"] = []string{strings.Replace(authorization, "AKIDEXAMPLE", "AKIDOTHER", 1)}
	if s, err := sigv4.Parse(r, options("service", example)); err != nil || s.AccessKeyID != "AKIDOTHER" {
		t.Errorf("the key id that is looked up is %q, not the one that is named (%v)", s.AccessKeyID, err)
	}
}

// TestS005_TheTimeIsTheOneThatWasSigned: the key depends on the date alone, so everything else about the time must be signed.
func TestS005_TheTimeIsTheOneThatWasSigned(t *testing.T) {
	for what, change := range map[string]func(*sigv4.Request){
		"another time of the day":   func(r *sigv4.Request) { r.Header["X-Amz-Date"] = []string{"20150830T123601Z"} },
		"two times":                 func(r *sigv4.Request) { r.Header["X-Amz-Date"] = []string{"20150830T123600Z", "20150830T123600Z"} },
		"two times in one":          func(r *sigv4.Request) { r.Header["X-Amz-Date"] = []string{"20150830T123600Z,20150830T123600Z"} },
		"HTTP's form in X-Amz-Date": func(r *sigv4.Request) { r.Header["X-Amz-Date"] = []string{"Sun, 30 Aug 2015 12:36:00 GMT"} },
		"a fraction of a second":    func(r *sigv4.Request) { r.Header["X-Amz-Date"] = []string{"20150830T1236.0Z"} },
		"the extended form":         func(r *sigv4.Request) { r.Header["X-Amz-Date"] = []string{"2015-08-30T12:36:00Z"} },
		"an offset":                 func(r *sigv4.Request) { r.Header["X-Amz-Date"] = []string{"20150830T123600+00"} },
		"an empty time, and a Date": func(r *sigv4.Request) {
			r.Header["X-Amz-Date"], r.Header["Date"] = []string{""}, []string{"20150830T123600Z"}
		},
		"a Date that is not signed": func(r *sigv4.Request) {
			delete(r.Header, "X-Amz-Date")
			r.Header["Date"] = []string{"20150830T123600Z"}
		},
		"the time in the query alone": func(r *sigv4.Request) { delete(r.Header, "X-Amz-Date"); r.RawQuery = "X-Amz-Date=20150830T123600Z" },
		"another date in the scope": func(r *sigv4.Request) {
			r.Header["Authorization"][0] = strings.Replace(r.Header["Authorization"][0], "/20150830/", "/20150831/", 1)
		},
	} {
		r, _ := vanilla()
		change(r)
		refused(t, what, r)
	}
	for _, date := range []string{"Sun, 30 Aug 2015 12:36:00 PST", "Sun, 30 Aug 2015 12:36:00 +0000", "Sunday, 30-Aug-15 12:36:00 GMT", "Mon, 30 Aug 2015 12:36:00", ""} {
		r, _ := vanilla()
		delete(r.Header, "X-Amz-Date")
		r.Header["Date"] = []string{date}
		sign(r, []string{"date", "host"}, "/", "")
		refused(t, "Date "+date, r)
	}
}

// TestS007_EveryParameterCounts: what net/url would drop is refused, and what it would miss is signed.
func TestS007_EveryParameterCounts(t *testing.T) {
	for _, query := range []string{
		"a=%zz", "%zz=a", "a=%4", "a=%", strings.Repeat("a=b&", 500) + "a=%gg", strings.Repeat("a=b&", 10000) + "a=c", "&&&%x&&",
	} {
		r, _ := vanilla()
		r.RawQuery = query
		check(t, verify(r, options("service", example), exampleSecret), sigv4.MalformedQueryString, "*")
	}
	// What is appended to a signed query string is always seen, in whatever form it comes.
	for _, appended := range []string{"&b", "&b=", "&=", "&=b", "&a=b", ";b=c", "&;", "&b;c", "&Action=DeleteUser", "%26b=c", "+", "%20", "&%00=", "&b=c#d", "&\xff", "=", "&a"} {
		r, _ := vanilla()
		r.RawQuery = "a=b"
		sign(r, []string{"host", "x-amz-date"}, "/", "a=b")
		accepted(t, "as it was signed", r)
		r.RawQuery += appended
		refused(t, "with "+appended, r)
	}
}

// TestS008_TheHostAndEveryHeaderOfAmazonsAreSigned: a request for another host, or with another meaning, is another request.
func TestS008_TheHostAndEveryHeaderOfAmazonsAreSigned(t *testing.T) {
	for what, change := range map[string]func(*sigv4.Request){
		"another host":               func(r *sigv4.Request) { r.Host = "sts.evil.example" },
		"another port":               func(r *sigv4.Request) { r.Host += ":8443" },
		"a dot after the host":       func(r *sigv4.Request) { r.Host += "." },
		"the host in another case":   func(r *sigv4.Request) { r.Host = strings.ToUpper(r.Host) },
		"no host":                    func(r *sigv4.Request) { r.Host = "" },
		"an unsigned header":         func(r *sigv4.Request) { r.Header["X-Amz-Target"] = []string{"x"} },
		"one under an uncommon name": func(r *sigv4.Request) { r.Header["x-amz-target"] = []string{"x"} },
		"an unsigned token":          func(r *sigv4.Request) { r.Header["X-Amz-Security-Token"] = []string{"x"} },
	} {
		r, _ := vanilla()
		change(r)
		refused(t, what, r)
	}
	// A header that is signed does not speak for another one that only a reader who ignores case takes for the same.
	for _, name := range []string{"x-amz-target", "X-AMZ-TARGET", "X-Amz-TArget"} {
		r, _ := vanilla()
		r.Header["X-Amz-Target"] = []string{"Service.GetUser"}
		sign(r, []string{"host", "x-amz-date", "x-amz-target"}, "/", "")
		accepted(t, "as it was signed", r)
		r.Header[name] = []string{"Service.DeleteUser"}
		refused(t, "with a second header "+name, r)
		delete(r.Header, "X-Amz-Target")
		refused(t, "with the header "+name+" in its place", r)
	}
	// Names longer than any that AWS has.
	long := "X-Amz-Meta-" + strings.Repeat("Long-", 50) + "Name"
	r, _ := vanilla()
	r.Header[long] = []string{"x"}
	refused(t, "a long header that is not signed", r)
	sign(r, []string{"host", "x-amz-date", strings.ToLower(long)}, "/", "")
	accepted(t, "a long header", r)
	r.Header[long] = []string{"y"}
	refused(t, "a long header that was changed", r)
	// For HTTP/2 the host may be signed by its other name.
	r, _ = vanilla()
	r.Header[":authority"] = []string{r.Host}
	sign(r, []string{":authority", "x-amz-date"}, "/", "")
	delete(r.Header, ":authority")
	accepted(t, "the host by its other name", r)
	r.Host = "sts.evil.example"
	refused(t, "another host by its other name", r)
}

// TestS010_TheBodyIsTheOneThatWasSigned whatever any header says of it.
func TestS010_TheBodyIsTheOneThatWasSigned(t *testing.T) {
	r, _ := vanilla()
	r.Body = []byte("Action=GetUser")
	r.RawQuery = "Action=GetUser"
	sign(r, []string{"host", "x-amz-date"}, "/", "Action=GetUser")
	accepted(t, "as it was signed", r)
	for _, body := range []string{"Action=DeleteUser", "", "Action=GetUse", "Action=GetUser&", "action=GetUser", "\x1f\x8b"} {
		r.Body = []byte(body)
		refused(t, "the body "+body, r)
	}
	// The hash of nothing, signed, and a body; the right hash in the header for another body.
	r.Body = nil
	sign(r, []string{"host", "x-amz-date"}, "/", "Action=GetUser")
	r.Body = []byte("Action=DeleteUser")
	refused(t, "the hash of nothing", r)
	r.Body = []byte("Action=GetUser")
	r.Header["X-Amz-Content-Sha256"] = []string{sum("Action=DeleteUser")}
	sign(r, []string{"host", "x-amz-content-sha256", "x-amz-date"}, "/", "Action=GetUser")
	r.Body = []byte("Action=DeleteUser")
	refused(t, "the hash in a header", r)
	p := presigned("")
	p.Body = []byte("Action=DeleteUser")
	refused(t, "a body for a presigned request", p)
}

// TestS011_TokensStandWhereTheSignatureStands and are signed.
func TestS011_TokensStandWhereTheSignatureStands(t *testing.T) {
	accepted(t, "in the query", presigned("t"))
	with := func(token ...string) *sigv4.Request {
		r, _ := vanilla()
		r.Header["X-Amz-Security-Token"] = token
		sign(r, []string{"host", "x-amz-date", "x-amz-security-token"}, "/", "")
		return r
	}
	accepted(t, "in the header", with("token"))
	if s, err := sigv4.Parse(with("token"), options("service", example)); err != nil || s.Token != "token" {
		t.Errorf("the token is %q, %v", s.Token, err)
	}
	refused(t, "two tokens", with("token", "token"))
	r := with("token")
	r.Header["X-Amz-Security-Token"] = []string{"other"}
	refused(t, "another token", r)
	r = with("token")
	delete(r.Header, "X-Amz-Security-Token")
	refused(t, "no token", r)
	r = with("token")
	r.RawQuery = "X-Amz-Security-Token=token"
	refused(t, "in both places", r)
	p := presigned("t")
	p.Header["X-Amz-Security-Token"] = []string{"t"}
	refused(t, "in both places, presigned", p)
	p = presigned("t")
	p.RawQuery += "&X-Amz-Security-Token=t"
	refused(t, "twice in the query", p)
	p = presigned("")
	p.RawQuery += "&X-Amz-Security-Token=t"
	refused(t, "in the query, not signed", p)
}

// TestS013_CredentialsHaveFiveParts and each of them is the right one.
func TestS013_CredentialsHaveFiveParts(t *testing.T) {
	_, good := vanilla()
	for _, credential := range []string{
		"", "/", "////", "AKIDEXAMPLE", "AK/IDEXAMPLE/20150830/us-east-1/service/aws4_request", "AKIDEXAMPLE/20150830/us-east-1/service", "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request/",
		"AKIDEXAMPLE//20150830/us-east-1/service/aws4_request", "a/b/AKIDEXAMPLE/20150830/us-east-1/service/aws4_request", "AKIDEXAMPLE/20150830/us-east-1/service/AWS4_REQUEST",
		"AKIDEXAMPLE/20150830/us-east-1/SERVICE/aws4_request", "AKIDEXAMPLE/20150830/us-east-1/ser\x00vice/aws4_request", "AKIDEXAMPLE/20150830//service/aws4_request", "AKIDEXAMPLE/20150830/us-east-1//aws4_request",
		"AKIDEXAMPLE/20150830/us-east-1/service/", "AKIDEXAMPLE/20150830/eu-west-1/service/aws4_request", "AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request",
		strings.Repeat("A", 10<<10) + "/", strings.Repeat("/", 10<<10), "AKIDEXAMPLE/20150830/" + strings.Repeat("r", 65) + "/service/aws4_request",
	} {
		r, _ := vanilla()
		r.Header["Authorization"] = []string{strings.Replace(good, "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request", credential, 1)}
		err := verify(r, options("service", example), exampleSecret)
		if e, ok := err.(*sigv4.Error); !ok || len(e.Message) > 512 {
			t.Errorf("%.80q: %v", credential, err)
		}
	}
	// The longest region that there may be passes, and it is the signature that is wrong.
	r, _ := vanilla()
	r.Header["Authorization"] = []string{strings.Replace(good, "us-east-1", strings.Repeat("r", 64), 1)}
	check(t, verify(r, options("service", example), exampleSecret), sigv4.SignatureDoesNotMatch, mismatch)
	for _, algorithm := range []string{"aws4-hmac-sha256", "AWS4-HMAC-SHA256x", "AWS4-HMAC-SHA1", "AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA256\t", "AWS4"} {
		r, _ := vanilla()
		r.Header["Authorization"] = []string{strings.Replace(good, "AWS4-HMAC-SHA256", algorithm, 1)}
		refused(t, algorithm, r)
	}
	for what, old := range map[string][2]string{
		"names in another case": {"Credential=", "credential="}, "a part without a value sign": {"SignedHeaders=", "SignedHeaders"}, "an unknown part": {"Signature=", "X=1, Signature="}, "two signatures": {"Signature=", "Signature=00, Signature="},
		"an empty part": {", Sig", ", , Sig"},
	} {
		r, _ := vanilla()
		r.Header["Authorization"] = []string{strings.Replace(good, old[0], old[1], 1)}
		refused(t, what, r)
	}
}

// TestSignedHeadersAreAListInOneForm: a list in another form is refused though it was signed just so.
func TestSignedHeadersAreAListInOneForm(t *testing.T) {
	for what, names := range map[string][]string{
		"a name twice": {"host", "host", "x-amz-date"}, "the letter A": {"A", "host", "x-amz-date"}, "the letter Z": {"Z", "host", "x-amz-date"}, "a blank": {" ", "host", "x-amz-date"},
		"a delete": {"host", "x-amz-date", "\x7f"}, "a letter beyond ASCII": {"host", "x-amz-date", "é"},
	} {
		r, _ := vanilla()
		sign(r, names, "/", "")
		if err := verify(r, options("service", example), exampleSecret); err == nil || !strings.HasSuffix(err.Error(), mismatch) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, names := range map[string][]string{"the letter a": {"a", "host", "x-amz-date"}, "a tilde": {"host", "x-amz-date", "~"}, "an exclamation mark": {"!", "host", "x-amz-date"}} {
		r, _ := vanilla()
		sign(r, names, "/", "")
		accepted(t, what, r)
	}
}

func TestAThousandParameters(t *testing.T) {
	r, _ := vanilla()
	r.RawQuery = strings.Repeat("a=b&", 999) + "a=b"
	sign(r, []string{"host", "x-amz-date"}, "/", r.RawQuery)
	accepted(t, "1000", r)
	r.RawQuery += "&a=b"
	check(t, verify(r, options("service", example), exampleSecret), sigv4.MalformedQueryString, "The query string has more than 1000 parameters.")
}
