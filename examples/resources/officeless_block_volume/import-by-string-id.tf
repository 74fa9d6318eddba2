import {
  to = officeless_block_volume.postgres
  id = "vol-0123456789abcdef0"
}
