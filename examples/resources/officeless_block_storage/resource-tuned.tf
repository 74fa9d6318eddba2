# A newer driver with settings of its own, and a faster class under a customer key.
resource "officeless_block_storage" "tuned" {
  cluster_name  = "analytics-cluster"
  addon_version = "v1.58.0-eksbuild.1"

  # Volumes of this cluster only.
  managed_policy = "EKSClusterScoped"

  # Checked against the schema of the version when planned.
  configuration_values = jsonencode({
    controller = {
      replicaCount = 3
    }
  })

  # An add-on whose pods still look for nodes counts as done, with a warning.
  wait_for = "degraded_ok"

  storage_class = {
    name        = "gp3-fast"
    iops        = 20000
    throughput  = 1000
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/0e5f0000-1111-4222-8333-444455556666"
  }

  timeouts = {
    create = "30m"
  }
}
