# The cluster is not made here: it is there before its storage. This unit stands for the one that makes
# it, so that the others can depend on it, and is itself never run.

include "root" {
  path = find_in_parent_folders("root.hcl")
}

exclude {
  if      = true
  actions = ["all"]
}
