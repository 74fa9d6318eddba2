# 200 GiB of gp3, encrypted, protected, with a final snapshot.
resource "officeless_block_volume" "postgres" {
  name              = "postgres-0"
  availability_zone = "us-east-1a"
  cluster_name      = "production-cluster"

  # The claim that pod postgres-0 of a StatefulSet looks for.
  persistent_volume = {
    claim_namespace = "databases"
    claim_name      = "data-postgres-0"
  }
}

# To be applied with your own Kubernetes tooling, before the StatefulSet.
output "persistent_volume" {
  value = officeless_block_volume.postgres.persistent_volume_manifest
}

output "persistent_volume_claim" {
  value = officeless_block_volume.postgres.persistent_volume_claim_manifest
}
