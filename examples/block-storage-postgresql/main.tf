# PostgreSQL on block storage: the driver and its class for the cluster, and one volume of its own
# for the database.
#
#   terraform apply
#   for output in storage_class persistent_volume persistent_volume_claim; do
#     terraform output -raw "$output" | kubectl apply -f -
#   done
#   kubectl apply -f kubernetes/

terraform {
  required_providers {
    officeless = {
      source = "officeless-platform/officeless"
    }
  }
}

provider "officeless" {
  cluster_name = var.cluster_name
}

resource "officeless_block_storage" "this" {}

resource "officeless_block_volume" "postgres" {
  name              = "postgres-0"
  availability_zone = var.availability_zone
  size              = 200

  # Pod postgres-0 of the StatefulSet looks for just this claim, and finds it made: its data lies on
  # a volume that outlives claim, StatefulSet and cluster. Pods with a higher number get volumes that
  # the driver makes by the class.
  persistent_volume = {
    storage_class_name = officeless_block_storage.this.storage_class_name
    claim_namespace    = "databases"
    claim_name         = "data-postgres-0"
  }

  deletion_protection = var.deletion_protection
  final_snapshot      = var.final_snapshot
}
