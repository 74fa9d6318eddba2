# Size, IOPS and throughput change together, in one modification.
resource "officeless_block_volume" "orders" {
  name              = "orders"
  availability_zone = "us-east-1b"
  cluster_name      = "production-cluster"

  size       = 500
  iops       = 12000
  throughput = 1000

  kms_key_arn         = "arn:aws:kms:us-east-1:123456789012:key/0e5f0000-1111-4222-8333-444455556666"
  data_classification = "restricted"

  # Selected by the officeless_backup_plan of this name.
  backup_plan = "databases"

  tags = {
    team = "orders"
  }
}
