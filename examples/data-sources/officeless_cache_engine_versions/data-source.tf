data "officeless_cache_engine_versions" "this" {}

output "newest" {
  value = data.officeless_cache_engine_versions.this.latest_version
}
