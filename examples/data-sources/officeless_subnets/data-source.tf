# One private subnet of each zone of the cluster's VPC.
data "officeless_subnets" "private" {
  cluster_name = "production-cluster"
}

resource "officeless_shared_storage" "content" {
  name       = "content"
  subnet_ids = data.officeless_subnets.private.subnet_ids
}
