# The cache of the shop's sessions, and what its pods may do.

terraform {
  required_providers {
    officeless = {
      source  = "officeless-platform/officeless"
      version = ">= 0.1.0"
    }
  }
}

variable "cluster_name" {
  description = "EKS cluster whose pods use the cache."
  type        = string
}

variable "name_prefix" {
  description = "Begins every name, also those that are unique among all AWS accounts."
  type        = string
}

variable "archive_bucket_arn" {
  description = "Bucket that ended sessions are moved to."
  type        = string
}

data "officeless_cluster" "this" {}

resource "officeless_cache" "sessions" {
  name                       = "${var.name_prefix}-sessions"
  node_type                  = "cache.t4g.small"
  subnet_ids                 = data.officeless_cluster.this.subnet_ids
  allowed_security_group_ids = [data.officeless_cluster.this.cluster_security_group_id]

  parameters = {
    maxmemory-policy = "volatile-lru"
  }
}

resource "officeless_pod_identity" "sessions" {
  cluster_name    = var.cluster_name
  namespace       = "shop"
  service_account = "sessions"

  presets = {
    s3_read_write = { resources = [var.archive_bucket_arn] }
  }
}

output "cache_url" {
  description = "How the shop connects to its sessions; without a secret."
  value       = officeless_cache.sessions.connection_url
}
