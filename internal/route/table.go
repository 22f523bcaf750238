package route

import (
	"bytes"
	"cmp"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:embed routes.json.gz
var file []byte

// Table knows all services. It is safe for concurrent use.
type Table struct {
	services  map[string]*service
	bySigning map[string][]*service
	byPrefix  map[string][]*service // of targets
	byName    map[string][]*service // of hosts: "iam", "portal.sso"
	queries   []*service
	// anonymousREST are the services that have REST operations without signature.
	anonymousREST []*service
}

type service struct {
	name, signing, endpoint, apiVersion string
	protocol                            Protocol

	once  sync.Once
	raw   json.RawMessage // nil when parsed
	names map[string]*operation
	rest  map[bin][]template
}

// operation is one as it is written in the file.
type operation struct {
	Method    string `json:"m"`
	URI       string `json:"u"`
	Anonymous bool   `json:"anon"`
	// Required are required members that stand elsewhere than in path and body: member → location and name.
	Required map[string][2]string `json:"req"`
}

// Load reads the table: of each service what it is called; its operations are read when they are first needed. The error says that the
// embedded file is damaged.
func Load() (*Table, error) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("route: %w", err)
	}
	var all map[string]struct {
		APIVersion, EndpointPrefix, SigningName string
		Protocol                                Protocol
		TargetPrefix                            string
		Ops                                     json.RawMessage
	}
	if err := json.NewDecoder(z).Decode(&all); err != nil {
		return nil, fmt.Errorf("route: %w", err)
	}
	t := &Table{
		services: make(map[string]*service, len(all)), bySigning: make(map[string][]*service), byPrefix: make(map[string][]*service), byName: make(map[string][]*service),
	}
	names := slices.Sorted(maps.Keys(all))
	// The service that an endpoint is called after comes first: see alike.
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(after(a, all[a].EndpointPrefix), after(b, all[b].EndpointPrefix))
	})
	for _, name := range names {
		f := all[name]
		s := &service{name: name, signing: f.SigningName, endpoint: f.EndpointPrefix, apiVersion: f.APIVersion, protocol: f.Protocol, raw: f.Ops}
		t.services[name] = s
		t.bySigning[s.signing] = append(t.bySigning[s.signing], s)
		t.byName[s.endpoint] = append(t.byName[s.endpoint], s)
		if f.TargetPrefix != "" {
			t.byPrefix[f.TargetPrefix] = append(t.byPrefix[f.TargetPrefix], s)
		}
		switch s.protocol {
		case Query, EC2:
			t.queries = append(t.queries, s)
		case RESTJSON, RESTXML:
			if bytes.Contains(f.Ops, []byte(`"anon"`)) {
				t.anonymousREST = append(t.anonymousREST, s)
			}
		}
	}
	return t, nil
}

func after(name, endpoint string) int {
	if name == endpoint {
		return 0
	}
	return 1
}

// superseded are operations that look on the wire like another one that replaced them.
var superseded = map[string][]string{
	"s3": {
		"GetBucketLifecycle", "GetBucketNotification", "PutBucketLifecycle", "PutBucketNotification",
		"ListDirectoryBuckets", // signed for s3express, at hosts that the table does not have
	},
}

func (s *service) parse() {
	s.once.Do(func() {
		var all map[string]*operation
		if err := json.Unmarshal(s.raw, &all); err != nil {
			panic(fmt.Sprintf("route: %s: %v", s.name, err)) // Load has seen that it is JSON, a test that it is this
		}
		s.names, s.raw = all, nil
		if s.protocol != RESTJSON && s.protocol != RESTXML {
			return
		}
		s.rest = make(map[bin][]template)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if !slices.Contains(superseded[s.name], name) {
				t := newTemplate(s, name, all[name])
				b := t.bin(all[name].Method)
				s.rest[b] = append(s.rest[b], t)
			}
		}
	})
}

func (s *service) operations() map[string]*operation {
	s.parse()
	return s.names
}

func (s *service) templates() map[bin][]template {
	s.parse()
	return s.rest
}

func (s *service) route(operation string) Route {
	return Route{Service: s.name, Operation: operation, Known: operation != "" && s.operations()[operation] != nil, Protocol: s.protocol, SigningName: s.signing}
}

// byHost returns the services of an AWS host name: iam.amazonaws.com, sts.eu-west-1.amazonaws.com, bucket.s3.amazonaws.com. For other hosts
// it is nil. If the host names a bucket, its path is returned too, "/bucket".
func (t *Table) byHost(host string) (services []*service, bucket string) {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.IndexByte(host[i:], ']') < 0 {
		host = host[:i]
	}
	host = strings.ToLower(host)
	for _, domain := range [...]string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws"} {
		name, ok := strings.CutSuffix(host, domain)
		if !ok {
			continue
		}
		if t.byName[name] == nil {
			i := strings.LastIndexByte(name, '.')
			if i < 0 {
				return nil, ""
			}
			if isRegion(name[i+1:]) {
				name = name[:i]
			}
		}
		if b, ok := strings.CutSuffix(name, ".s3"); ok {
			name, bucket = "s3", "/"+b
		}
		services = t.byName[strings.TrimSuffix(name, "-fips")]
		if services == nil {
			return nil, ""
		}
		return services, bucket
	}
	return nil, ""
}

// isRegion reports whether a label looks like eu-west-1 or us-gov-east-1.
func isRegion(label string) bool {
	parts := strings.Split(label, "-")
	return len(parts) >= 3 && len(parts[0]) == 2 && len(parts[len(parts)-1]) == 1 && '0' <= parts[len(parts)-1][0] && parts[len(parts)-1][0] <= '9'
}
