# By the name of the vault, by the id of the plan, or by the ARN of the vault.
terraform import officeless_backup_plan.this daily
terraform import officeless_backup_plan.this 8f81f553-3a74-4a3f-b93d-b3360dc80c50
terraform import officeless_backup_plan.this arn:aws:backup:us-east-1:123456789012:backup-vault:daily

# In a region other than the provider's.
terraform import officeless_backup_plan.this daily@eu-central-1
