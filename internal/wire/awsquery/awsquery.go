// Package awsquery is the codec of the AWS Query protocol, which IAM and STS speak: a form in, XML out.
//
//	Action=CreateUser&Version=2010-05-08&UserName=alice&Tags.member.1.Key=team&Tags.member.1.Value=blue
//
//	<CreateUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><CreateUserResult>…
//
// The form is the body of a POST or the query string of a GET, never both. Parameters that the operation does not know are ignored, as AWS
// does; but one that differs from a known parameter in case only, stands twice, or has parts that its type does not have is refused, so that
// nobody can say something that one reader hears and another does not (security.md S023).
package awsquery

import "github.com/writ-iam/writ/internal/wire"

// Codec is the codec. Its zero value is ready.
type Codec struct{}

var _ wire.Codec = Codec{}
