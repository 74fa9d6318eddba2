# A bucket that another configuration built.
data "officeless_application_bucket" "uploads" {
  bucket = "acme-uploads"
}

output "bucket_arn" {
  value = data.officeless_application_bucket.uploads.arn
}
