# terraform test (or tofu test) against the account of the environment. The volume is made without the
# protection that a real one has, because the test destroys it.

variables {
  cluster_name        = "demo"
  deletion_protection = false
  final_snapshot      = false
}

run "protected_unless_said_otherwise" {
  command = plan

  variables {
    deletion_protection = true
  }

  assert {
    condition     = officeless_block_volume.postgres.deletion_protection
    error_message = "The variable must reach the volume."
  }
}

run "apply" {
  assert {
    condition     = yamldecode(output.persistent_volume).spec.csi.volumeHandle == officeless_block_volume.postgres.id
    error_message = "The PersistentVolume must name the volume."
  }

  assert {
    condition     = yamldecode(output.persistent_volume_claim).metadata.name == "data-postgres-0"
    error_message = "The claim must be the one that the pod looks for."
  }

  assert {
    condition     = yamldecode(output.storage_class).metadata.name == yamldecode(output.persistent_volume).spec.storageClassName
    error_message = "Volume and class must belong together."
  }
}
