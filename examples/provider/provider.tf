terraform {
  required_providers {
    officeless = {
      source = "officeless-platform/officeless"
    }
  }
}

provider "officeless" {
  region = "us-east-1"

  # Every resource finds its subnets and security groups through this cluster.
  cluster_name = "production-cluster"
  name_prefix  = "acme"

  # Nothing is kept elsewhere.
  allowed_regions = ["us-east-1"]

  default_tags {
    tags = {
      platform = "officeless"
    }
  }
}
