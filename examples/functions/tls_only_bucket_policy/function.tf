output "tls_only_bucket_policy" {
  value = provider::officeless::tls_only_bucket_policy("arn:aws:s3:::acme-reports", [
    {
      Sid       = "ReadFromPartner"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::acme-reports/partner/*"
    },
  ])
}
