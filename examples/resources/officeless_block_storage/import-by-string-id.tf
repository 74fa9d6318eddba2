import {
  to = officeless_block_storage.this
  id = "production-cluster/aws-ebs-csi-driver"
}
