# The six buckets, a role for the workload, and the Helm values of the three charts.
resource "officeless_observability_buckets" "this" {
  name_prefix = "acme"

  pod_identity = {
    cluster_name = "production-cluster"
  }

  # What the products keep: rendered into the Helm values, never an expiry of S3.
  retention = {
    metrics = "90d"
    logs    = "30d"
    traces  = "14d"
  }
}

output "mimir_values" {
  value = officeless_observability_buckets.this.helm_values["mimir"]
}
