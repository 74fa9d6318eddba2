include "root" {
  path = find_in_parent_folders("root.hcl")
}

dependency "eks" {
  config_path = "../02-eks"

  # The cluster of the demo. Where 02-eks makes the cluster, take out skip_outputs.
  skip_outputs = true
  mock_outputs = {
    cluster_name = "demo"
  }
}

inputs = {
  cluster_name = dependency.eks.outputs.cluster_name
}
