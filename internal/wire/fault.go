package wire

import (
	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/model"
)

// Codes that codecs answer with and no model lists.
const (
	// MalformedInput is a value of the query protocol that is not what the model says, such as a number that is none.
	MalformedInput = "MalformedInput"
	// SerializationException is the same for JSON.
	SerializationException = "SerializationException"
)

// Status returns a fault's HTTP status: what the service's model says of its code, or what every service answers with that code, or what
// the fault says itself, or 400. svc may be nil. This is the only place that knows.
func Status(svc *model.Service, f *fault.Fault) int {
	if shape := modelled(svc, f); shape != nil {
		switch {
		case shape.Status != 0:
			return shape.Status
		case shape.Fault:
			return 500
		}
		return 400 // awsjson's models seldom say
	}
	if status, ok := fault.Status(f.Code); ok {
		// AWS JSON 1.1 knows 400 for all that the caller did wrong (sigv4.md §4).
		if svc != nil && svc.Protocol == model.JSON && status < 500 && f.Code != fault.RequestEntityTooLarge {
			return 400
		}
		return status
	}
	if f.Status != 0 {
		return f.Status
	}
	return 400
}

func modelled(svc *model.Service, f *fault.Fault) *model.Shape {
	if svc == nil {
		return nil
	}
	if shape := svc.Error(f.Code); shape != nil {
		return shape
	}
	if svc.Protocol == model.Query {
		return nil
	}
	return svc.Error(jsonNames[f.Code])
}

// jsonNames is what the services that speak JSON call common errors (sigv4.md §4).
var jsonNames = map[string]string{
	fault.AccessDenied:               "AccessDeniedException",
	fault.ExpiredToken:               "ExpiredTokenException",
	fault.IncompleteSignature:        "IncompleteSignatureException",
	fault.InvalidAction:              "UnknownOperationException",
	fault.InvalidClientTokenID:       "UnrecognizedClientException",
	fault.MalformedQueryString:       SerializationException,
	fault.MissingAction:              "UnknownOperationException",
	fault.MissingAuthenticationToken: "MissingAuthenticationTokenException",
	fault.RequestEntityTooLarge:      "RequestEntityTooLargeException",
	fault.ServiceUnavailable:         "ServiceUnavailableException",
	fault.SignatureDoesNotMatch:      "InvalidSignatureException",
	fault.Throttling:                 "ThrottlingException",
	fault.UnknownOperation:           "UnknownOperationException",
	fault.ValidationError:            "ValidationException",
	MalformedInput:                   SerializationException,
}

// JSONName returns what a service that speaks JSON calls a code. Codes of its model are called as they are.
func JSONName(svc *model.Service, code string) string {
	if svc != nil && svc.Error(code) != nil {
		return code
	}
	if name, ok := jsonNames[code]; ok {
		return name
	}
	return code
}

// MessageMember returns the name of the member that an error's message stands in: "message", or "Message" where the model writes it so.
func MessageMember(svc *model.Service, f *fault.Fault) string {
	if shape := modelled(svc, f); shape != nil && shape.Member("Message") != nil {
		return "Message"
	}
	return "message"
}
