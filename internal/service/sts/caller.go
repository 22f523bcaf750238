package sts

import (
	"github.com/writ-iam/writ/internal/api/stsapi"
	"github.com/writ-iam/writ/internal/credential"
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/op"
)

// onAnything is for actions that have no resource.
func onAnything[In any](c *op.Call, _ *In) ([]op.Question, error) {
	return []op.Question{{Action: "sts:" + c.Operation, Resource: "*"}}, nil
}

func (s *Service) getCallerIdentity(c *op.Call, _ *stsapi.GetCallerIdentityInput) (*stsapi.GetCallerIdentityOutput, error) {
	return &stsapi.GetCallerIdentityOutput{
		UserId: new(c.Caller.UserID), Account: new(c.Account.ID), Arn: new(c.Caller.Principal.ARN),
	}, nil
}

// getAccessKeyInfo answers from the key's id, which has the account in it, whether or not the key exists (limits.md §4).
func (s *Service) getAccessKeyInfo(_ *op.Call, in *stsapi.GetAccessKeyInfoInput) (*stsapi.GetAccessKeyInfoOutput, error) {
	account, ok := credential.AccountOf(*in.AccessKeyId)
	if !ok {
		return nil, fault.New(fault.ValidationError, "Invalid Access Key: the account cannot be determined.")
	}
	return &stsapi.GetAccessKeyInfoOutput{Account: new(account)}, nil
}

// decodeAuthorizationMessage gives the text of a message that was sealed for the caller's account.
func (s *Service) decodeAuthorizationMessage(c *op.Call, in *stsapi.DecodeAuthorizationMessageInput) (*stsapi.DecodeAuthorizationMessageOutput, error) {
	text, err := s.Keyring.OpenMessage(c.Account.ID, *in.EncodedMessage)
	if err != nil {
		return nil, fault.New(stsapi.CodeInvalidAuthorizationMessageException, "The specified authorization message is invalid.")
	}
	return &stsapi.DecodeAuthorizationMessageOutput{DecodedMessage: &text}, nil
}
