# By the name of the cluster, by cluster and add-on, or by the ARN of the add-on.
terraform import officeless_block_storage.this production-cluster
terraform import officeless_block_storage.this production-cluster/aws-ebs-csi-driver

# In a region other than the provider's.
terraform import officeless_block_storage.this production-cluster@eu-central-1
