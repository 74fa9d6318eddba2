# Files, buckets and volumes of the platform.

terraform {
  required_providers {
    officeless = {
      source  = "officeless-platform/officeless"
      version = ">= 0.1.0"
    }
  }
}

variable "cluster_name" {
  description = "EKS cluster that uses the storage."
  type        = string
}

variable "name_prefix" {
  description = "Begins every name, also those that are unique among all AWS accounts."
  type        = string
}

variable "protect" {
  description = "Whether what holds data refuses to be destroyed."
  type        = bool
  default     = false
}

resource "officeless_shared_storage" "this" {
  csi_pod_identity    = {}
  deletion_protection = var.protect
}

resource "officeless_observability_buckets" "this" {
  name_prefix   = var.name_prefix
  force_destroy = !var.protect
}

resource "officeless_block_storage" "this" {}

resource "officeless_application_bucket" "archive" {
  bucket        = "${var.name_prefix}-session-archive"
  force_destroy = !var.protect
}

output "archive_bucket_arn" {
  description = "Bucket that ended sessions are moved to."
  value       = officeless_application_bucket.archive.arn
}

output "storage_classes" {
  description = "StorageClasses, to be applied to the cluster."
  value = [
    officeless_shared_storage.this.storage_class_manifest,
    officeless_block_storage.this.storage_class_manifest,
  ]
}

output "helm_values" {
  description = "Helm values of Mimir, Loki and Tempo."
  value       = officeless_observability_buckets.this.helm_values
}
