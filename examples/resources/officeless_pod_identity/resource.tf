# Reads and writes one part of a bucket, and nothing else.
resource "officeless_pod_identity" "uploads" {
  cluster_name    = "production-cluster"
  namespace       = "content"
  service_account = "uploads"

  presets = {
    s3_read_write = { resources = ["arn:aws:s3:::acme-content/uploads/"] }
  }
}

# Rights of one's own beside a preset, bounded.
resource "officeless_pod_identity" "reports" {
  cluster_name             = "production-cluster"
  namespace                = "content"
  service_account          = "reports"
  permissions_boundary_arn = "arn:aws:iam::123456789012:policy/workloads"

  presets = {
    s3_read = { resources = ["arn:aws:s3:::acme-content"] }
  }

  policy_statements = [{
    sid       = "SendReports"
    actions   = ["ses:SendEmail"]
    resources = ["*"]
    conditions = {
      StringEquals = { "ses:FromAddress" = ["reports@example.com"] }
    }
  }]
}
