// Package sts is the Security Token Service: sessions for those who may have them.
//
// Ops is the table of its operations. A session is nothing but its token (package credential): what is decided when it is made stands in there, sealed; what
// its bearer may do is looked up at each call. The behaviour is that of sts.md.
package sts

import (
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/writ-iam/writ/internal/api/stsapi"
	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/identity"
	"github.com/writ-iam/writ/internal/op"
)

// Service has what the operations need beside the account.
type Service struct {
	// Rand is where ids and secrets come from.
	Rand    io.Reader
	Keyring *credential.Keyring
}

// Ops returns the table of STS's operations.
func (s *Service) Ops() op.Table {
	return op.Table{
		"AssumeRole":                 op.Issue(s.assumeRole, assumingRole),
		"DecodeAuthorizationMessage": op.Read(s.decodeAuthorizationMessage, onAnything),
		"GetAccessKeyInfo":           op.Read(s.getAccessKeyInfo, onAnything),
		"GetCallerIdentity":          op.Read(s.getCallerIdentity, onAnything),
		"GetFederationToken":         op.Issue(s.getFederationToken, federating),
		"GetSessionToken":            op.Issue(s.getSessionToken, gettingSession),

		"AssumeRoleWithSAML":        op.NotYet("it knows no SAML providers."),
		"AssumeRoleWithWebIdentity": op.NotYet("it knows no OpenID Connect providers."),
		"AssumeRoot":                op.NotYet("it knows no organizations."),
		"GetDelegatedAccessToken":   op.NotYet("it knows no delegation requests."),
		"GetWebIdentityToken":       op.NotYet("it is no token issuer."),
	}
}

// minted are new credentials, with how much of the space for a session's policies and tags they take, in percent.
type minted struct {
	credentials *stsapi.Credentials
	percent     int32
}

// mint makes the credentials of a session of a principal, given by its unique id, in an account.
func (s *Service) mint(c *op.Call, account, principal string, session identity.Session, lifetime time.Duration) (*minted, error) {
	id, err := credential.AccessKeyID(credential.Temporary, account, s.Rand)
	if err != nil {
		return nil, fault.Internal(err)
	}
	secret, err := credential.SecretAccessKey(s.Rand)
	if err != nil {
		return nil, fault.Internal(err)
	}
	facts, err := json.Marshal(session)
	if err != nil {
		return nil, fault.Internal(err)
	}
	issued := identity.Second(c.Time)
	expires := issued.Add(lifetime)
	token, err := s.Keyring.MintSession(&credential.Session{
		AccessKeyID: id, SecretAccessKey: secret, Account: account, Principal: principal, Facts: facts, Issued: issued, Expires: expires,
	})
	percent := int32((100*len(token) + credential.MaxToken - 1) / credential.MaxToken)
	switch {
	case errors.Is(err, credential.ErrTooLong):
		return nil, fault.New(stsapi.CodePackedPolicyTooLarge, "Packed policy consumes %d%% of allotted space, please use smaller policy.", percent)
	case err != nil:
		return nil, fault.Internal(err)
	}
	return &minted{
		credentials: &stsapi.Credentials{AccessKeyId: &id, SecretAccessKey: &secret, SessionToken: &token, Expiration: &expires},
		percent:     percent,
	}, nil
}
