# By the whole name of the bucket. A region other than the provider's follows an @.
terraform import officeless_application_bucket.uploads acme-production-uploads
