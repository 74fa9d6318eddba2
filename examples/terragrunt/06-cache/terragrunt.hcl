include "root" {
  path = find_in_parent_folders("root.hcl")
}

dependency "eks" {
  config_path = "../02-eks"

  # As in 03-storage.
  skip_outputs = true
  mock_outputs = {
    cluster_name = "demo"
  }
}

dependency "storage" {
  config_path = "../03-storage"

  # Before the first apply there are no outputs to plan with; later these are not used.
  mock_outputs = {
    archive_bucket_arn = "arn:aws:s3:::not-made-yet"
  }
  mock_outputs_allowed_terraform_commands = ["init", "validate", "plan"]
}

inputs = {
  cluster_name       = dependency.eks.outputs.cluster_name
  archive_bucket_arn = dependency.storage.outputs.archive_bucket_arn
}
