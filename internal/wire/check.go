package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/writ-iam/writ/internal/fault"
	"github.com/writ-iam/writ/internal/model"
)

// Check compares an operation's input, a pointer to its generated struct, with the constraints of the model. Every violation is counted
// (limits.md §3):
//
//	2 validation errors detected: Value at 'userName' failed to satisfy constraint: Member must have length …; Value at 'path' failed …
//
// IAM leaves values out; other services repeat them, except those that the model calls sensitive.
func Check(op *model.Operation, in any) error {
	v, err := Value(op.Input, in)
	if err != nil {
		return fault.Internal(err)
	}
	if op.Input == nil {
		return nil
	}
	c := checker{quiet: op.Service.Name == "iam"}
	c.structure(op.Input, v, "")
	switch len(c.violations) {
	case 0:
		return nil
	case c.worded:
		// Nothing is wrong but what IAM has words of its own for, and it looks no further.
		return fault.New(fault.ValidationError, "%s", c.words)
	case 1:
		return fault.New(fault.ValidationError, "%s", "1 validation error detected: "+c.violations[0])
	}
	return fault.New(fault.ValidationError, "%s", strconv.Itoa(len(c.violations))+" validation errors detected: "+strings.Join(c.violations, "; "))
}

type checker struct {
	quiet      bool
	violations []string
	// worded counts the violations that IAM has words of its own for; words are those of the first.
	worded int
	words  string
}

// iamWords are what IAM says of a name with letters that it may not have, after its length was found good (iam-api.md §3, limits.md §3), by the
// pattern in the model.
var iamWords = map[string]string{
	`[\w+=,.@-]+`: "It must contain only alphanumeric characters and/or the following: +=,.@_-",
	`[\w]+`:       "It must contain only alphanumeric characters.",
	`(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`: "It must begin and end with / and contain only alphanumeric characters and/or / characters.",
	`((/[A-Za-z0-9\.,\+@=_-]+)*)/`:            "It must begin and end with / and contain only alphanumeric characters and/or / characters.",
	`\u002F[\u0021-\u007F]*`:                  "It must begin with the / character and contain only alphanumeric characters and/or / characters.",
}

// structure checks members. path is that of the structure with a dot behind it, "" for the input.
func (c *checker) structure(shape *model.Shape, v reflect.Value, path string) {
	for i, m := range shape.Members {
		f := v.Field(i)
		if f.IsNil() {
			if m.Required {
				null := " null"
				if c.quiet {
					null = ""
				}
				c.violations = append(c.violations, "Value"+null+" at '"+path+lower(m.Name)+"' failed to satisfy constraint: Member must not be null")
			}
			continue
		}
		if f.Kind() == reflect.Pointer {
			f = f.Elem()
		}
		c.value(m.Shape, f, path, lower(m.Name))
	}
}

// value checks a value at path+name; the two are joined only if something is wrong.
func (c *checker) value(shape *model.Shape, v reflect.Value, path, name string) {
	for constraint := range violated(shape, v, c.quiet) {
		c.add(shape, v, path+name, constraint)
		if words, ok := iamWords[shape.Pattern]; ok && c.quiet && constraint == pattern(shape) {
			if c.worded == 0 {
				c.words = "The specified value for " + path + name + " is invalid. " + words
			}
			c.worded++
		}
	}
	switch shape.Kind {
	case model.Structure:
		c.structure(shape, v, path+name+".")
	case model.List:
		if simple(shape.Elem) {
			for i := range v.Len() {
				if violates(shape.Elem, v.Index(i)) {
					all := constraints(shape.Elem, c.quiet)
					if c.quiet {
						all += ", Member must not be null" // IAM lists it too, by answers of AWS of February 2026
					}
					c.add(shape, v, path+name, "Member must satisfy constraint: ["+all+"]")
					break
				}
			}
			return
		}
		for i := range v.Len() {
			c.value(shape.Elem, v.Index(i), path+name+"."+strconv.Itoa(i+1)+".", "member")
		}
	case model.Map:
		badKey, badValue := false, false
		for _, key := range sortedKeys(v) {
			badKey = badKey || violates(shape.Key, key)
			switch elem := v.MapIndex(key); {
			case simple(shape.Elem):
				badValue = badValue || violates(shape.Elem, elem)
			default:
				c.value(shape.Elem, elem, path+name+"."+key.String()+".", "member")
			}
		}
		if badKey {
			c.add(shape, v, path+name, "Map keys must satisfy constraint: ["+constraints(shape.Key, c.quiet)+"]")
		}
		if badValue {
			c.add(shape, v, path+name, "Map value must satisfy constraint: ["+constraints(shape.Elem, c.quiet)+"]")
		}
	}
}

// simple reports whether elements are reported once, at what holds them, as AWS does for all but structures and lists.
func simple(elem *model.Shape) bool {
	return elem.Kind != model.Structure && elem.Kind != model.List && elem.Kind != model.Map
}

func (c *checker) add(shape *model.Shape, v reflect.Value, at, constraint string) {
	value := ""
	if !c.quiet && !sensitive(shape) {
		value = " '" + show(v) + "'"
	}
	c.violations = append(c.violations, "Value"+value+" at '"+at+"' failed to satisfy constraint: "+constraint)
}

func sensitive(shape *model.Shape) bool {
	return shape.Sensitive || shape.Elem != nil && shape.Elem.Sensitive || shape.Kind == model.Map && shape.Key.Sensitive ||
		shape.Kind == model.Blob || shape.Kind == model.Structure
}

// show writes a value as Java does.
func show(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = show(v.Index(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case reflect.Map:
		var parts []string
		for _, key := range sortedKeys(v) {
			parts = append(parts, key.String()+"="+show(v.MapIndex(key)))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case reflect.Struct:
		return "…" // may hold something sensitive
	}
	return fmt.Sprint(v.Interface())
}

func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

func violates(shape *model.Shape, v reflect.Value) bool {
	for range violated(shape, v, true) {
		return true
	}
	return false
}

// violated yields the texts of the constraints that a value does not satisfy, its own only.
func violated(shape *model.Shape, v reflect.Value, quiet bool) func(func(string) bool) {
	return func(yield func(string) bool) {
		size, word := 0.0, "length"
		switch shape.Kind {
		case model.String:
			// Java counts in UTF-16; AWS documents characters.
			size = float64(utf8.RuneCountInString(v.String()))
		case model.Blob, model.List, model.Map:
			size = float64(v.Len())
		case model.Integer, model.Long:
			size, word = float64(v.Int()), "value"
		case model.Float, model.Double:
			size, word = v.Float(), "value"
		default:
			return
		}
		if shape.Max != nil && size > *shape.Max && !yield(atMost(shape, word)) {
			return
		}
		if shape.Min != nil && size < *shape.Min && !yield(atLeast(shape, word)) {
			return
		}
		if shape.Kind != model.String {
			return
		}
		if shape.Pattern != "" && !shape.Matches(v.String()) && !yield(pattern(shape)) {
			return
		}
		if len(shape.Enum) > 0 && !slices.Contains(shape.Enum, v.String()) {
			yield(enum(shape, quiet))
		}
	}
}

// constraints lists all that a shape asks for.
func constraints(shape *model.Shape, quiet bool) string {
	var all []string
	word := "length"
	switch shape.Kind {
	case model.Integer, model.Long, model.Float, model.Double:
		word = "value"
	}
	if shape.Max != nil {
		all = append(all, atMost(shape, word))
	}
	if shape.Min != nil {
		all = append(all, atLeast(shape, word))
	}
	if shape.Pattern != "" {
		all = append(all, pattern(shape))
	}
	if len(shape.Enum) > 0 {
		all = append(all, enum(shape, quiet))
	}
	return strings.Join(all, ", ")
}

func atMost(shape *model.Shape, word string) string {
	return "Member must have " + word + " less than or equal to " + number(*shape.Max)
}

func atLeast(shape *model.Shape, word string) string {
	return "Member must have " + word + " greater than or equal to " + number(*shape.Min)
}

func pattern(shape *model.Shape) string {
	return "Member must satisfy regular expression pattern: " + shape.Pattern
}

// enum is without the set where it is without the value (iam-api.md §3).
func enum(shape *model.Shape, quiet bool) string {
	if quiet {
		return "Member must satisfy enum value set"
	}
	return "Member must satisfy enum value set: [" + strings.Join(shape.Enum, ", ") + "]"
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// lower is a member's name as messages have it: 'userName', and 'sAMLAssertion' for SAMLAssertion.
func lower(name string) string { return strings.ToLower(name[:1]) + name[1:] }
