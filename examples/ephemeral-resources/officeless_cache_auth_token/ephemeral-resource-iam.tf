# A token for a user of the cache whose authentication mode is IAM, for 15 minutes.
ephemeral "officeless_cache_auth_token" "operator" {
  iam = {
    replication_group_id = "production"
    user_id              = "operator"
  }
}
