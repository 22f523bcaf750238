package engine

import (
	"fmt"
	"strings"

	minio "github.com/minio/pkg/v3/policy"

	"github.com/writ-iam/writ/bench/workload"
)

// MinIO is the policy package of MinIO's server with the policies of each user merged into one beforehand.
var MinIO = Engine{
	Name:    "minio",
	About:   "minio/pkg/v3 policy, the policies of a user merged beforehand",
	Prepare: func(w *workload.Workload) (Judge, error) { return prepareMinIO(w, true) },
}

// MinIOMerging merges the policies for every request, as the server does.
var MinIOMerging = Engine{
	Name:    "minio merging",
	About:   "minio/pkg/v3 policy, merged for each request as the server does",
	Prepare: func(w *workload.Workload) (Judge, error) { return prepareMinIO(w, false) },
}

type minioJudge struct {
	args   []minio.Args
	merged []minio.Policy // of each request
}

func (m *minioJudge) Allow(i int) bool { return m.merged[i].IsAllowed(m.args[i]) }

type minioMerging struct {
	minioJudge
	policies [][]minio.Policy // of each request
}

func (m *minioMerging) Allow(i int) bool {
	merged := minio.MergePolicies(m.policies[i]...)
	return merged.IsAllowed(m.args[i])
}

type minioBucket struct {
	args   []minio.BucketPolicyArgs
	policy minio.BucketPolicy
}

func (m *minioBucket) Allow(i int) bool { return m.policy.IsAllowed(m.args[i]) }

func prepareMinIO(w *workload.Workload, merged bool) (Judge, error) {
	switch {
	case w.Layers():
		return nil, noLayers
	case !w.OnlyS3():
		return nil, onlyS3
	case w.Bucket != nil && !merged:
		return nil, Unfit("has one bucket policy and nothing to merge")
	case w.Bucket != nil:
		return prepareMinIOBucket(w)
	}
	policies := make([]minio.Policy, len(w.Policies))
	for i := range w.Policies {
		p, err := minio.ParseConfig(strings.NewReader(w.Policies[i].Text))
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", w.Policies[i].Name, err)
		}
		policies[i] = *p
	}
	own := make(map[int][]minio.Policy)
	ready := make(map[int]minio.Policy)
	m := new(minioMerging)
	for i := range w.Requests {
		r := &w.Requests[i]
		if own[r.User] == nil {
			for _, p := range w.Users[r.User].Policies {
				own[r.User] = append(own[r.User], policies[p])
			}
			ready[r.User] = minio.MergePolicies(own[r.User]...)
		}
		m.policies = append(m.policies, own[r.User])
		m.merged = append(m.merged, ready[r.User])
		m.args = append(m.args, minioArgs(w, r))
	}
	if merged {
		return &m.minioJudge, nil
	}
	return m, nil
}

func prepareMinIOBucket(w *workload.Workload) (Judge, error) {
	p, err := minio.ParseBucketPolicyConfig(strings.NewReader(w.Bucket.Text), "lake")
	if err != nil {
		return nil, err
	}
	m := &minioBucket{policy: *p}
	for i := range w.Requests {
		a := minioArgs(w, &w.Requests[i])
		m.args = append(m.args, minio.BucketPolicyArgs{
			AccountName: w.Users[w.Requests[i].User].ARN, Action: a.Action, BucketName: a.BucketName, ObjectName: a.ObjectName, ConditionValues: a.ConditionValues,
		})
	}
	return m, nil
}

// minioArgs brings a request into MinIO's form, in which condition keys have no service before them.
func minioArgs(w *workload.Workload, r *workload.Request) minio.Args {
	bucket, object, _ := strings.Cut(strings.TrimPrefix(r.Resource, "arn:aws:s3:::"), "/")
	values := make(map[string][]string)
	for _, f := range append(workload.PrincipalFacts(&w.Users[r.User]), r.Context...) {
		_, name, _ := strings.Cut(f.Key, ":")
		values[name] = f.Values
	}
	return minio.Args{AccountName: w.Users[r.User].Name, Action: minio.Action(r.Action), BucketName: bucket, ObjectName: object, ConditionValues: values}
}
