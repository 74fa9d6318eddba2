output "zones" {
  description = "The cluster's subnets by availability zone."
  value       = data.officeless_cluster.this.subnet_ids_by_zone
}

output "file_system_id" {
  description = "The shared file system."
  value       = officeless_shared_storage.this.id
}

output "mount_targets" {
  description = "Address of the mount target in each availability zone."
  value       = { for zone, target in officeless_shared_storage.this.mount_targets : zone => target.ip_address }
}

output "access_points" {
  description = "Access points by key."
  value       = officeless_shared_storage.this.access_point_ids
}

output "storage_class" {
  description = "StorageClass, to be applied to the cluster."
  value       = officeless_shared_storage.this.storage_class_manifest
}

output "buckets" {
  description = "Bucket names by store."
  value       = officeless_observability_buckets.this.bucket_names
}

output "roles" {
  description = "IAM role of each component, associated with its service account."
  value       = officeless_observability_buckets.this.role_arns
}

output "loki_values" {
  description = "Helm values of Loki."
  value       = officeless_observability_buckets.this.helm_values["loki"]
}

output "csi_chart_version" {
  description = "Version of the aws-efs-csi-driver chart that the manifests are written for."
  value       = data.officeless_platform_defaults.this.shared_storage.csi_chart_version
}

output "block_storage_class" {
  description = "StorageClass of the EBS CSI driver, to be applied to the cluster."
  value       = officeless_block_storage.this.storage_class_manifest
}

output "postgres_volume" {
  description = "PersistentVolume and claim of the database, to be applied to the cluster."
  value = [
    officeless_block_volume.postgres.persistent_volume_manifest,
    officeless_block_volume.postgres.persistent_volume_claim_manifest,
  ]
}

output "uploads_role" {
  description = "IAM role of the pods that write uploads."
  value       = officeless_application_bucket.uploads.role_arns["web"]
}

output "cache_url" {
  description = "How the shop connects to its sessions; without a secret."
  value       = officeless_cache.sessions.connection_url
}
