output "ebs_persistent_volume" {
  value = provider::officeless::ebs_persistent_volume({
    name              = "postgres-0"
    volume_id         = "vol-0123456789abcdef0"
    availability_zone = "us-east-1a"
    size              = 200

    claim = {
      namespace = "databases"
      name      = "data-postgres-0"
    }
  })
}
