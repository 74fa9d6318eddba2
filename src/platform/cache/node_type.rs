//! Node types: `cache.<family>.<size>`.

use std::str::FromStr;

/// A node type in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeType {
    /// Such as `r7g`.
    pub family: String,
    /// Such as `large`.
    pub size: String,
}

impl NodeType {
    /// Whether nodes of this type keep rarely used data on their disks.
    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/data-tiering.html>
    pub fn tiers_data(&self) -> bool {
        self.family == "r6gd"
    }

    /// Whether nodes of this type can be backed up: `t1` ones cannot.
    pub fn takes_snapshots(&self) -> bool {
        self.family != "t1"
    }
}

impl FromStr for NodeType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let word = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        match text.split('.').collect::<Vec<_>>().as_slice() {
            ["cache", family, size] if word(family) && word(size) => {
                Ok(Self { family: (*family).to_owned(), size: (*size).to_owned() })
            }
            _ => Err("must be a node type such as cache.r7g.large".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_type_has_three_parts() {
        let node = "cache.r6gd.2xlarge".parse::<NodeType>().unwrap();
        assert_eq!((&*node.family, &*node.size), ("r6gd", "2xlarge"));
        assert!(node.tiers_data());
        for text in ["r7g.large", "cache.r7g", "cache..large", "cache.R7g.large", "db.r7g.large"] {
            assert!(text.parse::<NodeType>().is_err(), "{text}");
        }
    }
}
