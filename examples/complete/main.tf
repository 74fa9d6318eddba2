# The storage of one Officeless environment. `make demo` applies this, unchanged, to an emulator;
# against AWS it needs an EKS cluster of the name below and an AWS_REGION.

terraform {
  required_version = ">= 1.11"

  required_providers {
    officeless = {
      source  = "officeless-platform/officeless"
      version = ">= 0.1.0"
    }
  }
}

# Region and credentials come from the environment, as with hashicorp/aws.
provider "officeless" {
  cluster_name = var.cluster_name
  name_prefix  = var.name_prefix

  default_tags {
    tags = {
      environment = "demo"
      platform    = "officeless"
    }
  }
}

# Subnets, zones and the security group of the cluster, as the resources below find them.
data "officeless_cluster" "this" {}

# What the platform prefers, where nothing is said below.
data "officeless_platform_defaults" "this" {}

# A backup a day, kept for 35 days, of whatever names this plan.
resource "officeless_backup_plan" "daily" {
  name = "${var.name_prefix}-daily"
}

resource "officeless_shared_storage" "this" {
  # The plan backs it up, so EFS need not.
  backup_plan   = officeless_backup_plan.daily.name
  backup_policy = "DISABLED"

  access_points = {
    uploads = {
      path      = "/uploads"
      owner_uid = 1000
      owner_gid = 1000

      posix_user = {
        uid = 1000
        gid = 1000
      }
    }

    reports = {
      path        = "/reports"
      permissions = "750"
    }
  }

  # Roles for the EFS CSI driver, by EKS Pod Identity, under the names its chart uses.
  csi_pod_identity = {}

  lifecycle_policy = {
    transition_to_ia                    = "AFTER_30_DAYS"
    transition_to_primary_storage_class = "AFTER_1_ACCESS"
  }

  # The default is true and refuses destroy. A demo is there to be destroyed: leave this line out
  # where the data matters.
  deletion_protection = false
}

resource "officeless_observability_buckets" "this" {
  # Rendered into the Helm values; S3 itself never expires what Mimir, Loki and Tempo index.
  retention = {
    metrics = "90d"
    logs    = "30d"
    traces  = "14d"
  }
}

# The EBS CSI driver with its role, and the StorageClass gp3-sc.
resource "officeless_block_storage" "this" {
  cluster_name = var.cluster_name
}

# A volume for one database pod, in the zone where the pod is to run.
resource "officeless_block_volume" "postgres" {
  name              = "${var.name_prefix}-postgres-0"
  availability_zone = sort(keys(data.officeless_cluster.this.subnet_ids_by_zone))[0]
  cluster_name      = var.cluster_name
  size              = 50
  backup_plan       = officeless_backup_plan.daily.name

  persistent_volume = {
    claim_namespace = "databases"
    claim_name      = "data-postgres-0"
  }

  # As above: for a demo only. A last snapshot would outlive it.
  deletion_protection = false
  final_snapshot      = false
}

# A bucket for uploads, which the pods of one service account may read and write.
resource "officeless_application_bucket" "uploads" {
  bucket   = "${var.name_prefix}-uploads"
  critical = true

  access = {
    web = {
      namespace       = "shop"
      service_account = "web"
      level           = "read_write"
    }
  }

  # As above: for a demo only.
  force_destroy = true
}

# What other pods may do with it: nothing but read what lies under one prefix.
resource "officeless_pod_identity" "reports" {
  cluster_name    = var.cluster_name
  namespace       = "shop"
  service_account = "reports"

  presets = {
    s3_read = { resources = ["${officeless_application_bucket.uploads.arn}/reports/"] }
  }
}

# Sessions of the shop, with a replica in another zone.
resource "officeless_cache" "sessions" {
  name                       = "${var.name_prefix}-sessions"
  node_type                  = "cache.t4g.small"
  subnet_ids                 = data.officeless_cluster.this.subnet_ids
  allowed_security_group_ids = [data.officeless_cluster.this.cluster_security_group_id]

  parameters = {
    maxmemory-policy = "volatile-lru"
  }
}
