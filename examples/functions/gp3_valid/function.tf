variable "volume" {
  type = object({
    size       = number
    iops       = number
    throughput = number
  })
  default = {
    size       = 200
    iops       = 6000
    throughput = 500
  }

  validation {
    condition = provider::officeless::gp3_valid(
      var.volume.size, var.volume.iops, var.volume.throughput
    ).valid
    error_message = join("\n", provider::officeless::gp3_valid(
      var.volume.size, var.volume.iops, var.volume.throughput
    ).reasons)
  }
}

output "gp3_valid" {
  # valid = true, reasons = []
  value = provider::officeless::gp3_valid(var.volume.size, var.volume.iops, var.volume.throughput)
}
