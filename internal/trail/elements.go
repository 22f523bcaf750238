package trail

import (
	"encoding/base64"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/writ-iam/writ/internal/jsontext"
	"github.com/writ-iam/writ/internal/model"
)

// hidden is what CloudTrail shows in place of a secret.
const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// secrets are members that hold secrets though the models do not always say so.
var secrets = map[string]bool{
	"SecretAccessKey": true, "SessionToken": true, "TokenCode": true, "Password": true, "OldPassword": true, "NewPassword": true, "PrivateKey": true, "AddPrivateKey": true,
	"SAMLAssertion": true, "WebIdentityToken": true, "Base32StringSeed": true, "QRCodePNG": true, "AuthenticationCode1": true, "AuthenticationCode2": true,
	"ServicePassword": true, "ServiceCredentialSecret": true, "TradeInToken": true, "DecodedMessage": true, "EncodedMessage": true,
}

// Elements returns an operation's input or output as CloudTrail has it in requestParameters and responseElements: a JSON object with the members' names in
// lower camel case, without secrets; nil for one without members. v points to the generated struct of the shape.
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
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(jsontext.AppendString(b, camel(m.Name)), ':')
		if secrets[m.Name] || m.Shape.Sensitive && m.Shape.Kind != model.Structure && m.Shape.Kind != model.List {
			b = jsontext.AppendString(b, hidden)
			continue
		}
		b = appendValue(b, m.Shape, field)
	}
	return append(b, '}')
}

func appendValue(b []byte, shape *model.Shape, v reflect.Value) []byte {
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
		return strconv.AppendFloat(b, v.Float(), 'g', -1, 64)
	case model.Timestamp:
		at, _ := reflect.TypeAssert[time.Time](v)
		return jsontext.AppendString(b, at.UTC().Format("Jan 2, 2006 3:04:05 PM"))
	case model.Blob, model.Document:
		return jsontext.AppendString(b, base64.StdEncoding.EncodeToString(v.Bytes()))
	default:
		return jsontext.AppendString(b, v.String())
	}
}

// camel writes a member's name as CloudTrail does: the first word in lower case ("userName", "sAMLAssertion").
func camel(name string) string {
	if name == "" || !unicode.IsUpper(rune(name[0])) {
		return name
	}
	return strings.ToLower(name[:1]) + name[1:]
}
