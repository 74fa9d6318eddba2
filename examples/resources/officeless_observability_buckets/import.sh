# By name_prefix; with name_suffix behind a slash (acme/prod); or names by key, for buckets whose
# names have no common prefix (mimir-metrics=acme-metrics,loki-chunks=acme-chunks). A region other
# than the provider's follows an @.
terraform import officeless_observability_buckets.this acme
