# Storage that another configuration built.
data "officeless_shared_storage" "content" {
  name = "content"
}

output "volume_handle" {
  value = data.officeless_shared_storage.content.volume_handle
}

output "stored_gibibytes" {
  value = floor(data.officeless_shared_storage.content.size_in_bytes / pow(1024, 3))
}
