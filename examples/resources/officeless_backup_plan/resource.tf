# A name is enough: everything with the tag officeless:backup = "daily" is backed up once a day.
resource "officeless_backup_plan" "daily" {
  name = "daily"
}

# Shared storage joins with one attribute, and leaves the backups of EFS itself.
resource "officeless_shared_storage" "content" {
  cluster_name  = "production-cluster"
  backup_plan   = officeless_backup_plan.daily.name
  backup_policy = "DISABLED"
}

# Buckets with recovery to any point in time, and copies in another region for a year.
resource "officeless_backup_plan" "critical" {
  name       = "critical"
  include_s3 = true

  rules = [
    {
      name                     = "continuous"
      delete_after             = 35
      enable_continuous_backup = true
    },
    {
      name         = "weekly"
      schedule     = "cron(0 2 ? * SUN *)"
      delete_after = 90

      copy_actions = [
        {
          destination_vault_arn = "arn:aws:backup:eu-central-1:123456789012:backup-vault:copies"
          delete_after          = 365
        }
      ]
    }
  ]

  vault_lock = {
    min_retention_days = 7
  }
}
