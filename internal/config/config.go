// Package config is the one configuration of the server, and where each value in it comes from.
//
//	settings := config.Default()
//	sources, err := config.Read(&settings, "writ.yaml", os.Environ(), map[string]string{"listen": ":9748"})
//	sources["listen"] // "flag --listen"
//
// A value is taken from a flag, else from a variable of the environment, else from the file, else it is the default. A name that nobody knows is an
// error wherever it stands: a typing error must not go unnoticed in what keeps other people out.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/writ-iam/writ/internal/identity"
)

// Config is everything about the server that can be set. Each field's doc tag is what the help says of it; its name in the file
// is its yaml tag, in the environment WRIT_ and the names on the way to it (WRIT_TLS_CERTIFICATE), as a flag the same in lower case
// (--tls-certificate).
type Config struct {
	Listen    string   `yaml:"listen" doc:"address of the AWS endpoints"`
	Health    string   `yaml:"health" doc:"address of /livez, /readyz, /metrics and pprof; empty for none"`
	Data      string   `yaml:"data" doc:"folder that holds everything"`
	Hosts     []string `yaml:"hosts" doc:"host names by which clients reach the server, beside those of AWS and of this machine"`
	Partition string   `yaml:"partition" doc:"partition whose regions requests may be signed for, and in which ARNs are: aws, aws-cn, aws-us-gov"`
	Regions   []string `yaml:"regions" doc:"regions that requests may be signed for; none means all of the partition"`
	Key       string   `yaml:"key" doc:"file with the master key; by default master.key in the data folder, made at the first start"`
	TLS       TLS      `yaml:"tls"`
	Log       Log      `yaml:"log"`
	// Quotas are AWS's unless set.
	Quotas identity.Quotas `yaml:"quotas"`
}

// TLS is how the server speaks TLS. With neither files nor generate it speaks plain HTTP, and then only on loopback addresses.
type TLS struct {
	Certificate string `yaml:"certificate" doc:"file with the certificate chain, PEM"`
	Key         string `yaml:"key" doc:"file with the private key, PEM"`
	Generate    bool   `yaml:"generate" doc:"make a certificate for this machine and the configured hosts, kept in the data folder"`
}

// Log is how the server logs.
type Log struct {
	Level  string `yaml:"level" doc:"debug, info, warn or error"`
	Format string `yaml:"format" doc:"text or json"`
}

// Default returns the configuration of a server of which nothing was said.
func Default() Config {
	return Config{
		Listen: "127.0.0.1:9748", Health: "127.0.0.1:9749", Data: "data", Partition: "aws",
		Log:    Log{Level: "info", Format: "text"},
		Quotas: identity.DefaultQuotas(),
	}
}

// Setting is one value of the configuration.
type Setting struct {
	// Name is the value's place in the file, "tls.certificate".
	Name string
	// Doc says what it is, in a few words; empty if it needs none.
	Doc   string
	value reflect.Value
}

// Flag returns the name of the flag that sets it, without the dashes.
func (s Setting) Flag() string { return strings.ToLower(strings.ReplaceAll(s.Name, ".", "-")) }

// Variable returns the name of the environment's variable that sets it.
func (s Setting) Variable() string {
	return "WRIT_" + strings.ToUpper(strings.ReplaceAll(s.Name, ".", "_"))
}

// String returns the value as a flag would give it.
func (s Setting) String() string {
	if list, ok := s.value.Interface().([]string); ok {
		return strings.Join(list, ",")
	}
	return fmt.Sprint(s.value.Interface())
}

// IsSwitch reports whether the value is true or false, so that its flag needs no value.
func (s Setting) IsSwitch() bool { return s.value.Kind() == reflect.Bool }

// Set sets the value from a text; lists are separated by commas.
func (s Setting) Set(text string) error {
	switch s.value.Kind() {
	case reflect.String:
		s.value.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("config: %s: %q is neither true nor false", s.Name, text)
		}
		s.value.SetBool(b)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("config: %s: %q is no number", s.Name, text)
		}
		s.value.SetInt(int64(n))
	default:
		var list []string
		for item := range strings.SplitSeq(text, ",") {
			if item = strings.TrimSpace(item); item != "" {
				list = append(list, item)
			}
		}
		s.value.Set(reflect.ValueOf(list))
	}
	return nil
}

// Settings returns every value of c, in the order of the struct.
func (c *Config) Settings() []Setting {
	return settings(reflect.ValueOf(c).Elem(), "")
}

func settings(v reflect.Value, prefix string) []Setting {
	var all []Setting
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name := prefix + field.Tag.Get("yaml")
		if field.Type.Kind() == reflect.Struct {
			all = append(all, settings(v.Field(i), name+".")...)
			continue
		}
		all = append(all, Setting{Name: name, Doc: field.Tag.Get("doc"), value: v.Field(i)})
	}
	return all
}

// Read fills c from a file (none if the name is empty), the environment in the form of os.Environ, and the flags that were given by name. It returns
// where each value comes from, by the setting's name. The error says which name or value is wrong and where.
func Read(c *Config, file string, environment []string, flags map[string]string) (sources map[string]string, err error) {
	sources = make(map[string]string)
	all := c.Settings()
	if file != "" {
		if err := readFile(c, file, sources); err != nil {
			return nil, err
		}
	}
	variables := make(map[string]Setting, len(all))
	for _, s := range all {
		variables[s.Variable()] = s
		if sources[s.Name] == "" {
			sources[s.Name] = "default"
		}
	}
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "WRIT_") || name == FileVariable {
			continue
		}
		s, ok := variables[name]
		if !ok {
			return nil, fmt.Errorf("config: the environment has %s, which is no setting; \"writ config\" lists them", name)
		}
		if err := s.Set(value); err != nil {
			return nil, fmt.Errorf("%w (from %s)", err, name)
		}
		sources[s.Name] = "environment " + name
	}
	for _, s := range all {
		value, ok := flags[s.Flag()]
		if !ok {
			continue
		}
		if err := s.Set(value); err != nil {
			return nil, fmt.Errorf("%w (from --%s)", err, s.Flag())
		}
		sources[s.Name] = "flag --" + s.Flag()
	}
	return sources, c.check()
}

// FileVariable is the environment's variable that names the configuration file, where no flag does.
const FileVariable = "WRIT_CONFIG"

func readFile(c *Config, file string, sources map[string]string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("config: %s: %w", file, err)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("config: %s: more than one document", file)
	}
	// Which of the settings the file has.
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return fmt.Errorf("config: %s: %w", file, err)
	}
	for _, s := range c.Settings() {
		if stands(tree, s.Name) {
			sources[s.Name] = "file " + file
		}
	}
	return nil
}

func stands(tree map[string]any, name string) bool {
	first, rest, more := strings.Cut(name, ".")
	value, ok := tree[first]
	if !ok || !more {
		return ok
	}
	below, ok := value.(map[string]any)
	return ok && stands(below, rest)
}

// check refuses values that make no sense together.
func (c *Config) check() error {
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		return errors.New("config: tls.certificate and tls.key go together")
	}
	if c.TLS.Generate && c.TLS.Certificate != "" {
		return errors.New("config: tls.generate makes a certificate, tls.certificate names one: choose")
	}
	switch c.Log.Level {
	case "debug", "info", "warn", "error":
	default:
		return fmt.Errorf("config: log.level: %q is none of debug, info, warn, error", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		return fmt.Errorf("config: log.format: %q is neither text nor json", c.Log.Format)
	}
	for _, s := range c.Settings() {
		if strings.HasPrefix(s.Name, "quotas.") && s.value.Int() < 0 {
			return fmt.Errorf("config: %s: must not be negative", s.Name)
		}
	}
	return nil
}
