variable "private_subnet_ids" {
  description = "Private subnets of the cluster's VPC, in at least two availability zones."
  type        = set(string)
}

variable "cluster_security_group_id" {
  description = "Security group of the cluster's nodes."
  type        = string
}

variable "cache_token" {
  description = "Token of 16 to 128 letters, digits and ! & # $ ^ < > -."
  type        = string
  ephemeral   = true
}

resource "officeless_cache" "sessions" {
  name                       = "sessions"
  node_type                  = "cache.r7g.large"
  subnet_ids                 = var.private_subnet_ids
  allowed_security_group_ids = [var.cluster_security_group_id]

  # Raise the version together with a new token.
  auth_token_wo         = var.cache_token
  auth_token_wo_version = 1

  parameters = {
    maxmemory-policy = "volatile-lru"
  }
}
