package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/writ-iam/writ/internal/managed"
	"github.com/writ-iam/writ/policy"
)

// large is from how many bytes on a managed policy counts as large.
const large = 5000

func workloads(every int) ([]workload, error) {
	documents, err := managed.Documents()
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(documents))
	real := workload{name: "real policies", about: "each of AWS's managed policies and the next one of the list"}
	versions := workload{name: "versions", about: fmt.Sprintf("each managed policy of more than %d bytes and what it might become: an action, a resource or a statement less, a condition more", large)}
	var previous *policy.Document
	for n := 0; n < len(names); n += every {
		name := names[n]
		d, err := policy.Parse(documents[name])
		if err != nil {
			return nil, err
		}
		if previous != nil {
			real.pairs = append(real.pairs, pair{name, previous, d})
		}
		previous = d
		if len(documents[name]) < large {
			continue
		}
		for k, text := range successors(documents[name]) {
			e, err := policy.Parse(text)
			if err != nil {
				return nil, err
			}
			versions.pairs = append(versions.pairs, pair{fmt.Sprint(name, ", change ", k), d, e})
		}
	}
	works := []workload{real, versions}
	for _, n := range []int{10, 100} {
		w := workload{name: fmt.Sprintf("%d statements", n), about: fmt.Sprintf("%d random statements with wildcards and conditions, and the same with one of them changed", n)}
		r := rand.New(rand.NewPCG(uint64(n), 1))
		for k := range 100 {
			a, b := randomPair(r, n)
			l, err := policy.Parse(a)
			if err != nil {
				return nil, err
			}
			right, err := policy.Parse(b)
			if err != nil {
				return nil, err
			}
			w.pairs = append(w.pairs, pair{fmt.Sprint(w.name, " ", k), l, right})
		}
		works = append(works, w)
	}
	return works, nil
}

type object = map[string]any

// successors are documents that a policy might become.
func successors(text string) (all []string) {
	var d object
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil
	}
	list, ok := d["Statement"].([]any)
	if !ok {
		list = []any{d["Statement"]}
	}
	add := func(i int, change func(s object)) {
		statements := slices.Clone(list)
		s := maps.Clone(list[i].(object))
		change(s)
		statements[i] = s
		c := maps.Clone(d)
		c["Statement"] = statements
		b, err := json.Marshal(c)
		if err == nil {
			all = append(all, string(b))
		}
	}
	for _, i := range []int{0, len(list) / 2, len(list) - 1} {
		for _, name := range []string{"Action", "Resource"} {
			if many, ok := list[i].(object)[name].([]any); ok && len(many) > 1 {
				add(i, func(s object) { s[name] = many[1:] })
			}
		}
		add(i, func(s object) { s["Condition"] = object{"StringEquals": object{"aws:RequestedRegion": "eu-central-1"}} })
	}
	if len(list) > 1 {
		c := maps.Clone(d)
		c["Statement"] = list[1:]
		if b, err := json.Marshal(c); err == nil {
			all = append(all, string(b))
		}
	}
	return all
}

// randomPair draws a policy of n statements and one that differs in one of them.
func randomPair(r *rand.Rand, n int) (left, right string) {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	services := []string{"s3", "sqs", "sns", "dynamodb", "lambda", "ec2", "kms"}
	verbs := []string{"Get*", "List*", "Put*", "*", "Create*", "Delete*", "Describe*", "*Tag*"}
	statement := func() object {
		service := pick(services...)
		s := object{"Effect": "Allow", "Action": []string{service + ":" + pick(verbs...), service + ":" + pick(verbs...)}}
		if r.IntN(5) == 0 {
			s["Effect"] = "Deny"
		}
		resources := make([]string, 1+r.IntN(3))
		for i := range resources {
			resources[i] = fmt.Sprintf("arn:aws:%s:%s:%s:%s%s", service, pick("us-east-1", "eu-*", "*"), pick("111122223333", "444455556666", "*"),
				pick("app-", "*-prod-", "team/", "*"), pick("*", "a*", "*b", "x", "*x*y"))
		}
		s["Resource"] = resources
		switch r.IntN(6) {
		case 0:
			s["Condition"] = object{"StringLike": object{"aws:RequestTag/team": pick("a*", "*b", "red", "?")}}
		case 1:
			s["Condition"] = object{"IpAddress": object{"aws:SourceIp": pick("10.0.0.0/8", "10.1.0.0/16", "192.0.2.0/24")}}
		case 2:
			s["Condition"] = object{"StringNotEquals": object{"aws:RequestedRegion": []string{"us-east-1", "eu-central-1"}}}
		case 3:
			s["Condition"] = object{"Bool": object{"aws:SecureTransport": pick("true", "false")}}
		}
		return s
	}
	list := make([]object, n)
	for i := range list {
		list[i] = statement()
	}
	print := func(list []object) string {
		b, err := json.Marshal(object{"Version": "2012-10-17", "Statement": list})
		if err != nil {
			panic(err) // it is made of texts
		}
		return string(b)
	}
	changed := slices.Clone(list)
	changed[r.IntN(n)] = statement()
	return print(list), print(changed)
}
