package lint

// regionKeys are the condition keys whose values are Regions.
var regionKeys = []string{"aws:RequestedRegion", "ec2:Region", "dynamodb:ReplicaRegion", "kms:ReplicaRegion", "secretsmanager:AddReplicaRegions"}
