//! What the observability buckets ask of AWS.

use crate::platform::permissions::Grant;
use crate::resources::bucket::permissions::{BUCKET, EMPTYING};
use crate::resources::workload_access::permissions::{association, inline_policies, role};

/// All of it.
pub const PERMISSIONS: &[Grant] = &[
    BUCKET,
    role("with a cluster"),
    inline_policies("with a cluster"),
    association("with a cluster"),
    EMPTYING,
];
