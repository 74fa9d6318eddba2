output "storage_class" {
  description = "The class from which claims get volumes that the driver makes."
  value       = officeless_block_storage.this.storage_class_manifest
}

output "persistent_volume" {
  description = "The database's volume."
  value       = officeless_block_volume.postgres.persistent_volume_manifest
}

output "persistent_volume_claim" {
  description = "The claim of pod postgres-0, bound to that volume."
  value       = officeless_block_volume.postgres.persistent_volume_claim_manifest
}
