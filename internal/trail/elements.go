package trail

import (
	"encoding/base64"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/internal/model"
)

// hidden is what CloudTrail shows in place of a secret.
const hidden = `"HIDDEN_DUE_TO_SECURITY_REASONS"`

// omit are members that CloudTrail leaves out, since they are nothing but secrets, and others of that kind. The models do not say of all of them that they
// are, and know them in several spellings: the names are as camel has them.
var omit = map[string]bool{
	"accessToken": true, "addPrivateKey": true, "assertion": true, "authenticationCode1": true, "authenticationCode2": true, "base32StringSeed": true,
	"clientSecret": true, "code": true, "codeVerifier": true, "contextAssertion": true, "decodedMessage": true, "deviceCode": true, "encodedMessage": true,
	"idToken": true, "newPassword": true, "oldPassword": true, "otp": true, "password": true, "privateKey": true, "qRCodePNG": true, "refreshToken": true,
	"sAMLAssertion": true, "secretAccessKey": true, "serviceCredentialSecret": true, "servicePassword": true, "subjectToken": true, "tokenCode": true,
	"tradeInToken": true, "userCode": true, "webIdentityToken": true,
}

// hide are members in whose place CloudTrail or Writ shows that there is something. CloudTrail shows session tokens; a trail that shows none can be given
// to more people.
var hide = map[string]bool{"sessionToken": true}

// Elements returns an operation's input or output as CloudTrail has it in requestParameters and responseElements: a JSON object with the members' names in
// lower camel case, without secrets; nil for one without members. What the model calls sensitive is hidden whole, whatever it is. v points to the generated struct of the shape.
func Elements(shape *model.Shape, v any) []byte {
	if shape == nil || v == nil {
		return nil
	}
	value := reflect.ValueOf(v)
	if value.Kind() == reflect.Pointer {
		if value.IsNil() {
			return nil
		}
		value = value.Elem()
	}
	b := appendStructure(nil, shape, value)
	if len(b) <= len("{}") {
		return nil
	}
	return b
}

func appendStructure(b []byte, shape *model.Shape, v reflect.Value) []byte {
	b = append(b, '{')
	first := true
	for i, m := range shape.Members {
		field := v.Field(i)
		if field.Kind() != reflect.Struct && field.IsNil() {
			continue
		}
		var buffer [64]byte
		name := appendCamel(buffer[:0], m.Name)
		if omit[string(name)] {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(append(append(b, '"'), name...), `":`...)
		if hide[string(name)] {
			b = append(b, hidden...)
			continue
		}
		b = appendValue(b, m.Shape, field)
	}
	return append(b, '}')
}

func appendValue(b []byte, shape *model.Shape, v reflect.Value) []byte {
	if shape.Sensitive {
		return append(b, hidden...)
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch shape.Kind {
	case model.Structure:
		return appendStructure(b, shape, v)
	case model.List:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, shape.Elem, v.Index(i))
		}
		return append(b, ']')
	case model.Map:
		if shape.Key.Sensitive {
			return append(b, hidden...)
		}
		b = append(b, '{')
		values := make(map[string]reflect.Value, v.Len())
		for key, value := range v.Seq2() {
			values[key.String()] = value
		}
		for i, key := range slices.Sorted(maps.Keys(values)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(jsontext.AppendString(b, key), ':')
			b = appendValue(b, shape.Elem, values[key])
		}
		return append(b, '}')
	case model.Boolean:
		return strconv.AppendBool(b, v.Bool())
	case model.Integer, model.Long:
		return strconv.AppendInt(b, v.Int(), 10)
	case model.Float, model.Double:
		if n := v.Float(); !math.IsNaN(n) && !math.IsInf(n, 0) {
			return strconv.AppendFloat(b, n, 'g', -1, 64)
		}
		return append(b, "null"...)
	case model.Timestamp:
		at, _ := reflect.TypeAssert[time.Time](v)
		return jsontext.AppendString(b, at.UTC().Format("Jan 2, 2006 3:04:05 PM"))
	case model.Blob, model.Document:
		return jsontext.AppendString(b, base64.StdEncoding.EncodeToString(v.Bytes()))
	default:
		return jsontext.AppendString(b, v.String())
	}
}

// appendCamel appends a member's name, which is ASCII, as CloudTrail has it: with its first letter in lower case ("userName", "sAMLAssertion").
func appendCamel(b []byte, name string) []byte {
	b = append(b, name...)
	if len(name) > 0 && 'A' <= name[0] && name[0] <= 'Z' {
		b[len(b)-len(name)] += 'a' - 'A'
	}
	return b
}
