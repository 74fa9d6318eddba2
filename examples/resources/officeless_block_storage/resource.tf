# The driver in the platform's version, its role, and the StorageClass gp3-sc.
resource "officeless_block_storage" "this" {
  cluster_name = "production-cluster"
}

# To be applied with your own Kubernetes tooling.
output "storage_class" {
  value = officeless_block_storage.this.storage_class_manifest
}
