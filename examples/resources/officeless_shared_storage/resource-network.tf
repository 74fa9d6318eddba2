# Where the network is made in the same configuration, name the subnets instead.
resource "officeless_shared_storage" "media" {
  name = "media"

  subnet_ids                 = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  create_security_group      = true
  allowed_security_group_ids = ["sg-0a1b2c3d4e5f60003"]

  throughput_mode = "elastic"

  # Archive needs elastic throughput.
  lifecycle_policy = {
    transition_to_ia                    = "AFTER_30_DAYS"
    transition_to_archive               = "AFTER_90_DAYS"
    transition_to_primary_storage_class = "AFTER_1_ACCESS"
  }

  access_points = {
    uploads = {
      path      = "/uploads"
      owner_uid = 1000
      owner_gid = 1000

      posix_user = {
        uid = 1000
        gid = 1000
      }
    }
  }

  tags = {
    team = "media"
  }

  timeouts = {
    create = "30m"
  }
}

# A static PersistentVolume for each access point.
output "persistent_volumes" {
  value = officeless_shared_storage.media.persistent_volume_manifests
}
