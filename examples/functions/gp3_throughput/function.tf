locals {
  database_size = 200
  database_iops = 6000
}

output "gp3_throughput" {
  # 1500
  value = provider::officeless::gp3_throughput(local.database_size, local.database_iops)
}
