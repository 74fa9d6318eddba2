# From a snapshot: never smaller than it is.
resource "officeless_block_volume" "restored" {
  name              = "postgres-restored"
  availability_zone = "us-east-1a"
  size              = 300

  snapshot_id                = "snap-0123456789abcdef0"
  volume_initialization_rate = 200
}
