// Package awsjson is the codec of AWS JSON 1.0 and 1.1, which Organizations, CloudTrail and others speak: JSON in, JSON out, and the operation
// in a header.
//
//	X-Amz-Target: AWSOrganizationsV20161128.DescribeAccount
//	{"AccountId":"111122223333"}
package awsjson

import (
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/wire"
	"github.com/writ-iam/writ/internal/wire/jsonbody"
)

// Codec is the codec. Its zero value is ready.
type Codec struct{}

var _ wire.Codec = Codec{}

// Decode implements wire.Codec. Faults are SerializationException.
func (Codec) Decode(op *model.Operation, r *wire.Request, in any) error {
	v, err := wire.Value(op.Input, in)
	if err != nil {
		return fault.Internal(err)
	}
	input := op.Input
	if input == nil {
		input = &model.Shape{Kind: model.Structure}
	}
	return jsonbody.Decode(r.Body, input, v)
}

// Encode implements wire.Codec. An operation without output answers {}.
func (Codec) Encode(op *model.Operation, out any, requestID string, a *wire.Answer) error {
	v, err := wire.Value(op.Output, out)
	if err != nil {
		return err
	}
	if op.Output == nil {
		a.Body = append(a.Body, "{}"...)
	} else if a.Body, err = jsonbody.Append(a.Body, op.Output, v); err != nil {
		return err
	}
	a.Status = op.Status
	header(op.Service, requestID, a)
	return nil
}

func header(svc *model.Service, requestID string, a *wire.Answer) {
	version := "1.1"
	if svc != nil && svc.JSONVersion != "" {
		version = svc.JSONVersion
	}
	a.Set("Content-Type", "application/x-amz-json-"+version)
	a.Set(wire.RequestID, requestID)
}

// Fault implements wire.Codec (sigv4.md §4).
func (Codec) Fault(svc *model.Service, f *fault.Fault, requestID string, a *wire.Answer) {
	a.Status = wire.Status(svc, f)
	b := append(a.Body, `{"__type":`...)
	b = jsontext.AppendString(b, wire.JSONName(svc, f.Code))
	b = append(b, ',')
	b = jsontext.AppendString(b, wire.MessageMember(svc, f))
	b = append(b, ':')
	b = jsontext.AppendString(b, f.Message)
	a.Body = append(b, '}')
	header(svc, requestID, a)
}
