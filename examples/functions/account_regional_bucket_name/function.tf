output "account_regional_bucket_name" {
  # reports-123456789012-us-east-1-an
  value = provider::officeless::account_regional_bucket_name("reports", "123456789012", "us-east-1")
}
