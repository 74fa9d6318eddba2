output "pod_identity_trust_policy" {
  value = provider::officeless::pod_identity_trust_policy({
    cluster_name     = "production-cluster"
    namespace        = "monitoring"
    service_accounts = ["mimir", "loki", "tempo"]
  })
}
