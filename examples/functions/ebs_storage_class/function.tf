# The platform's class.
output "ebs_storage_class" {
  value = provider::officeless::ebs_storage_class({})
}

# A faster one, for a cluster with a newer driver.
output "ebs_storage_class_fast" {
  value = provider::officeless::ebs_storage_class({
    name           = "gp3-fast"
    iops           = 20000
    throughput     = 1000
    reclaim_policy = "Retain"
    addon_version  = "v1.58.0-eksbuild.1"
    tags           = { team = "databases" }
  })
}
