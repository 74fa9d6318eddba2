# The unit by itself, without Terragrunt: the provider block is the one that root.hcl generates.

# It needs TF_VAR_name_prefix, because bucket names are unique among all AWS accounts.

variables {
  cluster_name = "demo"
}

provider "officeless" {
  cluster_name = "demo"
}

run "what_protect_does" {
  command = plan

  variables {
    protect = true
  }

  assert {
    condition     = officeless_shared_storage.this.deletion_protection
    error_message = "Shared storage must be protected."
  }

  assert {
    condition     = !officeless_application_bucket.archive.force_destroy
    error_message = "A bucket that holds anything must not be destroyed."
  }
}

run "apply" {
  assert {
    condition     = output.archive_bucket_arn == "arn:aws:s3:::${var.name_prefix}-session-archive"
    error_message = "06-cache is given the ARN of the bucket."
  }

  assert {
    condition     = length(output.helm_values) == 3
    error_message = "Mimir, Loki and Tempo each need values."
  }
}
