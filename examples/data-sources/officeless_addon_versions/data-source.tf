# What EKS offers for the Kubernetes version of a cluster.
data "officeless_addon_versions" "ebs" {
  cluster_name = "production-cluster"
}

output "newest" {
  value = data.officeless_addon_versions.ebs.latest_version
}

# Another add-on, for a Kubernetes version.
data "officeless_addon_versions" "efs" {
  addon_name         = "aws-efs-csi-driver"
  kubernetes_version = "1.33"
}

output "default_of_eks" {
  value = data.officeless_addon_versions.efs.default_version
}
