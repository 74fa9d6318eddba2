# By cluster, namespace and service account, optionally with a region.
terraform import officeless_pod_identity.uploads production-cluster/content/uploads
terraform import officeless_pod_identity.uploads production-cluster/content/uploads@eu-west-1
