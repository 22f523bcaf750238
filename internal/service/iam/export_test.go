package iam

// Missing is missing, for TestTableIsTheModel.
var Missing = missing
