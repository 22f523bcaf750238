package lint

import (
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/fold"
)

var useConditionKeyOnlyWithSupportedServices = &Rule{
	Code:     "USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES",
	Title:    "Use condition key only with supported services",
	Type:     Warning,
	Kinds:    AnyKind,
	Sentence: "The statement is about services whose requests do not carry the condition key, which few do.",
	check: func(c *checker) {
		c.eachKey(func(s *statement, _ *block, k *element) {
			supported, ok := perimeterServices[fold.Name(k.key.text)]
			if !ok {
				return
			}
			if s.notAction.present() {
				c.reportAll([]span{k.key.span, s.notAction.key.span}, "Only some services know %s; name actions of these in Action in place of NotAction", k.key.text)
				return
			}
			var at []span
			var names []string
			for i := range s.action.items {
				v := &s.action.items[i]
				if c.steps--; c.steps < 0 {
					return
				}
				if !slices.Contains(supported, prefixOf(v.text)) {
					at, names = append(at, v.span), append(names, v.text)
				}
			}
			if len(at) > 0 {
				c.reportAll(append([]span{k.key.span}, at[:min(len(at), maxLocations-1)]...), "Only some services know %s, and not those of %s; move these actions to a statement without it",
					k.key.text, quoted(names))
			}
		})
	},
}

// perimeterServices are the services that know the keys about the owner of a VPC endpoint, as of 2026-09.
var perimeterServices = func() map[string][]string {
	const most = `acm-pca applicationinsights apprunner athena cloudformation comprehendmedical compute-optimizer datasync discovery dynamodb ebs ecr ecs firehose gamelift
		healthlake iam iotfleetwise iotwireless kinesisanalytics kms lambda medical-imaging omics payment-cryptography polly rbin rekognition route53 s3 scheduler
		servicediscovery servicequotas shield ssm-contacts storagegateway textract transcribe transfer`
	const more = ` b2bi cassandra cognito-identity dms ds-data identitystore iottwinmaker network-firewall pricing ses sms-voice sqs workmail`
	return map[string][]string{
		"aws:vpceaccount":  strings.Fields(most),
		"aws:vpceorgpaths": strings.Fields(most),
		"aws:vpceorgid":    strings.Fields(most + more),
	}
}()
