variable "cluster_name" {
  description = "The EKS cluster."
  type        = string
  default     = "production-cluster"
}

variable "availability_zone" {
  description = "A zone in which the cluster has nodes."
  type        = string
  default     = "us-east-1a"
}

variable "deletion_protection" {
  description = "Whether destroying the database's volume is refused."
  type        = bool
  default     = true
}

variable "final_snapshot" {
  description = "Whether destroying the database's volume takes a snapshot first."
  type        = bool
  default     = true
}
