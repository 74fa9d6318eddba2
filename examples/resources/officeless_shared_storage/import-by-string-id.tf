import {
  to = officeless_shared_storage.this
  id = "fs-0123456789abcdef0"
}
