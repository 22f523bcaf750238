package authz

import (
	"errors"
	"strings"

	"github.com/writ-iam/writ/arn"
)

// ACLGrant is one grant of an S3 access control list: the older way to share, beside policies (evaluation.md §7).
type ACLGrant struct {
	// Grantee is an account id, a canonical id, or one of the groups AllUsers and AuthenticatedUsers.
	Grantee string
	// Permission is what the grantee may do with the bucket or object that the list belongs to.
	Permission Permission
}

// Permission is what a grant of an access control list allows.
type Permission uint8

// The permissions of S3. FullControl is all of the others.
const (
	Read Permission = 1 << iota
	Write
	ReadACP
	WriteACP
	FullControl = Read | Write | ReadACP | WriteACP
)

// ErrPermission says that a text is not READ, WRITE, READ_ACP, WRITE_ACP or FULL_CONTROL.
var ErrPermission = errors.New("authz: not a permission of an access control list")

// ParsePermission reads a permission in S3's spelling.
func ParsePermission(s string) (Permission, error) {
	switch s {
	case "READ":
		return Read, nil
	case "WRITE":
		return Write, nil
	case "READ_ACP":
		return ReadACP, nil
	case "WRITE_ACP":
		return WriteACP, nil
	case "FULL_CONTROL":
		return FullControl, nil
	}
	return 0, ErrPermission
}

// bucketPermissions and objectPermissions are S3's table of what a permission allows on either (Amazon S3 User Guide, "Mapping of ACL
// permissions and access policy permissions").
var (
	bucketPermissions = map[string]Permission{
		"s3:listbucket":                 Read,
		"s3:listbucketversions":         Read,
		"s3:listbucketmultipartuploads": Read,
		"s3:getbucketacl":               ReadACP,
		"s3:putbucketacl":               WriteACP,
	}
	// Write belongs to the bucket's list, but what it allows happens to objects.
	objectPermissions = map[string]Permission{
		"s3:getobject":           Read,
		"s3:getobjectversion":    Read,
		"s3:putobject":           Write,
		"s3:deleteobject":        Write,
		"s3:deleteobjectversion": Write,
		"s3:getobjectacl":        ReadACP,
		"s3:getobjectversionacl": ReadACP,
		"s3:putobjectacl":        WriteACP,
		"s3:putobjectversionacl": WriteACP,
	}
)

// grants returns what g is worth to the caller of a request (doc/language.md 37).
func (g *ACLGrant) grants(r *Request) grant {
	if r.resource.Len() != arn.PartCount || r.resource.Part(2) != "s3" {
		return noGrant
	}
	needed := bucketPermissions
	if strings.Contains(r.resource.Part(5), "/") {
		needed = objectPermissions
	}
	if p := needed[r.Action.folded]; p == 0 || g.Permission&p == 0 {
		return noGrant
	}
	switch p := r.Principal; g.Grantee {
	case "AllUsers":
		return directGrant
	case "AuthenticatedUsers":
		if p.Kind != Anonymous && p.Kind != Provider { // they did not sign
			return directGrant
		}
	case "":
	case p.Account, p.CanonicalID:
		return accountGrant
	}
	return noGrant
}
