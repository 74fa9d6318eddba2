# By the id of the file system, by its ARN, or by its creation token.
terraform import officeless_shared_storage.this fs-0123456789abcdef0
terraform import officeless_shared_storage.this arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-0123456789abcdef0
terraform import officeless_shared_storage.this eks-shared-storage-token

# In a region other than the provider's.
terraform import officeless_shared_storage.this fs-0123456789abcdef0@eu-central-1
