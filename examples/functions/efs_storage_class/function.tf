output "efs_storage_class" {
  value = provider::officeless::efs_storage_class({
    file_system_id   = "fs-0123456789abcdef0"
    base_path        = "/dynamic"
    sub_path_pattern = "$${.PVC.namespace}/$${.PVC.name}"
  })
}
