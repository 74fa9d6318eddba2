output "efs_persistent_volume" {
  value = provider::officeless::efs_persistent_volume({
    name            = "shared-content"
    file_system_id  = "fs-0123456789abcdef0"
    access_point_id = "fsap-0123456789abcdef0"
  })
}
