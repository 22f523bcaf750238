package fault

// Codes that no service's model lists because every service may answer with them (sigv4.md §4, iam-api.md §2, sts.md §11).
const (
	AccessDenied               = "AccessDenied"
	ExpiredToken               = "ExpiredToken"
	IncompleteSignature        = "IncompleteSignature"
	InternalFailure            = "InternalFailure"
	InvalidAction              = "InvalidAction"
	InvalidClientTokenID       = "InvalidClientTokenId"
	InvalidParameterValue      = "InvalidParameterValue"
	MalformedQueryString       = "MalformedQueryString"
	MissingAction              = "MissingAction"
	MissingAuthenticationToken = "MissingAuthenticationToken"
	MissingParameter           = "MissingParameter"
	NotSupported               = "NotSupported"
	RequestEntityTooLarge      = "RequestEntityTooLarge"
	ServiceUnavailable         = "ServiceUnavailable"
	SignatureDoesNotMatch      = "SignatureDoesNotMatch"
	Throttling                 = "Throttling"
	UnknownOperation           = "UnknownOperation"
	ValidationError            = "ValidationError"
)

var statuses = map[string]int{
	AccessDenied: 403, ExpiredToken: 403, IncompleteSignature: 400, InternalFailure: 500, InvalidAction: 400, InvalidClientTokenID: 403,
	InvalidParameterValue: 400, MalformedQueryString: 400, MissingAction: 400, MissingAuthenticationToken: 403, MissingParameter: 400,
	// An operation that Writ does not have (yet) is nothing that the caller did wrong.
	NotSupported: 501, RequestEntityTooLarge: 413, ServiceUnavailable: 503, SignatureDoesNotMatch: 403, Throttling: 400, UnknownOperation: 404, ValidationError: 400,
}

// Status returns the HTTP status of a code that every service may answer with, and whether it is one.
func Status(code string) (int, bool) {
	status, ok := statuses[code]
	return status, ok
}
