package awsquery

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/model"
	"github.com/writ-iam/writ/internal/wire"
)

const contentType = "text/xml"

// Encode implements wire.Codec. An operation without output has no Result element (iam-api.md §1).
func (Codec) Encode(op *model.Operation, out any, requestID string, a *wire.Answer) error {
	v, err := wire.Value(op.Output, out)
	if err != nil {
		return err
	}
	if a.Body == nil {
		a.Body = make([]byte, 0, 1024)
	}
	b := a.Body
	b = append(b, '<')
	b = append(b, op.Name...)
	b = append(b, `Response xmlns="`...)
	b = append(b, op.Service.XMLNamespace...)
	b = append(b, `">`...)
	if op.Output != nil && op.ResultWrapper != "" {
		b = open(b, op.ResultWrapper)
		if b, err = appendStructure(b, op.Output, v); err != nil {
			return err
		}
		b = end(b, op.ResultWrapper)
	}
	b = append(b, `<ResponseMetadata><RequestId>`...)
	b = appendText(b, requestID)
	b = append(b, `</RequestId></ResponseMetadata></`...)
	b = append(b, op.Name...)
	b = append(b, `Response>`...)
	a.Body, a.Status = b, op.Status
	header(a, requestID)
	return nil
}

func header(a *wire.Answer, requestID string) {
	a.Set("Content-Type", contentType)
	a.Set(wire.RequestID, requestID)
}

// faultNamespace is that of errors before the call has an operation (sigv4.md §4).
const faultNamespace = "http://webservices.amazon.com/AWSFault/2005-15-09"

// Fault implements wire.Codec.
func (Codec) Fault(svc *model.Service, f *fault.Fault, requestID string, a *wire.Answer) {
	namespace := faultNamespace
	if svc != nil && svc.XMLNamespace != "" && f.Code != fault.InvalidAction && f.Code != fault.UnknownOperation {
		namespace = svc.XMLNamespace
	}
	a.Status = wire.Status(svc, f)
	who := "Sender"
	if a.Status >= 500 {
		who = "Receiver"
	}
	b := a.Body
	b = append(b, `<ErrorResponse xmlns="`...)
	b = append(b, namespace...)
	b = append(b, `"><Error><Type>`...)
	b = append(b, who...)
	b = append(b, `</Type><Code>`...)
	b = appendText(b, f.Code)
	b = append(b, `</Code><Message>`...)
	b = appendText(b, f.Message)
	b = append(b, `</Message></Error><RequestId>`...)
	b = appendText(b, requestID)
	a.Body = append(b, `</RequestId></ErrorResponse>`...)
	header(a, requestID)
}

func open(b []byte, name string) []byte {
	b = append(b, '<')
	b = append(b, name...)
	return append(b, '>')
}

// end closes an element; one that turns out to be empty becomes <name/>.
func end(b []byte, name string) []byte {
	if n := len(b) - len(name) - 2; b[len(b)-1] == '>' && b[n] == '<' && string(b[n+1:len(b)-1]) == name {
		b[len(b)-1] = '/'
		return append(b, '>')
	}
	b = append(b, '<', '/')
	b = append(b, name...)
	return append(b, '>')
}

func appendStructure(b []byte, shape *model.Shape, v reflect.Value) ([]byte, error) {
	var err error
	for i, m := range shape.Members {
		f := v.Field(i)
		if f.IsNil() {
			continue
		}
		if f.Kind() == reflect.Pointer {
			f = f.Elem()
		}
		b = open(b, m.WireName)
		if b, err = appendValue(b, m.Shape, f); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		b = end(b, m.WireName)
	}
	return b, nil
}

func appendValue(b []byte, shape *model.Shape, v reflect.Value) ([]byte, error) {
	var err error
	switch shape.Kind {
	case model.Structure:
		return appendStructure(b, shape, v)
	case model.List:
		for i := range v.Len() {
			b = append(b, "<member>"...)
			if b, err = appendValue(b, shape.Elem, v.Index(i)); err != nil {
				return nil, err
			}
			b = end(b, "member")
		}
		return b, nil
	case model.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			b = append(b, "<entry><key>"...)
			b = appendText(b, key.String())
			b = append(b, "</key><value>"...)
			if b, err = appendValue(b, shape.Elem, v.MapIndex(key)); err != nil {
				return nil, err
			}
			b = append(b, "</value></entry>"...)
		}
		return b, nil
	case model.String:
		return appendText(b, v.String()), nil
	case model.Boolean:
		return strconv.AppendBool(b, v.Bool()), nil
	case model.Integer, model.Long:
		return strconv.AppendInt(b, v.Int(), 10), nil
	case model.Float, model.Double:
		return strconv.AppendFloat(b, v.Float(), 'g', -1, 64), nil
	case model.Timestamp:
		t := wire.Time(v)
		if wire.TimeFormat(shape, wire.ISO8601) == wire.Unix {
			return wire.AppendUnix(b, t), nil
		}
		return wire.AppendISO(b, t), nil
	case model.Blob:
		return base64.StdEncoding.AppendEncode(b, v.Bytes()), nil
	}
	return nil, fmt.Errorf("%s cannot be written as XML", shape.Name)
}

// appendText escapes what XML and its readers would take for something else. Characters that XML does not have at all, not even escaped,
// become U+FFFD: nothing that a caller once stored may make an answer unreadable (security.md S008).
func appendText(b []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		var escaped string
		n := 1
		switch {
		case c >= utf8.RuneSelf:
			var r rune
			if r, n = utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && n == 1 || r == 0xFFFE || r == 0xFFFF {
				escaped = "\uFFFD"
			}
		case c == '&':
			escaped = "&amp;"
		case c == '<':
			escaped = "&lt;"
		case c == '>':
			escaped = "&gt;"
		case c == '"':
			escaped = "&quot;"
		case c == '\r':
			escaped = "&#xD;" // a reader would make it a line feed
		case c < ' ' && c != '\n' && c != '\t':
			escaped = "\uFFFD"
		}
		if escaped != "" {
			b = append(b, s[start:i]...)
			b = append(b, escaped...)
			start = i + n
		}
		i += n
	}
	return append(b, s[start:]...)
}
