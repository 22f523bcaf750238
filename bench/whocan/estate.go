package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/writ-iam/writ/authz"
	"github.com/writ-iam/writ/condition"
)

type object = map[string]any

// draft is a made-up company: one account of users in teams, roles of services and of deployments, buckets, queues, tables and keys that belong to teams.
type draft struct {
	*rand.Rand
	principals, resources int
	actions               []string
	names                 []string // of the resources
}

const (
	account = "111122223333"
	other   = "444455556666"
	teams   = 200
)

func newDraft(principals, resources int) *draft {
	d := &draft{Rand: rand.New(rand.NewPCG(5, 6)), principals: principals, resources: resources}
	d.actions = []string{
		"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucket", "s3:GetObjectVersion", "s3:PutObjectAcl", "s3:GetBucketLocation",
		"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:PurgeQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes",
		"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:DeleteItem", "dynamodb:UpdateItem", "dynamodb:DeleteTable", "dynamodb:DescribeTable",
		"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:ScheduleKeyDeletion",
	}
	for i := range resources {
		d.names = append(d.names, d.resource(i))
	}
	return d
}

// team is whose resource i is.
func team(i int) int { return i % teams }

func (d *draft) resource(i int) string {
	switch {
	case i%20 == 19:
		return fmt.Sprintf("arn:aws:kms:eu-west-1:%s:key/%08d-1234-1234-1234-123456789012", account, i)
	case i%10 < 5:
		return fmt.Sprintf("arn:aws:s3:::team-%d-data-%d", team(i), i)
	case i%10 < 8:
		return fmt.Sprintf("arn:aws:sqs:eu-west-1:%s:team-%d-queue-%d", account, team(i), i)
	}
	return fmt.Sprintf("arn:aws:dynamodb:eu-west-1:%s:table/team-%d-table-%d", account, team(i), i)
}

func document(statements ...object) object {
	return object{"Version": "2012-10-17", "Statement": statements}
}

func allow(actions, resources any, condition ...object) object {
	s := object{"Effect": "Allow", "Action": actions, "Resource": resources}
	if len(condition) > 0 {
		s["Condition"] = condition[0]
	}
	return s
}

func managedARN(name string) string { return "arn:aws:iam::" + account + ":policy/" + name }

func attached(names ...string) (list []object) {
	for _, n := range names {
		list = append(list, object{"PolicyName": n, "PolicyArn": managedARN(n)})
	}
	return list
}

// texts returns the export, the resources and the organization.
func (d *draft) texts() (export, resources, organization string, err error) {
	managed := make(map[string]object)
	add := func(name string, doc object) { managed[name] = doc }
	add("Administrator", document(allow("*", "*")))
	add("ReadEverything", document(allow([]string{"s3:Get*", "s3:List*", "sqs:Get*", "dynamodb:Describe*", "kms:Describe*", "ec2:Describe*"}, "*")))
	add("SecondFactor", document(object{"Effect": "Deny", "NotAction": []string{"iam:*", "sts:*"}, "Resource": "*", "Condition": object{"BoolIfExists": object{"aws:MultiFactorAuthPresent": "false"}}}))
	add("OwnTeam", document(allow([]string{"s3:PutObject", "s3:DeleteObject"}, "arn:aws:s3:::team-${aws:PrincipalTag/team}-*")))
	add("OfficeOnly", document(object{"Effect": "Deny", "Action": []string{"s3:Delete*", "dynamodb:Delete*", "sqs:Delete*"}, "Resource": "*", "Condition": object{"NotIpAddress": object{"aws:SourceIp": "203.0.113.0/24"}}}))
	add("Boundary", document(allow([]string{"s3:*", "sqs:*", "dynamodb:*"}, "*"), object{"Effect": "Deny", "Action": "s3:PutBucketPolicy", "Resource": "*"}))
	for i := range 30 {
		service := []string{"s3", "sqs", "dynamodb", "kms"}[i%4]
		add(fmt.Sprintf("Shared%d", i), document(
			allow([]string{service + ":List*", service + ":Get*"}, fmt.Sprintf("arn:aws:%s:*:*:*team-%d*", service, i)),
			allow(service+":*", fmt.Sprintf("arn:aws:%s:::team-%d-data-*", service, i*3), object{"StringEquals": object{"aws:RequestedRegion": "eu-west-1"}}),
		))
	}
	var groups []object
	for t := range teams {
		add(fmt.Sprintf("Team%d", t), document(
			allow([]string{"s3:GetObject", "s3:PutObject", "s3:ListBucket"}, []string{fmt.Sprintf("arn:aws:s3:::team-%d-*", t), fmt.Sprintf("arn:aws:s3:::team-%d-*/*", t)}),
			allow([]string{"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"}, fmt.Sprintf("arn:aws:sqs:*:%s:team-%d-*", account, t)),
		))
		add(fmt.Sprintf("Operators%d", t), document(
			allow([]string{"s3:*", "sqs:*", "dynamodb:*"}, []string{fmt.Sprintf("arn:aws:s3:::team-%d-*", t), fmt.Sprintf("arn:aws:sqs:*:*:team-%d-*", t), fmt.Sprintf("arn:aws:dynamodb:*:*:table/team-%d-*", t)}),
		))
		for _, kind := range []string{"Team", "Operators"} {
			name := fmt.Sprint(kind, t)
			policies := []string{name, "SecondFactor"}
			if kind == "Operators" {
				policies = append(policies, "OfficeOnly", fmt.Sprintf("Shared%d", t%30))
			}
			groups = append(groups, object{"Path": "/", "GroupName": name, "GroupId": "AGPA" + name, "Arn": "arn:aws:iam::" + account + ":group/" + name, "AttachedManagedPolicies": attached(policies...)})
		}
	}
	users, roles := d.people(d.principals*4/5), d.roles(d.principals-d.principals*4/5)
	var policies []object
	for _, name := range slices.Sorted(maps.Keys(managed)) {
		policies = append(policies, object{"PolicyName": name, "Arn": managedARN(name), "DefaultVersionId": "v1", "PolicyVersionList": []object{{"VersionId": "v1", "IsDefaultVersion": true, "Document": managed[name]}}})
	}
	page, err := json.Marshal(object{"UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles, "Policies": policies})
	if err != nil {
		return "", "", "", err
	}
	own, err := json.Marshal(d.own())
	if err != nil {
		return "", "", "", err
	}
	scp := document(object{"Effect": "Deny", "Action": []string{"kms:ScheduleKeyDeletion", "dynamodb:DeleteTable"}, "Resource": "*", "Condition": object{"ArnNotLike": object{"aws:PrincipalArn": "arn:aws:iam::*:user/admin-*"}}})
	o, err := json.Marshal(object{"id": "o-bench", "managementAccount": "999999999999", "accounts": object{account: object{"scp": []any{[]any{"FullAWSAccess"}, []any{"FullAWSAccess", scp}}, "rcp": []any{[]any{"RCPFullAWSAccess"}}}}})
	return string(page), string(own), string(o), err
}

func (d *draft) people(n int) (users []object) {
	for i := range n {
		t := team(i)
		name := fmt.Sprintf("user-%d", i)
		u := object{"Path": "/", "UserId": fmt.Sprintf("AIDA%08d", i), "Tags": []object{{"Key": "team", "Value": fmt.Sprint(t)}}}
		groups := []string{fmt.Sprintf("Team%d", t)}
		if d.IntN(5) == 0 {
			groups = append(groups, fmt.Sprintf("Operators%d", t))
		}
		if d.IntN(4) == 0 {
			groups = append(groups, fmt.Sprintf("Team%d", d.IntN(teams)))
		}
		var policies []string
		switch {
		case i < 20:
			name = fmt.Sprintf("admin-%d", i)
			policies = append(policies, "Administrator")
		case i%50 == 0:
			policies = append(policies, "ReadEverything")
		case i%3 == 0:
			policies = append(policies, fmt.Sprintf("Shared%d", d.IntN(30)))
		case i%7 == 0:
			policies = append(policies, "OwnTeam")
		}
		if i%4 == 1 { // something of their own
			u["UserPolicyList"] = []object{{"PolicyName": "own", "PolicyDocument": document(
				allow([]string{"s3:GetObject", "s3:PutObject"}, d.names[d.IntN(len(d.names))]+"/*"),
				allow([]string{"dynamodb:GetItem", "dynamodb:Query"}, d.names[d.IntN(len(d.names))], object{"IpAddress": object{"aws:SourceIp": "198.51.100.0/24"}}),
			)}}
		}
		if i%10 == 2 {
			u["PermissionsBoundary"] = object{"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": managedARN("Boundary")}
		}
		u["UserName"], u["Arn"] = name, "arn:aws:iam::"+account+":user/"+name
		u["GroupList"], u["AttachedManagedPolicies"] = groups, attached(policies...)
		users = append(users, u)
	}
	return users
}

func (d *draft) roles(n int) (roles []object) {
	for i := range n {
		t := team(i)
		name := fmt.Sprintf("role-%d", i)
		var mine []string
		for range 1 + d.IntN(4) {
			r := d.names[d.IntN(len(d.names))]
			mine = append(mine, r)
			if strings.HasPrefix(r, "arn:aws:s3") {
				mine = append(mine, r+"/*")
			}
		}
		trust := document(object{"Effect": "Allow", "Principal": object{"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
		switch i % 4 {
		case 1: // for deployments
			trust = document(object{"Effect": "Allow", "Principal": object{"AWS": fmt.Sprintf("arn:aws:iam::%s:role/role-%d", account, (i+4)%n)}, "Action": "sts:AssumeRole"})
		case 2: // for people, with a second factor
			trust = document(object{"Effect": "Allow", "Principal": object{"AWS": fmt.Sprintf("arn:aws:iam::%s:user/user-%d", account, 20+i)}, "Action": "sts:AssumeRole",
				"Condition": object{"Bool": object{"aws:MultiFactorAuthPresent": "true"}}})
		}
		statements := []object{allow([]string{"s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:SendMessage", "sqs:ReceiveMessage", "dynamodb:*Item", "dynamodb:Query", "kms:Decrypt"}, mine), allow([]string{"logs:*", "ec2:Describe*"}, "*")}
		r := object{
			"Path": "/", "RoleName": name, "RoleId": fmt.Sprintf("AROA%08d", i), "Arn": "arn:aws:iam::" + account + ":role/" + name, "AssumeRolePolicyDocument": trust,
			"RolePolicyList": []object{{"PolicyName": "own", "PolicyDocument": document(statements...)}}, "Tags": []object{{"Key": "team", "Value": fmt.Sprint(t)}},
		}
		if i%5 == 0 {
			r["AttachedManagedPolicies"] = attached(fmt.Sprintf("Shared%d", d.IntN(30)))
		}
		roles = append(roles, r)
	}
	return roles
}

// own returns the resources, of which four in ten have policies of their own.
func (d *draft) own() (list []object) {
	for i, name := range d.names {
		r := object{"arn": name, "account": account}
		if i%3 == 0 {
			r["tags"] = object{"team": fmt.Sprint(team(i))}
		}
		inside := any(name)
		if strings.HasPrefix(name, "arn:aws:s3") {
			inside = []string{name, name + "/*"}
		}
		tls := object{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": inside, "Condition": object{"Bool": object{"aws:SecureTransport": "false"}}}
		role := fmt.Sprintf("arn:aws:iam::%s:role/role-%d", account, d.IntN(max(1, d.principals/5)))
		switch {
		case strings.Contains(name, ":key/"):
			statements := []object{{"Effect": "Allow", "Principal": object{"AWS": account}, "Action": "kms:*", "Resource": "*"}}
			if i%3 == 0 {
				statements = append(statements, object{"Effect": "Allow", "Principal": object{"AWS": role}, "Action": []string{"kms:Decrypt", "kms:GenerateDataKey"}, "Resource": "*"})
			}
			r["policy"] = document(statements...)
		case i%10 == 0:
			r["policy"] = document(tls)
		case i%10 == 1:
			r["policy"] = document(tls, object{"Effect": "Allow", "Principal": object{"AWS": []string{role, other}}, "Action": "s3:GetObject", "Resource": inside})
		case i%10 == 5:
			r["policy"] = document(object{"Effect": "Allow", "Principal": object{"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": inside, "Condition": object{"ArnLike": object{"aws:SourceArn": "arn:aws:sns:*:" + account + ":*"}}})
		case i%100 == 2:
			r["policy"] = document(object{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": inside})
		}
		list = append(list, r)
	}
	return list
}

// unknown draws facts that an export does not tell.
func (d *draft) unknown(w *rand.Rand, r *authz.Request) {
	set := func(name string, values ...string) {
		if i := w.IntN(len(values) + 1); i < len(values) {
			r.Context.Set(condition.NewKey(name), values[i])
		}
	}
	set("aws:SourceIp", "203.0.113.7", "198.51.100.7", "192.0.2.1")
	set("aws:SecureTransport", "true", "true", "false")
	set("aws:RequestedRegion", "eu-west-1", "us-east-1")
	if strings.Contains(r.Principal.ARN, ":user/") {
		set("aws:MultiFactorAuthPresent", "true", "false")
	}
}
