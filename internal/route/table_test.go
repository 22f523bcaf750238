package route

import (
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/fault"
)

func load(t testing.TB) *Table {
	t.Helper()
	table, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// hintsOf is what a client of an operation sends.
func hintsOf(s *service, prefix, name, host string) Hints {
	op := s.operations()[name]
	h := Hints{Method: op.Method, Host: host, Header: http.Header{}}
	if !op.Anonymous {
		h.Scope = s.signing
	}
	switch s.protocol {
	case Query, EC2:
		h.Path = "/"
		h.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		h.Body = []byte("Action=" + name + "&Version=" + s.apiVersion + "&X=1")
	case JSON:
		h.Path = "/"
		h.Header.Set("X-Amz-Target", prefix+"."+name)
	case CBOR:
		h.Path = "/service/" + prefix + "/operation/" + name
		h.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
	default:
		path, query, _ := strings.Cut(op.URI, "?")
		var parts []string
		for _, part := range strings.Split(path, "/") {
			switch {
			case strings.HasSuffix(part, "+}"):
				part = "some/key%20x"
			case strings.HasPrefix(part, "{"):
				part = "arn%3Aaws%3Ax%2Fy"
			}
			parts = append(parts, part)
		}
		h.Path = strings.Join(parts, "/")
		var keys []string
		if query != "" {
			keys = append(keys, query)
		}
		for _, where := range op.Required {
			if where[0] == "header" {
				h.Header.Set(where[1], "x")
			} else {
				keys = append(keys, where[1]+"=x")
			}
		}
		h.RawQuery = strings.Join(keys, "&")
	}
	return h
}

// ambiguousWithoutHost is how many operations of a service look like another service's that has the same signing name; only AWS's host names
// tell them apart.
var ambiguousWithoutHost = map[string]int{
	"bedrock": 3, "bedrock-agent": 3, "bedrock-agent-runtime": 3, "bedrock-data-automation": 3, "chime": 16, "chime-sdk-identity": 3,
	"chime-sdk-media-pipelines": 3, "chime-sdk-meetings": 3, "chime-sdk-messaging": 3, "chime-sdk-voice": 19, "ivs": 3, "ivs-realtime": 3,
	"lex-models": 4, "lexv2-models": 4, "signer": 1, "signer-data": 1, "timestream-query": 4, "timestream-write": 4,
}

// TestEveryOperationIsFoundBack has each operation of each service asked for as its client does, at AWS's host and at one that tells nothing.
func TestEveryOperationIsFoundBack(t *testing.T) {
	table := load(t)
	prefixes := make(map[string]string)
	for prefix, services := range table.byPrefix {
		for _, s := range services {
			prefixes[s.name] = prefix
		}
	}
	operations := 0
	nowhere := make(map[string]int) // ambiguous without a host, by service
	for _, name := range slices.Sorted(maps.Keys(table.services)) {
		s := table.services[name]
		for opName := range s.operations() {
			operations++
			if slices.Contains(superseded[name], opName) {
				continue
			}
			right := func(r Route) bool {
				other := table.services[r.Service]
				return r.Operation == opName && r.Known && r.SigningName == s.signing && (other == s || other != nil && alike([]*service{other, s}) && other.operations()[opName] != nil)
			}
			h := hintsOf(s, prefixes[name], opName, s.endpoint+".us-east-1.amazonaws.com:443")
			if r, err := table.Find(h); err != nil || !right(r) {
				t.Errorf("%s %s %s?%s %v: %+v, %v", name, h.Method, h.Path, h.RawQuery, opName, r, err)
			}
			h.Host = "127.0.0.1:9748"
			switch r, err := table.Find(h); {
			case fault.Is(err, fault.UnknownOperation) && strings.Contains(err.Error(), "more than one"):
				nowhere[name]++
			case err != nil || !right(r):
				t.Errorf("%s %s without host: %+v, %v", name, opName, r, err)
			}
		}
	}
	if len(table.services) != 424 || operations != 18_378 {
		t.Errorf("%d services, %d operations", len(table.services), operations)
	}
	if !maps.Equal(nowhere, ambiguousWithoutHost) {
		t.Errorf("ambiguous without a host: %#v", nowhere)
	}
}

func TestRequests(t *testing.T) {
	table := load(t)
	formType := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	target := func(values ...string) http.Header { return http.Header{"X-Amz-Target": values} }
	const local = "127.0.0.1:9748"
	for _, c := range []struct {
		why   string
		hints Hints
		want  string // service operation path, or a fault's code
	}{
		{"IAM in a body", Hints{Method: "POST", Host: local, Path: "/", Header: formType, Scope: "iam", Body: []byte("Action=GetUser&Version=2010-05-08")}, "iam GetUser"},
		{"IAM in a body of no declared type", Hints{Method: "POST", Host: local, Path: "/", Scope: "iam", Body: []byte("Action=GetUser")}, "iam GetUser"},
		{"IAM in a query string", Hints{Method: "GET", Host: local, Path: "/", Scope: "iam", RawQuery: "Version=2010-05-08&Action=GetUser"}, "iam GetUser"},
		{"escapes in names", Hints{Method: "POST", Host: local, Path: "/", Scope: "iam", Body: []byte("%41ction=Get%55ser")}, "iam GetUser"},
		{"an operation newer than the table", Hints{Method: "POST", Host: local, Path: "/", Scope: "iam", Body: []byte("Action=AcquireRole&Version=2010-05-08")}, "iam AcquireRole unknown"},
		{"an operation that does not exist", Hints{Method: "POST", Host: local, Path: "/", Scope: "iam", Body: []byte("Action=GetUsr")}, "iam GetUsr unknown"},
		{"another version", Hints{Method: "POST", Host: local, Path: "/", Scope: "iam", Body: []byte("Action=GetUser&Version=2010-05-09")}, fault.InvalidAction},
		{"no action", Hints{Method: "POST", Host: local, Path: "/", Scope: "iam", Body: []byte("Version=2010-05-08")}, fault.MissingAction},
		{"an action in two places", Hints{Method: "POST", Host: local, Path: "/", Scope: "iam", RawQuery: "Action=GetUser", Body: []byte("Action=DeleteUser")}, fault.MalformedQueryString},
		{"the same action in two places", Hints{Method: "POST", Host: local, Path: "/", Scope: "iam", RawQuery: "Action=GetUser", Body: []byte("Action=GetUser")}, fault.MalformedQueryString},
		{"two actions in a body", Hints{Method: "POST", Host: local, Path: "/", Scope: "iam", Body: []byte("Action=GetUser&Action=DeleteUser")}, fault.MalformedQueryString},
		{"two actions, one escaped", Hints{Method: "POST", Host: local, Path: "/", Scope: "iam", Body: []byte("Action=GetUser&%41ction=DeleteUser")}, fault.MalformedQueryString},
		{"two versions", Hints{Method: "POST", Host: local, Path: "/", Scope: "iam", Body: []byte("Action=GetUser&Version=1&Version=2010-05-08")}, fault.MalformedQueryString},
		{"a body that is no form", Hints{Method: "POST", Host: local, Path: "/", Scope: "iam", Body: []byte("Action=GetUser;Action=DeleteUser")}, fault.MalformedQueryString},
		{"an action in other letters", Hints{Method: "POST", Host: local, Path: "/", Scope: "iam", Body: []byte("action=GetUser")}, fault.MissingAction},
		{"an action in the body of a GET", Hints{Method: "GET", Host: local, Path: "/", Scope: "iam", Body: []byte("Action=GetUser")}, fault.MissingAction},

		{"STS without a signature", Hints{Method: "POST", Host: local, Path: "/", Header: formType, Body: []byte("Action=AssumeRoleWithWebIdentity&Version=2011-06-15")}, "sts AssumeRoleWithWebIdentity"},
		{"STS without a signature or version", Hints{Method: "POST", Host: local, Path: "/", Header: formType, Body: []byte("Action=AssumeRoleWithWebIdentity")}, fault.InvalidAction},
		{"a region's STS", Hints{Method: "POST", Host: "sts.eu-west-1.amazonaws.com", Path: "/", Body: []byte("Action=AssumeRoleWithSAML&Version=2011-06-15")}, "sts AssumeRoleWithSAML"},
		{"the host is believed before the scope", Hints{Method: "POST", Host: "STS.amazonaws.com", Path: "/", Scope: "iam", Body: []byte("Action=GetCallerIdentity")}, "sts GetCallerIdentity"},
		{"versions tell load balancers apart", Hints{Method: "POST", Host: local, Path: "/", Scope: "elasticloadbalancing", Body: []byte("Action=CreateLoadBalancer&Version=2015-12-01")}, "elbv2 CreateLoadBalancer"},
		{"without a version they are not told apart", Hints{Method: "POST", Host: local, Path: "/", Scope: "elasticloadbalancing", Body: []byte("Action=CreateLoadBalancer")}, fault.UnknownOperation},
		{"DocumentDB is RDS", Hints{Method: "POST", Host: local, Path: "/", Scope: "rds", Body: []byte("Action=CreateDBCluster&Version=2014-10-31")}, "rds CreateDBCluster"},

		{"Organizations", Hints{Method: "POST", Host: local, Path: "/", Header: target("AWSOrganizationsV20161128.ListRoots"), Scope: "organizations", Body: []byte("{}")}, "organizations ListRoots"},
		{"a target with dots", Hints{Method: "POST", Host: local, Path: "/", Header: target("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents")}, "cloudtrail LookupEvents"},
		{"a target of nobody", Hints{Method: "POST", Host: local, Path: "/", Header: target("X.ListRoots"), Scope: "organizations"}, fault.UnknownOperation},
		{"a target without a dot", Hints{Method: "POST", Host: local, Path: "/", Header: target("ListRoots"), Scope: "organizations"}, fault.UnknownOperation},
		{"two targets", Hints{Method: "POST", Host: local, Path: "/", Header: target("AWSOrganizationsV20161128.ListRoots", "DynamoDB_20120810.GetItem")}, fault.UnknownOperation},
		{"no target", Hints{Method: "POST", Host: local, Path: "/", Scope: "organizations", Body: []byte("{}")}, fault.UnknownOperation},
		{"RPC", Hints{Method: "POST", Host: local, Path: "/service/GraniteServiceVersion20100801/operation/PutMetricData", Header: http.Header{"Smithy-Protocol": {"rpc-v2-cbor"}}}, "cloudwatch PutMetricData"},
		{"RPC of nobody", Hints{Method: "POST", Host: local, Path: "/service/X/operation/PutMetricData", Header: http.Header{"Smithy-Protocol": {"rpc-v2-cbor"}}}, fault.UnknownOperation},

		{"literals are better than labels", Hints{Method: "POST", Host: local, Path: "/analyzer/findings/statistics", Scope: "access-analyzer"}, "accessanalyzer GetFindingsStatistics /analyzer/findings/statistics"},
		{"an escaped slash is no slash", Hints{Method: "GET", Host: local, Path: "/analyzer/a%2Fb", Scope: "access-analyzer"}, "accessanalyzer GetAnalyzer /analyzer/a%2Fb"},
		{"a label is not empty", Hints{Method: "GET", Host: local, Path: "/analyzer/", Scope: "access-analyzer"}, fault.UnknownOperation},
		{"another method", Hints{Method: "PATCH", Host: local, Path: "/analyzer", Scope: "access-analyzer"}, fault.UnknownOperation},
		{"a required parameter is missed later, if it tells nothing apart", Hints{Method: "GET", Host: local, Path: "/findingv2/x", Scope: "access-analyzer"}, "accessanalyzer GetFindingV2 /findingv2/x"},
		{"the portal needs no signature", Hints{Method: "POST", Host: local, Path: "/logout"}, "sso Logout /logout"},
		{"but others do", Hints{Method: "GET", Host: local, Path: "/analyzer/a"}, fault.UnknownOperation},
		{"a scope of nobody", Hints{Method: "GET", Host: local, Path: "/", Scope: "nothing"}, fault.UnknownOperation},
		{"an escape that is none", Hints{Method: "GET", Host: local, Path: "/analyzer/%zz", Scope: "access-analyzer"}, fault.UnknownOperation},

		{"S3: buckets", Hints{Method: "GET", Host: local, Path: "/", Scope: "s3"}, "s3 ListBuckets /"},
		{"S3: an object", Hints{Method: "GET", Host: local, Path: "/b/a//c%2Fd/", RawQuery: "versionId=1&x-id=GetObject", Scope: "s3"}, "s3 GetObject /b/a//c%2Fd/"},
		{"S3: a bucket", Hints{Method: "GET", Host: local, Path: "/b/", RawQuery: "list-type=2&prefix=x", Scope: "s3"}, "s3 ListObjectsV2 /b/"},
		{"S3: a bucket, as of old", Hints{Method: "GET", Host: local, Path: "/b", Scope: "s3"}, "s3 ListObjects /b"},
		{"S3: a bucket in the host", Hints{Method: "GET", Host: "my.bucket.s3.eu-west-1.amazonaws.com", Path: "/k", Scope: "s3"}, "s3 GetObject /my.bucket/k"},
		{"S3: a bucket in the host alone", Hints{Method: "HEAD", Host: "b.s3.amazonaws.com", Path: "/", Scope: "s3"}, "s3 HeadBucket /b/"},
		{"S3: a subresource", Hints{Method: "GET", Host: local, Path: "/b/k", RawQuery: "acl", Scope: "s3"}, "s3 GetObjectAcl /b/k"},
		{"S3: two subresources", Hints{Method: "GET", Host: local, Path: "/b", RawQuery: "acl&policy", Scope: "s3"}, fault.UnknownOperation},
		{"S3: a subresource and an upload", Hints{Method: "GET", Host: local, Path: "/b/k", RawQuery: "acl&uploadId=1", Scope: "s3"}, fault.UnknownOperation},
		{"S3: a part", Hints{Method: "PUT", Host: local, Path: "/b/k", RawQuery: "partNumber=1&uploadId=2", Scope: "s3"}, "s3 UploadPart /b/k"},
		{"S3: a copied part", Hints{Method: "PUT", Host: local, Path: "/b/k", RawQuery: "partNumber=1&uploadId=2", Scope: "s3", Header: http.Header{"X-Amz-Copy-Source": {"/b/x"}}}, "s3 UploadPartCopy /b/k"},
		{"S3: a copy", Hints{Method: "PUT", Host: local, Path: "/b/k", Scope: "s3", Header: http.Header{"X-Amz-Copy-Source": {"/b/x"}}}, "s3 CopyObject /b/k"},
		{"S3: an object called Action", Hints{Method: "GET", Host: local, Path: "/b/k", RawQuery: "Action=GetUser", Scope: "s3"}, "s3 GetObject /b/k"},
		{"S3: a bad query string", Hints{Method: "GET", Host: local, Path: "/b/k", RawQuery: "a=%zz", Scope: "s3"}, fault.MalformedQueryString},
	} {
		r, err := table.Find(c.hints)
		got := r.Service + " " + r.Operation
		if r.Path != "" {
			got += " " + r.Path
		}
		if !r.Known {
			got += " unknown"
		}
		if err != nil {
			got = fault.From(err).Code
		}
		if got != c.want {
			t.Errorf("%s: %s (%+v, %v), want %s", c.why, got, r, err, c.want)
		}
	}
}

// TestServiceIsKnownInErrors: the answer to a request that names no operation is still in the words of its service.
func TestServiceIsKnownInErrors(t *testing.T) {
	table := load(t)
	for scope, want := range map[string]string{"iam": "iam", "organizations": "organizations", "access-analyzer": "accessanalyzer"} {
		r, err := table.Find(Hints{Method: "POST", Host: "localhost", Path: "/nowhere", Scope: scope})
		if err == nil || r.Service != want || r.SigningName != scope {
			t.Errorf("%s: %+v, %v", scope, r, err)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("POST", "iam.amazonaws.com", "/", "", "iam", "", "Action=GetUser")
	f.Add("GET", "b.s3.amazonaws.com", "/k/", "acl&x=%20", "s3", "", "")
	f.Add("POST", "localhost", "/", "", "", "DynamoDB_20120810.GetItem", "{}")
	f.Add("DELETE", "[::1]:80", "/tags/%2F", "tagKeys=a", "access-analyzer", "", "")
	table := load(f)
	f.Fuzz(func(t *testing.T, method, host, path, query, scope, target, body string) {
		h := Hints{Method: method, Host: host, Path: path, RawQuery: query, Scope: scope, Body: []byte(body), Header: http.Header{}}
		if target != "" {
			h.Header["X-Amz-Target"] = []string{target}
		}
		r, err := table.Find(h)
		if err != nil {
			if f := fault.From(err); f.Code == fault.InternalFailure {
				t.Fatal(err)
			}
			return
		}
		if table.services[r.Service] == nil || r.SigningName != table.services[r.Service].signing || r.Known != (table.services[r.Service].operations()[r.Operation] != nil) {
			t.Fatalf("%+v is %+v", h, r)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b)
	}
}

func BenchmarkFindIAM(b *testing.B) {
	table := load(b)
	h := Hints{Method: "POST", Host: "127.0.0.1:9748", Path: "/", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Scope: "iam", Body: []byte("Action=GetUser&UserName=alice&Version=2010-05-08")}
	for b.Loop() {
		if _, err := table.Find(h); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFindS3(b *testing.B) {
	table := load(b)
	h := Hints{Method: "GET", Host: "127.0.0.1:9748", Path: "/bucket/some/key", RawQuery: "x-id=GetObject", Scope: "s3"}
	for b.Loop() {
		if _, err := table.Find(h); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMemory reports what a table keeps, fresh and with all operations read.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		before := heap()
		table := load(b)
		fresh := heap()
		for _, s := range table.services {
			s.parse()
		}
		all := heap()
		runtime.KeepAlive(table)
		b.ReportMetric(float64(fresh-before)/(1<<20), "MiB-fresh")
		b.ReportMetric(float64(all-before)/(1<<20), "MiB-all")
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
