variable "cluster_name" {
  description = "EKS cluster that uses the storage."
  type        = string
  default     = "demo"
}

variable "name_prefix" {
  description = "Begins the bucket names, which are unique among all AWS accounts."
  type        = string
  default     = "officeless-demo"
}
