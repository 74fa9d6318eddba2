variable "private_subnet_ids" {
  description = "Private subnets of the cluster's VPC, in at least two availability zones."
  type        = set(string)
}

locals {
  # Raise it to rotate the token.
  cache_token_version = 1
}

# A new token in each run, of which only one for each version is kept.
ephemeral "officeless_cache_auth_token" "generated" {}

resource "aws_secretsmanager_secret" "cache" {
  name = "production/cache"
}

resource "aws_secretsmanager_secret_version" "cache" {
  secret_id = aws_secretsmanager_secret.cache.id
  secret_string_wo = jsonencode({
    auth_token = ephemeral.officeless_cache_auth_token.generated.auth_token
  })
  secret_string_wo_version = local.cache_token_version
}

# What the store holds now: should an apply break off half way, the next one gives the cache the
# same token that the workloads read.
ephemeral "officeless_cache_auth_token" "stored" {
  secret = {
    id       = aws_secretsmanager_secret_version.cache.secret_id
    json_key = "auth_token"
  }
}

resource "officeless_cache" "this" {
  name       = "production"
  node_type  = "cache.r7g.large"
  subnet_ids = var.private_subnet_ids

  auth_token_wo         = ephemeral.officeless_cache_auth_token.stored.auth_token
  auth_token_wo_version = local.cache_token_version
}
