# A bucket for uploads, and the service account that may use it.
resource "officeless_application_bucket" "uploads" {
  bucket       = "acme-production-uploads"
  critical     = true
  cluster_name = "production-cluster"

  access = {
    web = {
      namespace       = "shop"
      service_account = "web"
      level           = "read_write"
    }
    reports = {
      namespace       = "shop"
      service_account = "reports"
      level           = "read"
      prefix          = "invoices/"
    }
  }

  lifecycle_rules = [
    {
      id                                     = "uploads"
      abort_incomplete_multipart_upload_days = 7
    },
    {
      id                            = "archive"
      prefix                        = "invoices/"
      transitions                   = [{ days = 90, storage_class = "GLACIER_IR" }]
      noncurrent_version_expiration = { noncurrent_days = 365 }
    },
  ]
}
