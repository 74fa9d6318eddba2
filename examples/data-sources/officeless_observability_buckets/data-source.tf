# The buckets acme-mimir-metrics-prod and its five fellows.
data "officeless_observability_buckets" "monitoring" {
  name_prefix = "acme"
  name_suffix = "prod"
}

output "loki_values" {
  value = data.officeless_observability_buckets.monitoring.helm_values["loki"]
}
