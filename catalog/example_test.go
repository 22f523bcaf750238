package catalog_test

import (
	"fmt"
	"log"

	"github.com/writ-iam/writ/catalog"
)

func Example() {
	c, err := catalog.Load()
	if err != nil {
		log.Fatal(err)
	}
	a, ok := c.Action("S3:getobject")
	if !ok {
		log.Fatal("no such action")
	}
	fmt.Printf("%v (%s, %s)\n", a, a.Service().Name(), a.Access())
	for t := range a.Targets() {
		for arn := range t.Type().ARNs() {
			fmt.Println(t.Type().Name(), arn)
		}
	}
	// Output:
	// s3:GetObject (Amazon S3, Read)
	// accesspointobject arn:${Partition}:s3:${Region}:${Account}:accesspoint/${AccessPointName}/object/${ObjectName}
	// object arn:${Partition}:s3:::${BucketName}/${ObjectName}
}

func ExampleCatalog_Expand() {
	c, err := catalog.Load()
	if err != nil {
		log.Fatal(err)
	}
	for a := range c.Expand("iam:*LoginProfile") {
		fmt.Println(a, "–", a.Access())
	}
	// Output:
	// iam:CreateLoginProfile – Write
	// iam:DeleteLoginProfile – Write
	// iam:GetLoginProfile – List
	// iam:UpdateLoginProfile – Write
}

func ExampleCatalog_Key() {
	c, err := catalog.Load()
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"aws:sourceip", "aws:ResourceTag/team", "aws:TagKeys", "s3:max-keys", "aws:SourcIp"} {
		k, ok := c.Key(name)
		if !ok {
			fmt.Println(name, "is unknown")
			continue
		}
		fmt.Println(name, "is", k, k.Type(), k.Multivalued())
	}
	// Output:
	// aws:sourceip is aws:SourceIp IPAddress false
	// aws:ResourceTag/team is aws:ResourceTag/${TagKey} String false
	// aws:TagKeys is aws:TagKeys String true
	// s3:max-keys is s3:max-keys Numeric false
	// aws:SourcIp is unknown
}

func ExampleService_Match() {
	c, err := catalog.Load()
	if err != nil {
		log.Fatal(err)
	}
	dynamodb, ok := c.Service("dynamodb")
	if !ok {
		log.Fatal("no such service")
	}
	for _, m := range dynamodb.Match("arn:aws:dynamodb:eu-west-1:111122223333:table/orders/index/by-date") {
		fmt.Println(m.Type, m.Literal, m.Template)
	}
	// Output:
	// dynamodb:index 29 arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}/index/${IndexName}
	// dynamodb:table 22 arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}
}

// A gateway in front of a program of one's own can describe the program's actions in the same form.
func ExampleNew() {
	c, err := catalog.New(catalog.Definition{
		Version: "1",
		Services: map[string]catalog.ServiceDefinition{
			"parcel": {
				Name: "Parcels",
				Keys: map[string]string{"parcel:Weight": "Numeric"},
				Resources: map[string]catalog.ResourceDefinition{
					"parcel": {ARN: "arn:${Partition}:parcel:${Region}:${Account}:parcel/${Id}"},
				},
				Actions: map[string]catalog.ActionDefinition{
					"Send": {
						Access:    "Write",
						Resources: []catalog.TargetDefinition{{Type: "parcel", Required: true}},
						Keys:      []string{"parcel:Weight"},
					},
				},
			},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	for a := range c.Expand("parcel:*") {
		fmt.Println(a)
	}
	// Output:
	// parcel:Send
}
