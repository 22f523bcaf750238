// Package api has the generated types of each service's operations, one package a service; it holds nothing itself.
//
//	in := iamapi.CreateUserInput{UserName: new("alice")}
//
// Scalars and structures are pointers, nil if absent; lists hold plain values; enums are strings. They come from the models in package
// model and are never edited.
package api

//go:generate go run ../apigen -o .
