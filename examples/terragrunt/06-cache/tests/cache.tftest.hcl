# The unit by itself and without AWS: a mocked provider makes up what AWS would answer. The schema and the
# checks of arguments are those of the real one.

mock_provider "officeless" {
  mock_data "officeless_cluster" {
    defaults = {
      subnet_ids                = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
      cluster_security_group_id = "sg-0123456789abcdef0"
    }
  }

  mock_resource "officeless_cache" {
    defaults = {
      connection_url = "rediss://cache:6379"
    }
  }
}

variables {
  cluster_name       = "demo"
  name_prefix        = "test"
  archive_bucket_arn = "arn:aws:s3:::archive"
}

run "apply" {
  assert {
    condition     = officeless_cache.sessions.subnet_ids == toset(["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"])
    error_message = "The cache must stand in the subnets of the cluster."
  }

  assert {
    condition     = officeless_pod_identity.sessions.presets["s3_read_write"].resources == toset(["arn:aws:s3:::archive"])
    error_message = "The pods must reach the archive, and nothing else."
  }

  assert {
    condition     = output.cache_url == "rediss://cache:6379"
    error_message = "The URL must be handed on."
  }
}
