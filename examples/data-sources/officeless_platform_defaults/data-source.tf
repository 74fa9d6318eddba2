data "officeless_platform_defaults" "this" {}

# What this environment changes stands beside what the platform has.
locals {
  volume_size = max(100, data.officeless_platform_defaults.this.block_volume.size)
}

output "storage_class" {
  value = data.officeless_platform_defaults.this.block_storage.storage_class
}
