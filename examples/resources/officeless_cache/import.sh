# By the id of the replication group, or its ARN.
terraform import officeless_cache.sessions sessions

# In another region than the provider's.
terraform import officeless_cache.sessions sessions@ap-southeast-3
