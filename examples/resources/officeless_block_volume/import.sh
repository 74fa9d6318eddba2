# By the id of the volume, by its ARN, or by its name where no other volume has it.
terraform import officeless_block_volume.postgres vol-0123456789abcdef0
terraform import officeless_block_volume.postgres arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0
terraform import officeless_block_volume.postgres postgres-0

# In a region other than the provider's.
terraform import officeless_block_volume.postgres vol-0123456789abcdef0@eu-central-1
