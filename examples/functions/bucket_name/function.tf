output "bucket_name" {
  # acme-reports-production
  value = provider::officeless::bucket_name("acme", "reports", "production")
}

output "bucket_name_without_suffix" {
  # acme-reports
  value = provider::officeless::bucket_name("acme", "reports", null)
}
