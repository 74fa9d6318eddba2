output "parse_replication_group_arn" {
  # partition, region, account_id and replication_group_id
  value = provider::officeless::parse_replication_group_arn(
    "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:production"
  )
}
