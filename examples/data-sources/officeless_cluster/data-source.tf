data "officeless_cluster" "production" {
  name = "production-cluster"
}

# Pods get IAM roles only where the agent runs.
output "pod_identity_ready" {
  value = (
    data.officeless_cluster.production.auto_mode ||
    try(data.officeless_cluster.production.pod_identity_agent.status, "") == "ACTIVE"
  )
}

output "subnets_by_zone" {
  value = data.officeless_cluster.production.subnet_ids_by_zone
}
