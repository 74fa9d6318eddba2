# terraform test (or tofu test) against the account of the environment: it makes all that main.tf
# describes, looks at it, and destroys it.

run "plan" {
  command = plan

  assert {
    condition     = officeless_shared_storage.this.encrypted
    error_message = "Shared storage must be encrypted."
  }

  assert {
    condition     = officeless_cache.sessions.transit_encryption_mode == "required"
    error_message = "Clients of the cache must use TLS."
  }

  assert {
    condition     = officeless_observability_buckets.this.retention.logs == "30d"
    error_message = "Logs must be kept for 30 days."
  }
}

run "apply" {
  assert {
    condition     = length(output.mount_targets) == length(output.zones)
    error_message = "Every zone of the cluster must have a mount target."
  }

  assert {
    condition     = toset(keys(output.access_points)) == toset(["reports", "uploads"])
    error_message = "There must be the two access points."
  }

  assert {
    condition     = yamldecode(output.storage_class).parameters.fileSystemId == output.file_system_id
    error_message = "The StorageClass must name the file system."
  }

  assert {
    condition     = alltrue([for name in values(output.buckets) : startswith(name, var.name_prefix)])
    error_message = "Every bucket must begin with the prefix."
  }

  assert {
    condition     = startswith(output.cache_url, "rediss://")
    error_message = "The cache must be reached by TLS."
  }
}
