# A cache that another configuration, or another tool, has made.
data "officeless_cache" "sessions" {
  replication_group_id = "sessions"
}

output "sessions_url" {
  value = data.officeless_cache.sessions.connection_url
}

output "sessions_waiting_changes" {
  value = data.officeless_cache.sessions.pending_modified_values
}
