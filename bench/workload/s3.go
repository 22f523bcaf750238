package workload

// s3Shapes are statements about S3 as users, logs, uploads and archives have them. All of them MinIO understands too.
var s3Shapes = []shape{
	{`{"Sid":"ListBuckets","Effect":"Allow","Action":["s3:ListAllMyBuckets","s3:GetBucketLocation"],"Resource":"arn:aws:s3:::*"}`, []probe{
		{"s3:GetBucketLocation", "arn:aws:s3:::photos", nil, Allow},
	}},
	{`{"Sid":"ListHome","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::home-{n}",
	   "Condition":{"StringLike":{"s3:prefix":["home/","home/${aws:username}/*"]}}}`, []probe{
		{"s3:ListBucket", "arn:aws:s3:::home-{n}", facts(fact("s3:prefix", "home/{user}/photos/2026")), Allow},
		{"s3:ListBucket", "arn:aws:s3:::home-{n}", facts(fact("s3:prefix", "home/somebody/photos")), ImplicitDeny},
		{"s3:ListBucket", "arn:aws:s3:::home-{n}", nil, ImplicitDeny},
	}},
	{`{"Sid":"Home","Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject"],"Resource":"arn:aws:s3:::home-{n}/home/${aws:username}/*"}`, []probe{
		{"s3:GetObject", "arn:aws:s3:::home-{n}/home/{user}/photos/2026/harbour.jpg", nil, Allow},
		{"s3:PutObject", "arn:aws:s3:::home-{n}/home/{user}/mail/inbox", nil, Allow},
		{"s3:GetObject", "arn:aws:s3:::home-{n}/home/somebody/photos/2026/harbour.jpg", nil, ImplicitDeny},
	}},
	{`{"Sid":"ReadLogs","Effect":"Allow","Action":["s3:GetObject","s3:GetObjectVersion"],"Resource":["arn:aws:s3:::logs-{n}/app/*","arn:aws:s3:::logs-{n}/web/*"]}`, []probe{
		{"s3:GetObject", "arn:aws:s3:::logs-{n}/web/2026/11/20/access.gz", nil, Allow},
		{"s3:GetObject", "arn:aws:s3:::logs-{n}/audit/2026/11/20/trail.gz", nil, ImplicitDeny},
		{"s3:DeleteObject", "arn:aws:s3:::logs-{n}/app/2026/11/20/app.gz", nil, ImplicitDeny},
	}},
	{`{"Sid":"Project","Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::proj-{n}","arn:aws:s3:::proj-{n}/*"]}`, []probe{
		{"s3:PutObject", "arn:aws:s3:::proj-{n}/src/build/output.tar", nil, Allow},
		{"s3:ListBucket", "arn:aws:s3:::proj-{n}", nil, Allow},
	}},
	{`{"Sid":"WriteSecure","Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::secure-{n}/*"}`, []probe{
		{"s3:PutObject", "arn:aws:s3:::secure-{n}/payroll/2026-11.csv", facts(fact("s3:x-amz-server-side-encryption", "aws:kms")), Allow},
		{"s3:GetObject", "arn:aws:s3:::secure-{n}/payroll/2026-11.csv", nil, ImplicitDeny},
	}},
	{`{"Sid":"DenyUnencrypted","Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::secure-{n}/*",
	   "Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}}`, []probe{
		{"s3:PutObject", "arn:aws:s3:::secure-{n}/payroll/2026-11.csv", facts(fact("s3:x-amz-server-side-encryption", "AES256")), ExplicitDeny},
		{"s3:PutObject", "arn:aws:s3:::secure-{n}/payroll/2026-11.csv", nil, ExplicitDeny},
	}},
	{`{"Sid":"KeepArchive","Effect":"Deny","Action":["s3:DeleteObject","s3:DeleteObjectVersion"],"Resource":"arn:aws:s3:::archive-{n}/*"}`, []probe{
		{"s3:DeleteObject", "arn:aws:s3:::archive-{n}/2019/ledger.parquet", nil, ExplicitDeny},
		{"s3:GetObject", "arn:aws:s3:::archive-{n}/2019/ledger.parquet", nil, ImplicitDeny},
	}},
	{`{"Sid":"ReadPublic","Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":["arn:aws:s3:::public-{n}","arn:aws:s3:::public-{n}/*"]}`, []probe{
		{"s3:GetObjectTagging", "arn:aws:s3:::public-{n}/press/logo.svg", nil, Allow},
		{"s3:ListBucket", "arn:aws:s3:::public-{n}", nil, Allow},
		{"s3:PutObject", "arn:aws:s3:::public-{n}/press/logo.svg", nil, ImplicitDeny},
	}},
	{`{"Sid":"DenyInsecureTransport","Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::proj-{n}/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`, []probe{
		{"s3:GetObject", "arn:aws:s3:::proj-{n}/src/main.go", facts(fact("aws:SecureTransport", "false")), ExplicitDeny},
	}},
	{`{"Sid":"UploadFromOffice","Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::upload-{n}/${aws:username}/*",
	   "Condition":{"IpAddress":{"aws:SourceIp":["198.51.100.0/24","203.0.113.0/24"]}}}`, []probe{
		{"s3:PutObject", "arn:aws:s3:::upload-{n}/{user}/scan-0001.pdf", nil, Allow},
		{"s3:PutObject", "arn:aws:s3:::upload-{n}/{user}/scan-0001.pdf", facts(fact("aws:SourceIp", "192.0.2.44")), ImplicitDeny},
	}},
	{`{"Sid":"TagRaw","Effect":"Allow","Action":["s3:GetObject","s3:GetObjectTagging","s3:PutObjectTagging"],"Resource":"arn:aws:s3:::data-{n}/*/raw/*"}`, []probe{
		{"s3:PutObjectTagging", "arn:aws:s3:::data-{n}/sensors/2026/raw/0001.avro", nil, Allow},
		{"s3:PutObjectTagging", "arn:aws:s3:::data-{n}/sensors/2026/refined/0001.avro", nil, ImplicitDeny},
	}},
	{`{"Sid":"Ingest","Effect":"Allow","Action":["s3:PutObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"Resource":"arn:aws:s3:::ingest-{n}/*"}`, []probe{
		{"s3:AbortMultipartUpload", "arn:aws:s3:::ingest-{n}/batch/77/part", nil, Allow},
		{"s3:GetObject", "arn:aws:s3:::ingest-{n}/batch/77/part", nil, ImplicitDeny},
	}},
	{`{"Sid":"ReadConfiguration","Effect":"Allow","Action":["s3:GetBucketPolicy","s3:GetBucketVersioning","s3:GetBucketTagging","s3:GetLifecycleConfiguration"],
	   "Resource":"arn:aws:s3:::conf-{n}"}`, []probe{
		{"s3:GetBucketVersioning", "arn:aws:s3:::conf-{n}", nil, Allow},
		{"s3:PutBucketVersioning", "arn:aws:s3:::conf-{n}", nil, ImplicitDeny},
	}},
	{`{"Sid":"ListShortly","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::list-{n}","Condition":{"NumericLessThanEquals":{"s3:max-keys":"100"}}}`, []probe{
		{"s3:ListBucket", "arn:aws:s3:::list-{n}", facts(fact("s3:max-keys", "50")), Allow},
		{"s3:ListBucket", "arn:aws:s3:::list-{n}", facts(fact("s3:max-keys", "1000")), ImplicitDeny},
	}},
	{`{"Sid":"ReadReleases","Effect":"Allow","Action":"s3:GetObject*","Resource":"arn:aws:s3:::vers-{n}/releases/*"}`, []probe{
		{"s3:GetObjectVersion", "arn:aws:s3:::vers-{n}/releases/1.4.2/writ.tar.gz", nil, Allow},
		{"s3:GetObject", "arn:aws:s3:::vers-{n}/nightly/writ.tar.gz", nil, ImplicitDeny},
	}},
}

// Small is one user with one policy of five statements.
func Small() *Workload {
	w := &Workload{Name: "small", About: "1 policy, 5 statements, s3", Users: users(1)}
	// ListHome, DenyUnencrypted, Home, ReadLogs, Project
	shapes := []shape{s3Shapes[1], s3Shapes[6], s3Shapes[2], s3Shapes[3], s3Shapes[4]}
	var statements []string
	for _, s := range shapes {
		statements = append(statements, s.statement)
	}
	w.Policies = []Policy{policy("small", 0, statements...)}
	w.Users[0].Policies = []int{0}
	w.ask(rotation, shapes, func(int) int { return 0 }, seeded(1))
	return w
}

// MediumS3 is one user with ten managed and three group policies, 104 statements in all, about S3.
func MediumS3() *Workload {
	return medium("medium s3", "13 policies, 104 statements, s3", s3Shapes, 2)
}

func medium(name, about string, shapes []shape, seed uint64) *Workload {
	w := &Workload{Name: name, About: about, Users: users(1), Policies: identityPolicies(attached, shapes)}
	for i := range attached {
		w.Users[0].Policies = append(w.Users[0].Policies, i)
	}
	w.ask(rotation, shapes, func(int) int { return 0 }, seeded(seed))
	return w
}

// The size of the huge account: 10,000 statements.
const (
	hugePolicies = 10_000 / perPolicy
	hugeUsers    = 495
)

// HugeS3 is an account of 495 users and 10,000 statements about S3. Its requests are by 64 of the users.
func HugeS3() *Workload {
	return huge("huge s3", "10,000 statements in the account, 104 a user, s3", s3Shapes, rotation, 3)
}

// ColdS3 is the account of HugeS3 with 10,000 requests by all users.
func ColdS3() *Workload {
	return huge("cold s3", "10,000 different requests, 495 users, the account of huge s3", s3Shapes, 10_000, 4)
}

func huge(name, about string, shapes []shape, requests int, seed uint64) *Workload {
	w := &Workload{Name: name, About: about, Users: users(hugeUsers), Policies: identityPolicies(hugePolicies, shapes)}
	for i := range w.Users {
		for j := range attached {
			w.Users[i].Policies = append(w.Users[i].Policies, (i*31+j*97)%hugePolicies)
		}
	}
	r := seeded(seed)
	order := r.Perm(hugeUsers)
	w.ask(requests, shapes, func(i int) int { return order[i%hugeUsers] }, r)
	return w
}
