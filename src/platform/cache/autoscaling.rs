//! What Application Auto Scaling can do for a cache, and for which.
//!
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoScaling.html>

use super::{NodeType, Version};

/// What is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// Shards.
    NodeGroups,
    /// Replicas of each shard.
    Replicas,
}

impl Dimension {
    /// Both.
    pub const ALL: [Self; 2] = [Self::NodeGroups, Self::Replicas];

    /// The spelling in configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NodeGroups => "NodeGroups",
            Self::Replicas => "Replicas",
        }
    }

    /// Reads the configuration spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.as_str() == text)
    }

    /// AWS's name of it.
    pub const fn scalable_dimension(self) -> &'static str {
        match self {
            Self::NodeGroups => "elasticache:replication-group:NodeGroups",
            Self::Replicas => "elasticache:replication-group:Replicas",
        }
    }

    /// The attribute that says the count when nothing scales it.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::NodeGroups => "num_node_groups",
            Self::Replicas => "replicas_per_node_group",
        }
    }

    /// The metric it is scaled by where nothing else is said.
    pub const fn metric(self) -> &'static str {
        match self {
            Self::NodeGroups => "ElastiCachePrimaryEngineCPUUtilization",
            Self::Replicas => "ElastiCacheReplicaEngineCPUUtilization",
        }
    }

    /// Between which counts AWS scales.
    pub const fn range(self) -> (i64, i64) {
        match self {
            Self::NodeGroups => (1, 500),
            Self::Replicas => (1, 5),
        }
    }
}

/// The metrics a cache can be scaled by.
pub const METRICS: &[&str] = &[
    "ElastiCachePrimaryEngineCPUUtilization",
    "ElastiCacheReplicaEngineCPUUtilization",
    MEMORY,
    CAPACITY,
];

/// The metric that nodes with disks do not have: their memory is full by design.
const MEMORY: &str = "ElastiCacheDatabaseMemoryUsageCountedForEvictPercentage";

/// The metric that counts memory and disks.
pub const CAPACITY: &str = "ElastiCacheDatabaseCapacityUsageCountedForEvictPercentage";

/// Seconds between two scalings where nothing else is said: AWS's own pause.
pub const COOLDOWN: i64 = 600;

/// Between which percentages AWS takes a target.
pub const TARGET_RANGE: (i64, i64) = (35, 70);

/// Whether this metric can scale this dimension: replicas follow the load of replicas, shards that
/// of primaries and memory.
pub fn metric_suits(metric: &str, dimension: Dimension) -> bool {
    (metric == "ElastiCacheReplicaEngineCPUUtilization") == (dimension == Dimension::Replicas)
}

/// Whether nodes of this type are measured so.
pub fn node_type_has(metric: &str, node_type: &NodeType) -> bool {
    metric != MEMORY || !node_type.tiers_data()
}

const FAMILIES: &[&str] = &["r7g", "r6g", "r6gd", "r5", "m7g", "m6g", "m5", "c7gn"];
const SIZES: &[&str] = &["large", "xlarge", "2xlarge"];

/// Why a cache cannot be scaled automatically.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsuited {
    /// The family of its node type.
    #[error(
        "autoscaling takes node types of the families {}, and {family} is none of them",
        FAMILIES.join(", ")
    )]
    Family {
        /// The family.
        family: String,
    },
    /// The size of its node type.
    #[error("autoscaling takes nodes of the sizes {}, and {size} is none of them", SIZES.join(", "))]
    Size {
        /// The size.
        size: String,
    },
    /// Its engine.
    #[error("autoscaling takes Valkey 7.2 and later, and the version is {version}")]
    Version {
        /// The version.
        version: Version,
    },
}

/// Why a cache of this node type and version cannot be scaled automatically, if it cannot.
pub fn unsuited(node_type: Option<&NodeType>, version: Option<Version>) -> Option<Unsuited> {
    if let Some(NodeType { family, size }) = node_type {
        if !FAMILIES.contains(&family.as_str()) {
            return Some(Unsuited::Family { family: family.clone() });
        }
        if !SIZES.contains(&size.as_str()) {
            return Some(Unsuited::Size { size: size.clone() });
        }
    }
    version.filter(|version| *version < Version::FIRST).map(|version| Unsuited::Version { version })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(node_type: &str) -> Option<String> {
        let node_type = node_type.parse::<NodeType>().unwrap();
        unsuited(Some(&node_type), Some(Version::FIRST)).map(|reason| reason.to_string())
    }

    #[test]
    fn families_and_sizes_are_checked() {
        assert_eq!(judged("cache.r7g.large"), None);
        assert_eq!(judged("cache.c7gn.2xlarge"), None);
        assert!(judged("cache.t4g.small").unwrap().contains("and t4g is none of them"));
        assert!(judged("cache.r7g.4xlarge").unwrap().contains("and 4xlarge is none of them"));
        let old = unsuited(None, Some(Version { major: 7, minor: 1 })).unwrap();
        assert_eq!(
            old.to_string(),
            "autoscaling takes Valkey 7.2 and later, and the version is 7.1"
        );
    }

    #[test]
    fn nodes_with_disks_have_no_metric_of_memory_alone() {
        let node_type = |text: &str| text.parse::<NodeType>().unwrap();
        assert!(node_type_has(MEMORY, &node_type("cache.r7g.large")));
        assert!(!node_type_has(MEMORY, &node_type("cache.r6gd.xlarge")));
        assert!(node_type_has(CAPACITY, &node_type("cache.r6gd.xlarge")));
    }

    #[test]
    fn replicas_follow_the_load_of_replicas() {
        assert!(metric_suits("ElastiCacheReplicaEngineCPUUtilization", Dimension::Replicas));
        assert!(metric_suits("ElastiCachePrimaryEngineCPUUtilization", Dimension::NodeGroups));
        assert!(!metric_suits("ElastiCachePrimaryEngineCPUUtilization", Dimension::Replicas));
        assert!(!metric_suits("ElastiCacheReplicaEngineCPUUtilization", Dimension::NodeGroups));
    }
}
