package wire_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/aws/smithy-go/document"

	"github.com/writ-iam/writ/internal/model"
)

// converter carries values between our types and the SDK's, by the names of fields.
type converter struct {
	sdk      sdk
	problems []string
}

func (c *converter) problem(path, what string) { c.problems = append(c.problems, path+" "+what) }

func fieldOf(v reflect.Value, name string) reflect.Value {
	return v.FieldByNameFunc(func(n string) bool { return strings.EqualFold(n, strings.ReplaceAll(name, "_", "")) })
}

// toSDK sets an SDK's struct to what ours says.
func (c *converter) toSDK(shape *model.Shape, ours, sdk reflect.Value, path string) {
	if shape == nil {
		return
	}
	for i, m := range shape.Members {
		f := ours.Field(i)
		if f.IsNil() {
			continue
		}
		to := fieldOf(sdk, m.Name)
		if !to.IsValid() {
			c.problem(path+"."+m.Name, "is not in the SDK")
			continue
		}
		if f.Kind() == reflect.Pointer {
			f = f.Elem()
		}
		c.valueToSDK(m.Shape, f, to, path+"."+m.Name)
	}
}

func (c *converter) valueToSDK(shape *model.Shape, ours, to reflect.Value, path string) {
	if shape.Union {
		for i, m := range shape.Members {
			f := ours.Field(i)
			if f.IsNil() {
				continue
			}
			t := c.union(to.Type(), m.Name)
			if t == nil {
				c.problem(path+"."+m.Name, "is not in the SDK")
				return
			}
			p := reflect.New(t)
			if f.Kind() == reflect.Pointer {
				f = f.Elem()
			}
			c.valueToSDK(m.Shape, f, p.Elem().FieldByName("Value"), path+"."+m.Name)
			to.Set(p)
		}
		return
	}
	if shape.Kind == model.Document {
		var v any
		if err := json.Unmarshal(ours.Bytes(), &v); err != nil {
			panic(err)
		}
		to.Set(reflect.ValueOf(c.sdk.document(v)))
		return
	}
	if to.Kind() == reflect.Pointer {
		to.Set(reflect.New(to.Type().Elem()))
		to = to.Elem()
	}
	switch shape.Kind {
	case model.Structure:
		c.toSDK(shape, ours, to, path)
	case model.List:
		to.Set(reflect.MakeSlice(to.Type(), ours.Len(), ours.Len()))
		for i := range ours.Len() {
			c.valueToSDK(shape.Elem, ours.Index(i), to.Index(i), path)
		}
	case model.Map:
		to.Set(reflect.MakeMap(to.Type()))
		for _, key := range ours.MapKeys() {
			elem := reflect.New(to.Type().Elem()).Elem()
			c.valueToSDK(shape.Elem, ours.MapIndex(key), elem, path)
			to.SetMapIndex(key.Convert(to.Type().Key()), elem)
		}
	default:
		to.Set(ours.Convert(to.Type()))
	}
}

// union returns the SDK's type for a member of a union.
func (c *converter) union(union reflect.Type, member string) reflect.Type {
	for _, t := range unions {
		if strings.EqualFold(t.Name(), union.Name()+"Member"+member) && t.PkgPath() == union.PkgPath() {
			return t
		}
	}
	return nil
}

// fromSDK sets our struct to what the SDK's says.
func (c *converter) fromSDK(shape *model.Shape, sdk, ours reflect.Value, path string) {
	if shape == nil {
		return
	}
	for i, m := range shape.Members {
		from := fieldOf(sdk, m.Name)
		if !from.IsValid() {
			c.problem(path+"."+m.Name, "is not in the SDK")
			continue
		}
		if from.IsZero() {
			continue
		}
		f := ours.Field(i)
		if f.Kind() == reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		c.valueFromSDK(m.Shape, from, f, path+"."+m.Name)
	}
}

func (c *converter) valueFromSDK(shape *model.Shape, from, ours reflect.Value, path string) {
	if shape.Union {
		from = from.Elem().Elem() // the interface, the pointer
		for i, m := range shape.Members {
			if !strings.HasSuffix(strings.ToLower(from.Type().Name()), "member"+strings.ToLower(m.Name)) {
				continue
			}
			f := ours.Field(i)
			if f.Kind() == reflect.Pointer {
				f.Set(reflect.New(f.Type().Elem()))
				f = f.Elem()
			}
			c.valueFromSDK(m.Shape, from.FieldByName("Value"), f, path+"."+m.Name)
			return
		}
		c.problem(path, "is a "+from.Type().String())
		return
	}
	if shape.Kind == model.Document {
		var v any
		if err := from.Interface().(document.Unmarshaler).UnmarshalSmithyDocument(&v); err != nil {
			c.problem(path, err.Error())
			return
		}
		b, err := json.Marshal(plain(v))
		if err != nil {
			c.problem(path, err.Error())
		}
		ours.SetBytes(b)
		return
	}
	if from.Kind() == reflect.Pointer {
		from = from.Elem()
	}
	switch shape.Kind {
	case model.Structure:
		c.fromSDK(shape, from, ours, path)
	case model.List:
		ours.Set(reflect.MakeSlice(ours.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			c.valueFromSDK(shape.Elem, from.Index(i), ours.Index(i), path)
		}
	case model.Map:
		ours.Set(reflect.MakeMap(ours.Type()))
		for _, key := range from.MapKeys() {
			elem := reflect.New(ours.Type().Elem()).Elem()
			c.valueFromSDK(shape.Elem, from.MapIndex(key), elem, path)
			ours.SetMapIndex(key.Convert(ours.Type().Key()), elem)
		}
	case model.Timestamp:
		ours.Set(reflect.ValueOf(from.Interface().(time.Time).UTC()))
	default:
		ours.Set(from.Convert(ours.Type()))
	}
}

// plain makes numbers of the SDK's documents numbers of JSON.
func plain(v any) any {
	switch v := v.(type) {
	case document.Number:
		return json.Number(v)
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
	}
	return v
}
