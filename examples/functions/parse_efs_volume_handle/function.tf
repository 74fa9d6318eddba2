output "parse_efs_volume_handle" {
  # file_system_id, access_point_id, and path = null
  value = provider::officeless::parse_efs_volume_handle(
    "fs-0123456789abcdef0::fsap-0123456789abcdef0"
  )
}
