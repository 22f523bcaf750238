package catalog

// Definition is a catalog as plain data: what New makes a Catalog of. Its JSON form is
//
//	{"version": "…", "services": {"s3": {"name": "Amazon S3", "rcp": true,
//	  "keys": {"s3:prefix": "String", …},
//	  "resources": {"bucket": {"arn": "arn:${Partition}:s3:::${BucketName}", "keys": […]}, …},
//	  "actions": {"ListBucket": {"access": "List", "resources": [{"type": "bucket", "required": true}],
//	    "keys": ["s3:prefix", …]}, …}}}}
type Definition struct {
	Version  string                       `json:"version"`
	Services map[string]ServiceDefinition `json:"services"` // by prefix
}

// ServiceDefinition describes a Service.
type ServiceDefinition struct {
	Name      string                        `json:"name"`
	RCP       bool                          `json:"rcp"`
	Keys      map[string]string             `json:"keys"`      // AWS's word for the type, such as "ArrayOfString", by full name
	Resources map[string]ResourceDefinition `json:"resources"` // by name
	Actions   map[string]ActionDefinition   `json:"actions"`   // by name without the prefix
}

// ResourceDefinition describes a ResourceType.
type ResourceDefinition struct {
	ARN  string   `json:"arn"`  // the template; several have ", " between
	Keys []string `json:"keys"` // full names; each is one of the service's Keys
}

// ActionDefinition describes an Action.
type ActionDefinition struct {
	Access    string             `json:"access"` // as Access.String writes it
	Resources []TargetDefinition `json:"resources,omitempty"`
	Keys      []string           `json:"keys,omitempty"` // full names; each is one of the service's Keys
}

// TargetDefinition describes a Target.
type TargetDefinition struct {
	Type     string   `json:"type"` // one of the service's Resources
	Required bool     `json:"required,omitempty"`
	Keys     []string `json:"keys,omitempty"` // full names; each is one of the service's Keys
}

// New returns the catalog that a definition describes. It says what is wrong with one that contradicts itself: names that
// differ in case alone, keys and types that are not defined, words that AWS does not use, names that are empty or hold
// a line break, names of actions that are longer than 255 bytes.
func New(d Definition) (*Catalog, error) {
	plain, err := d.encode()
	if err != nil {
		return nil, err
	}
	return decode(string(plain))
}

// Definition returns the catalog as plain data, which the caller may change.
func (c *Catalog) Definition() Definition {
	d := Definition{Version: c.version, Services: make(map[string]ServiceDefinition, len(c.services))}
	for i := range c.services {
		s := &c.services[i]
		def := ServiceDefinition{
			Name:      s.name,
			RCP:       s.rcp,
			Keys:      make(map[string]string, len(s.keys.byName)),
			Resources: make(map[string]ResourceDefinition, len(s.resources)),
			Actions:   make(map[string]ActionDefinition, len(s.actions)),
		}
		for _, k := range s.keys.byName {
			def.Keys[k.name] = k.kindName()
		}
		for r := range s.ResourceTypes() {
			def.Resources[r.name] = ResourceDefinition{r.arn, append([]string{}, keyNames(r.keyList())...)}
		}
		for a := range s.Actions() {
			action := ActionDefinition{Access: a.access.String(), Keys: keyNames(a.keyList())}
			for _, t := range a.targetList() {
				action.Resources = append(action.Resources, TargetDefinition{t.kind.name, t.required, keyNames(t.keyList())})
			}
			def.Actions[a.Name()] = action
		}
		d.Services[s.prefix] = def
	}
	return d
}

func keyNames(keys []*Key) []string {
	var names []string
	for _, k := range keys {
		names = append(names, k.name)
	}
	return names
}
