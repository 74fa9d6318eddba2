# The cluster is enough: subnets and security group are found through it, and everything else has
# the platform's value.
resource "officeless_shared_storage" "this" {
  cluster_name = "production-cluster"
}

# To be applied with your own Kubernetes tooling.
output "storage_class" {
  value = officeless_shared_storage.this.storage_class_manifest
}
