package workload

// mixedShapes are statements about many services, with conditions, policy variables and set operators.
var mixedShapes = []shape{
	{`{"Sid":"Look","Effect":"Allow","Action":["ec2:Describe*","ec2:Get*","cloudwatch:GetMetricData","cloudwatch:ListMetrics"],"Resource":"*"}`, []probe{
		{"ec2:DescribeInstances", "*", nil, Allow},
		{"cloudwatch:GetMetricData", "*", nil, Allow},
	}},
	{`{"Sid":"OwnInstances","Effect":"Allow","Action":["ec2:StartInstances","ec2:StopInstances","ec2:RebootInstances"],"Resource":"arn:aws:ec2:*:111122223333:instance/*",
	   "Condition":{"StringEquals":{"aws:ResourceTag/Owner":"${aws:username}","aws:ResourceTag/project":"proj-{n}"}}}`, []probe{
		{"ec2:StopInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc1234def567890",
			facts(fact("aws:ResourceTag/Owner", "{user}"), fact("aws:ResourceTag/project", "proj-{n}")), Allow},
		{"ec2:StopInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc1234def567890",
			facts(fact("aws:ResourceTag/Owner", "somebody"), fact("aws:ResourceTag/project", "proj-{n}")), ImplicitDeny},
	}},
	{`{"Sid":"RunTagged","Effect":"Allow","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:eu-west-1:111122223333:instance/*",
	   "Condition":{"StringEquals":{"aws:RequestTag/project":"proj-{n}"},"ForAllValues:StringEquals":{"aws:TagKeys":["project","Owner","Name"]}}}`, []probe{
		{"ec2:RunInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/*",
			facts(fact("aws:RequestTag/project", "proj-{n}"), many("aws:TagKeys", "project", "Name")), Allow},
		{"ec2:RunInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/*",
			facts(fact("aws:RequestTag/project", "proj-{n}"), many("aws:TagKeys", "project", "colour")), ImplicitDeny},
	}},
	{`{"Sid":"OwnItems","Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem","dynamodb:Query","dynamodb:UpdateItem"],
	   "Resource":"arn:aws:dynamodb:eu-west-1:111122223333:table/users-{n}","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["${aws:username}"]}}}`, []probe{
		{"dynamodb:Query", "arn:aws:dynamodb:eu-west-1:111122223333:table/users-{n}", facts(many("dynamodb:LeadingKeys", "{user}")), Allow},
		{"dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/users-{n}", facts(many("dynamodb:LeadingKeys", "somebody")), ImplicitDeny},
	}},
	{`{"Sid":"Queues","Effect":"Allow","Action":["sqs:SendMessage","sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes"],"Resource":"arn:aws:sqs:*:111122223333:team-{n}-*"}`, []probe{
		{"sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:111122223333:team-{n}-jobs", nil, Allow},
		{"sqs:PurgeQueue", "arn:aws:sqs:eu-west-1:111122223333:team-{n}-jobs", nil, ImplicitDeny},
		{"sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:other-{n}-jobs", nil, ImplicitDeny},
	}},
	{`{"Sid":"Events","Effect":"Allow","Action":"sns:Publish","Resource":"arn:aws:sns:eu-west-1:111122223333:events-{n}"}`, []probe{
		{"sns:Publish", "arn:aws:sns:eu-west-1:111122223333:events-{n}", nil, Allow},
	}},
	{`{"Sid":"OwnCredentials","Effect":"Allow","Action":["iam:*AccessKey*","iam:ChangePassword","iam:GetUser"],"Resource":"arn:aws:iam::111122223333:user/staff/${aws:username}"}`, []probe{
		{"iam:CreateAccessKey", "arn:aws:iam::111122223333:user/staff/{user}", nil, Allow},
		{"iam:CreateAccessKey", "arn:aws:iam::111122223333:user/staff/somebody", nil, ImplicitDeny},
	}},
	{`{"Sid":"TeamSecrets","Effect":"Allow","Action":["secretsmanager:GetSecretValue","secretsmanager:DescribeSecret"],
	   "Resource":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:team-{n}/*","Condition":{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}}}`, []probe{
		{"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:team-{n}/db-x1Y2z3", facts(fact("aws:ResourceTag/team", "{team}")), Allow},
		{"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:team-{n}/db-x1Y2z3", facts(fact("aws:ResourceTag/team", "black")), ImplicitDeny},
	}},
	{`{"Sid":"DenyWithoutMFA","Effect":"Deny","Action":["ec2:TerminateInstances","rds:DeleteDBInstance","dynamodb:DeleteTable"],"Resource":"*",
	   "Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`, []probe{
		{"dynamodb:DeleteTable", "arn:aws:dynamodb:eu-west-1:111122223333:table/users-{n}", facts(fact("aws:MultiFactorAuthPresent", "false")), ExplicitDeny},
		{"ec2:TerminateInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc1234def567890", nil, ImplicitDeny},
	}},
	{`{"Sid":"Functions","Effect":"Allow","Action":["lambda:InvokeFunction","lambda:GetFunction"],"Resource":"arn:aws:lambda:eu-west-1:111122223333:function:team-{n}-*"}`, []probe{
		{"lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:111122223333:function:team-{n}-ingest", nil, Allow},
		{"lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:111122223333:function:team-{n}-ingest", nil, ImplicitDeny},
	}},
	{`{"Sid":"PassRole","Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/team-{n}-*",
	   "Condition":{"StringEquals":{"iam:PassedToService":["ec2.amazonaws.com","lambda.amazonaws.com"]}}}`, []probe{
		{"iam:PassRole", "arn:aws:iam::111122223333:role/team-{n}-worker", facts(fact("iam:PassedToService", "lambda.amazonaws.com")), Allow},
		{"iam:PassRole", "arn:aws:iam::111122223333:role/team-{n}-worker", facts(fact("iam:PassedToService", "glue.amazonaws.com")), ImplicitDeny},
	}},
	{`{"Sid":"AppLogs","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents","logs:GetLogEvents","logs:FilterLogEvents"],
	   "Resource":"arn:aws:logs:*:111122223333:log-group:/app/team-{n}/*:*"}`, []probe{
		{"logs:PutLogEvents", "arn:aws:logs:eu-west-1:111122223333:log-group:/app/team-{n}/web:log-stream:7", nil, Allow},
		{"logs:DeleteLogGroup", "arn:aws:logs:eu-west-1:111122223333:log-group:/app/team-{n}/web:*", nil, ImplicitDeny},
	}},
	{`{"Sid":"Home","Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject"],"Resource":"arn:aws:s3:::home-{n}/home/${aws:username}/*"}`, []probe{
		{"s3:PutObject", "arn:aws:s3:::home-{n}/home/{user}/photos/2026/harbour.jpg", nil, Allow},
		{"s3:GetObject", "arn:aws:s3:::home-{n}/home/somebody/photos/2026/harbour.jpg", nil, ImplicitDeny},
	}},
	{`{"Sid":"ListHome","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::home-{n}","Condition":{"StringLike":{"s3:prefix":["home/","home/${aws:username}/*"]}}}`, []probe{
		{"s3:ListBucket", "arn:aws:s3:::home-{n}", facts(fact("s3:prefix", "home/{user}/photos")), Allow},
		{"s3:ListBucket", "arn:aws:s3:::home-{n}", facts(fact("s3:prefix", "home/somebody/")), ImplicitDeny},
	}},
	{`{"Sid":"DevDatabases","Effect":"Allow","Action":["rds:StartDBInstance","rds:StopDBInstance"],"Resource":"arn:aws:rds:eu-west-1:111122223333:db:team-{n}-*",
	   "Condition":{"StringLike":{"aws:ResourceTag/env":"dev*"}}}`, []probe{
		{"rds:StopDBInstance", "arn:aws:rds:eu-west-1:111122223333:db:team-{n}-orders", facts(fact("aws:ResourceTag/env", "dev-2")), Allow},
		{"rds:StopDBInstance", "arn:aws:rds:eu-west-1:111122223333:db:team-{n}-orders", facts(fact("aws:ResourceTag/env", "prod")), ImplicitDeny},
	}},
	{`{"Sid":"DenyRetagging","Effect":"Deny","Action":["ec2:CreateTags","ec2:DeleteTags"],"Resource":"arn:aws:ec2:*:111122223333:instance/*",
	   "Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":["Owner","cost-{n}"]}}}`, []probe{
		{"ec2:DeleteTags", "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc1234def567890", facts(many("aws:TagKeys", "Name", "cost-{n}")), ExplicitDeny},
	}},
	{`{"Sid":"Images","Effect":"Allow","Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer","ecr:BatchCheckLayerAvailability"],
	   "Resource":"arn:aws:ecr:eu-west-1:111122223333:repository/team-{n}/*"}`, []probe{
		{"ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:111122223333:repository/team-{n}/web", nil, Allow},
		{"ecr:PutImage", "arn:aws:ecr:eu-west-1:111122223333:repository/team-{n}/web", nil, ImplicitDeny},
	}},
	{`{"Sid":"Parameters","Effect":"Allow","Action":["ssm:GetParameter","ssm:GetParameters","ssm:GetParametersByPath"],"Resource":"arn:aws:ssm:eu-west-1:111122223333:parameter/team-{n}/*"}`, []probe{
		{"ssm:GetParameter", "arn:aws:ssm:eu-west-1:111122223333:parameter/team-{n}/db/host", nil, Allow},
		{"ssm:PutParameter", "arn:aws:ssm:eu-west-1:111122223333:parameter/team-{n}/db/host", nil, ImplicitDeny},
	}},
	{`{"Sid":"Containers","Effect":"Allow","Action":["ecs:Describe*","ecs:List*","ecs:UpdateService"],"Resource":"arn:aws:ecs:eu-west-1:111122223333:service/cluster-{n}/*",
	   "Condition":{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:eu-west-1:111122223333:cluster/cluster-{n}"}}}`, []probe{
		{"ecs:UpdateService", "arn:aws:ecs:eu-west-1:111122223333:service/cluster-{n}/web",
			facts(fact("ecs:cluster", "arn:aws:ecs:eu-west-1:111122223333:cluster/cluster-{n}")), Allow},
		{"ecs:DeleteService", "arn:aws:ecs:eu-west-1:111122223333:service/cluster-{n}/web", nil, ImplicitDeny},
	}},
	{`{"Sid":"Repositories","Effect":"Allow","Action":["codecommit:GitPull","codecommit:GitPush"],"Resource":"arn:aws:codecommit:eu-west-1:111122223333:team-{n}-*",
	   "Condition":{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"},"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}}`, []probe{
		{"codecommit:GitPull", "arn:aws:codecommit:eu-west-1:111122223333:team-{n}-api", nil, Allow},
		{"codecommit:GitPush", "arn:aws:codecommit:eu-west-1:111122223333:team-{n}-api", facts(fact("aws:CurrentTime", "2031-05-01T00:00:00Z")), ImplicitDeny},
	}},
	{`{"Sid":"QueryFromOffice","Effect":"Allow","Action":["athena:StartQueryExecution","athena:GetQueryResults"],"Resource":"arn:aws:athena:eu-west-1:111122223333:workgroup/team-{n}",
	   "Condition":{"IpAddress":{"aws:SourceIp":["198.51.100.0/24","203.0.113.0/24"]}}}`, []probe{
		{"athena:StartQueryExecution", "arn:aws:athena:eu-west-1:111122223333:workgroup/team-{n}", nil, Allow},
		{"athena:StartQueryExecution", "arn:aws:athena:eu-west-1:111122223333:workgroup/team-{n}", facts(fact("aws:SourceIp", "192.0.2.44")), ImplicitDeny},
	}},
	{`{"Sid":"DenyUnencrypted","Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::secure-{n}/*",
	   "Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}}`, []probe{
		{"s3:PutObject", "arn:aws:s3:::secure-{n}/payroll/2026-11.csv", facts(fact("s3:x-amz-server-side-encryption", "AES256")), ExplicitDeny},
	}},
	{`{"Sid":"ListShortly","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::list-{n}","Condition":{"NumericLessThanEquals":{"s3:max-keys":"100"}}}`, []probe{
		{"s3:ListBucket", "arn:aws:s3:::list-{n}", facts(fact("s3:max-keys", "50")), Allow},
		{"s3:ListBucket", "arn:aws:s3:::list-{n}", facts(fact("s3:max-keys", "1000")), ImplicitDeny},
	}},
}

// MediumMixed is one user with ten managed and three group policies, 104 statements in all, about many services.
func MediumMixed() *Workload {
	return medium("medium mixed", "13 policies, 104 statements, 17 services", mixedShapes, 5)
}

// HugeMixed is an account of 495 users and 10,000 statements about many services. Its requests are by 64 of the users.
func HugeMixed() *Workload {
	return huge("huge mixed", "10,000 statements in the account, 104 a user, 17 services", mixedShapes, rotation, 6)
}

// ColdMixed is the account of HugeMixed with 10,000 requests by all users.
func ColdMixed() *Workload {
	return huge("cold mixed", "10,000 different requests, 495 users, the account of huge mixed", mixedShapes, 10_000, 7)
}

// Full is MediumMixed in an organization: with a permissions boundary, three levels of service control policies and a resource control policy.
func Full() *Workload {
	w := medium("full", "medium mixed with boundary, 3 levels of SCP, RCP", mixedShapes, 8)
	everything := policy("FullAWSAccess", 0, `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	boundary := policy("boundary", 0,
		`{"Sid":"Services","Effect":"Allow","Action":["s3:*","ec2:*","dynamodb:*","sqs:*","sns:*","lambda:*","logs:*","rds:*","ecr:*","ssm:*","ecs:*","athena:*",
		   "cloudwatch:*","codecommit:*","secretsmanager:Get*","secretsmanager:Describe*","iam:PassRole"],"Resource":"*"}`,
		`{"Sid":"OwnKeys","Effect":"Allow","Action":["iam:*AccessKey*","iam:GetUser"],"Resource":"arn:aws:iam::*:user/staff/${aws:username}"}`,
		`{"Sid":"NoEscalation","Effect":"Deny","Action":["iam:DeleteUserPermissionsBoundary","iam:PutUserPermissionsBoundary","iam:CreatePolicyVersion"],"Resource":"*"}`)
	w.Boundary = &boundary
	w.ServiceControl = [][]Policy{
		{everything, policy("root", 0,
			`{"Sid":"Stay","Effect":"Deny","Action":["organizations:LeaveOrganization","account:CloseAccount"],"Resource":"*"}`,
			`{"Sid":"NoRootUser","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}`)},
		{everything, policy("unit", 0,
			`{"Sid":"Regions","Effect":"Deny","NotAction":["iam:*","sts:*","organizations:*","route53:*","cloudfront:*","support:*","s3:GetBucketLocation","s3:ListAllMyBuckets"],"Resource":"*",
			   "Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]},"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/OrganizationAdmin"}}}`)},
		{everything, policy("account", 0,
			`{"Sid":"KeepTrails","Effect":"Deny","Action":["cloudtrail:StopLogging","cloudtrail:DeleteTrail","config:DeleteConfigurationRecorder","guardduty:Delete*"],"Resource":"*"}`,
			`{"Sid":"KeepSecrets","Effect":"Deny","Action":["secretsmanager:DeleteSecret","secretsmanager:PutResourcePolicy"],"Resource":"*"}`)},
	}
	w.ResourceControl = [][]Policy{{
		policy("RCPFullAWSAccess", 0, `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`),
		policy("perimeter", 0,
			`{"Sid":"Organization","Effect":"Deny","Principal":"*","Action":["s3:*","sqs:*","secretsmanager:*","sts:*","kms:*"],"Resource":"*",
			   "Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}`,
			`{"Sid":"Transport","Effect":"Deny","Principal":"*","Action":["s3:*","sqs:*","secretsmanager:*"],"Resource":"*","Condition":{"BoolIfExists":{"aws:SecureTransport":"false"}}}`),
	}}
	for i := range w.Requests {
		r := &w.Requests[i]
		r.Context = append(r.Context, fact("aws:PrincipalOrgID", "o-a1b2c3d4e5"), fact("aws:PrincipalIsAWSService", "false"))
	}
	// Some requests are refused by the layers around the identity policies.
	for i, p := range []probe{
		{"cloudtrail:StopLogging", "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main", nil, ExplicitDeny},
		{"s3:PutObject", "arn:aws:s3:::home-0001/home/{user}/x", facts(fact("aws:SecureTransport", "false")), ExplicitDeny},
		{"iam:ChangePassword", "arn:aws:iam::111122223333:user/staff/{user}", nil, ImplicitDeny},
		{"sns:Publish", "arn:aws:sns:us-east-1:111122223333:events-0000", facts(fact("aws:RequestedRegion", "us-east-1")), ExplicitDeny},
	} {
		r := p.request(w, 0, 0, p.expect.String()+" around")
		r.Context = append(r.Context, fact("aws:PrincipalOrgID", "o-a1b2c3d4e5"), fact("aws:PrincipalIsAWSService", "false"))
		w.replace(p.expect, i, r)
	}
	return w
}

// replace puts r in the place of a request with the same outcome, the n-th of those.
func (w *Workload) replace(o Outcome, n int, r Request) {
	for i := range w.Requests {
		if w.Requests[i].Expect == o {
			if n == 0 {
				w.Requests[i] = r
				return
			}
			n--
		}
	}
}
