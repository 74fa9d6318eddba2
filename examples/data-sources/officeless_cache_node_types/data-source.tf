# What the region has.
data "officeless_cache_node_types" "region" {}

output "graviton" {
  value = [for type in data.officeless_cache_node_types.region.node_types : type if can(regex("g\\.", type))]
}

# What a cache can become.
data "officeless_cache_node_types" "sessions" {
  replication_group_id = "sessions"
}

output "larger" {
  value = data.officeless_cache_node_types.sessions.scale_up
}
