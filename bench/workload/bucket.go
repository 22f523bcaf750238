package workload

import (
	"fmt"
	"strings"
)

// Large is a bucket whose policy has 1,000 statements for 249 users, in groups of four: three users, a user, a user, a user.
func Large() *Workload {
	const blocks = 249
	w := &Workload{Name: "large", About: "1 bucket policy, 1,000 statements", Users: users(blocks)}
	quoted := func(i int) string { return `"` + w.Users[i%blocks].ARN + `"` }
	statements := []string{
		`{"Sid":"Public","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::lake/public/*"}`,
		`{"Sid":"Transport","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::lake","arn:aws:s3:::lake/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`,
		`{"Sid":"Encryption","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::lake/vault/*",
		   "Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}}`,
		`{"Sid":"Uploads","Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::lake/inbox/${aws:username}/*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}`,
	}
	for i := range blocks {
		for _, s := range []string{
			`{"Sid":"Share{n}","Effect":"Allow","Principal":{"AWS":[` + quoted(i) + `,` + quoted(i+7) + `,` + quoted(i+31) + `]},"Action":"s3:GetObject","Resource":"arn:aws:s3:::lake/shared/{n}/*"}`,
			`{"Sid":"Own{n}","Effect":"Allow","Principal":{"AWS":` + quoted(i) + `},"Action":["s3:GetObject","s3:PutObject","s3:DeleteObject"],"Resource":["arn:aws:s3:::lake/teams/{n}/*","arn:aws:s3:::lake/scratch/{n}/*"]}`,
			`{"Sid":"List{n}","Effect":"Allow","Principal":{"AWS":` + quoted(i) + `},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::lake","Condition":{"StringLike":{"s3:prefix":["teams/{n}/*","shared/{n}/*"]}}}`,
			`{"Sid":"Keep{n}","Effect":"Deny","Principal":{"AWS":` + quoted(i) + `},"Action":["s3:DeleteObject","s3:DeleteObjectVersion"],"Resource":"arn:aws:s3:::lake/teams/{n}/locked/*"}`,
		} {
			statements = append(statements, numbered(s, i))
		}
	}
	bucket := policy("bucket", 0, statements...)
	w.Bucket = &bucket

	probes := map[string][]probe{
		"allow": {
			{"s3:GetObject", "arn:aws:s3:::lake/teams/{n}/2026/report.csv", nil, Allow},
			{"s3:PutObject", "arn:aws:s3:::lake/scratch/{n}/tmp/0001", nil, Allow},
			{"s3:GetObject", "arn:aws:s3:::lake/shared/{n}/readme.txt", nil, Allow},
			{"s3:ListBucket", "arn:aws:s3:::lake", facts(fact("s3:prefix", "teams/{n}/2026")), Allow},
			{"s3:GetObject", "arn:aws:s3:::lake/public/logo.svg", nil, Allow},
			{"s3:PutObject", "arn:aws:s3:::lake/inbox/{user}/scan.pdf", nil, Allow},
		},
		"implicit deny": {
			{"s3:GetObject", "arn:aws:s3:::lake/teams/somebody/2026/report.csv", nil, ImplicitDeny},
			{"s3:PutObject", "arn:aws:s3:::lake/shared/{n}/readme.txt", nil, ImplicitDeny},
			{"s3:ListBucket", "arn:aws:s3:::lake", facts(fact("s3:prefix", "teams/")), ImplicitDeny},
			{"s3:PutObject", "arn:aws:s3:::lake/inbox/somebody/scan.pdf", nil, ImplicitDeny},
		},
		"explicit deny": {
			{"s3:DeleteObject", "arn:aws:s3:::lake/teams/{n}/locked/ledger.csv", nil, ExplicitDeny},
			{"s3:GetObject", "arn:aws:s3:::lake/teams/{n}/2026/report.csv", facts(fact("aws:SecureTransport", "false")), ExplicitDeny},
			{"s3:PutObject", "arn:aws:s3:::lake/vault/x", nil, ExplicitDeny},
		},
	}
	r := seeded(9)
	for _, m := range mix {
		for range m.n {
			_, what, found := strings.Cut(m.kind, " ")
			if !found || what == "deny" {
				what = m.kind
			}
			user := r.IntN(blocks)
			switch m.kind {
			case "early allow":
				user = r.IntN(blocks / 3)
			case "late allow":
				user = blocks - 1 - r.IntN(blocks/3)
			}
			p := probes[what][r.IntN(len(probes[what]))]
			w.Requests = append(w.Requests, p.request(w, user, user, m.kind))
		}
	}
	r.Shuffle(len(w.Requests), func(i, j int) { w.Requests[i], w.Requests[j] = w.Requests[j], w.Requests[i] })
	if n := len(bucket.Statements); n != 1000 {
		panic(fmt.Sprintf("workload: the bucket policy has %d statements", n))
	}
	return w
}
