# What all units of the stack share: where state is kept, and the provider block.
#
#   terragrunt run --all plan
#   terragrunt run --all apply
#   terragrunt run --all destroy
#
# Terragrunt runs `tofu` where it finds one, otherwise `terraform`; TG_TF_PATH names another. Region and
# credentials come from the environment, as with hashicorp/aws.

locals {
  environment = "demo"
  name_prefix = get_env("NAME_PREFIX", "officeless-demo")
}

inputs = {
  name_prefix = local.name_prefix
}

# For a demo. Where several people work, keep state in a bucket: backend = "s3".
remote_state {
  backend = "local"

  generate = {
    path      = "backend.tf"
    if_exists = "overwrite_terragrunt"
  }

  config = {
    path = "${get_parent_terragrunt_dir()}/state/${path_relative_to_include()}/terraform.tfstate"
  }
}

# Every unit declares the variable cluster_name.
generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite_terragrunt"
  contents  = <<-EOF
    provider "officeless" {
      cluster_name = var.cluster_name

      default_tags {
        tags = {
          environment = "${local.environment}"
          platform    = "officeless"
          stack       = "${path_relative_to_include()}"
        }
      }
    }
  EOF
}
