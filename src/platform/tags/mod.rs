//! Tags: what is written on every object, and what of it the practitioner sees.
//!
//! Two keys are the provider's own. [`RESOURCE`] says which composite an object belongs to, so
//! that adoption and destroy never touch a stranger's object. [`CREATING`] is there from the
//! create call until the composite's last step, so that an object left behind by a crash is told
//! from a finished one, which is never adopted. Its value is a [`Claim`], by which an object that
//! was left behind is told from one that another create is still at work at. Both are hidden from
//! `tags` and `tags_all`.

mod claim;

pub use claim::{ABANDONED, Claim, Creator, told};

use std::collections::{BTreeMap, BTreeSet};

use super::naming::cut_with_hash;

/// Tags by key. Ordered, so that every document and call is the same each time.
pub type Tags = BTreeMap<String, String>;

/// The key that names the owner, with the value `<kind>/<name>`.
pub const RESOURCE: &str = "officeless:resource";
/// The key that marks an object whose create has not completed. Its value is a [`Claim`].
pub const CREATING: &str = "officeless:creating";
/// The key that names the EKS cluster an object serves.
pub const CLUSTER: &str = "officeless:cluster";
/// The key that names an access point of a shared storage.
pub const ACCESS_POINT: &str = "officeless:access-point";
/// The key on an unfinished shared storage whose replica AWS makes for it: [`REPLICA_MADE`], and once
/// the two are parted, which one it is, as `fs-0123@eu-west-1`.
pub const REPLICA: &str = "officeless:replica";
/// The value of [`REPLICA`] while the replication tells the rest.
pub const REPLICA_MADE: &str = "made";
/// The key that `officeless_backup_plan` selects by: the practitioner's to set.
pub const BACKUP: &str = "officeless:backup";

/// The key on a final snapshot that names the volume it was taken of.
pub const FINAL_SNAPSHOT_OF: &str = "officeless:final-snapshot-of";
/// The key without which the EBS CSI driver may not touch a volume under AWS's policies for it.
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEBSCSIDriverPolicyV2.html>
pub const EBS_CSI: &str = "ebs.csi.aws.com/cluster";
/// The value of [`EBS_CSI`].
pub const EBS_CSI_VALUE: &str = "true";
/// The key that names the cluster whose driver may touch a volume, under the policy scoped to one.
pub const EBS_CSI_CLUSTER: &str = "ebs.csi.aws.com/cluster-name";

const PLATFORM_PREFIX: &str = "officeless:";
const AWS_PREFIX: &str = "aws:";

/// Limits shared by EFS, S3, IAM, EKS, EC2 and ElastiCache.
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
const MAX_TAGS: usize = 50;
const MAX_KEY_LENGTH: usize = 128;
const MAX_VALUE_LENGTH: usize = 256;
/// Beyond letters, digits and spaces; IAM and EFS accept no more than these.
const PUNCTUATION: &str = "_.:/=+-@";

/// The provider's own keys.
const PLATFORM_KEYS: [&str; 2] = [RESOURCE, CREATING];

/// Why tags are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagProblem {
    /// More than AWS takes, with the provider's own.
    #[error(
        "{count} tags are too many: AWS takes 50 on an object, and the provider writes {reserved} \
         of its own, so remove {} from tags or from the provider's default_tags",
        count + reserved - MAX_TAGS
    )]
    TooMany {
        /// How many tags and default tags make.
        count: usize,
        /// How many the provider adds.
        reserved: usize,
    },
    /// An empty key.
    #[error("a tag with the value \"{value}\" has an empty key; give it a key")]
    EmptyKey {
        /// The tag's value.
        value: String,
    },
    /// A key above 128 characters.
    #[error("tag key \"{key}\" has {length} characters; AWS takes at most 128, so shorten it")]
    KeyTooLong {
        /// The key.
        key: String,
        /// Its length.
        length: usize,
    },
    /// A value above 256 characters.
    #[error(
        "the value of tag \"{key}\" has {length} characters; AWS takes at most 256, so shorten it"
    )]
    ValueTooLong {
        /// The key.
        key: String,
        /// The value's length.
        length: usize,
    },
    /// A character that IAM or EFS refuses.
    #[error(
        "tag \"{key}\" contains '{character}'; use letters, digits, spaces and _.:/=+-@ in keys \
         and values, which is what every AWS service takes"
    )]
    Character {
        /// The key.
        key: String,
        /// The first such character.
        character: char,
    },
    /// A key that AWS keeps for itself.
    #[error("tag key \"{key}\" begins with \"aws:\", which AWS reserves; choose another key")]
    AwsKey {
        /// The key.
        key: String,
    },
    /// A key that the provider keeps for itself.
    #[error(
        "tag key \"{key}\" begins with \"officeless:\", which this provider reserves (all but \
         \"officeless:backup\"); choose another key"
    )]
    PlatformKey {
        /// The key.
        key: String,
    },
}

/// The composite an object belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner<'a> {
    /// The kind of resource without the provider's prefix, such as `shared_storage`.
    pub kind: &'a str,
    /// The resource's own name.
    pub name: &'a str,
}

impl Owner<'_> {
    /// The value of [`RESOURCE`]: `<kind>/<name>`, within the limit and the character set of a
    /// tag value. Names that had to be changed carry a hash and stay distinct.
    pub fn value(self) -> String {
        let full = format!("{}/{}", self.kind, self.name);
        let clean: String = full.chars().map(|c| if is_allowed(c) { c } else { '-' }).collect();
        if clean == full {
            return cut_with_hash(&full, MAX_VALUE_LENGTH);
        }
        cut_with_hash(&format!("{clean}{}", cut_with_hash(&full, 0)), MAX_VALUE_LENGTH)
    }
}

/// Keys that somebody else owns: neither shown, written nor removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoreRules {
    /// Whole keys.
    pub keys: BTreeSet<String>,
    /// Beginnings of keys.
    pub key_prefixes: BTreeSet<String>,
}

impl IgnoreRules {
    /// Whether `key` is somebody else's.
    pub fn ignores(&self, key: &str) -> bool {
        self.keys.contains(key) || self.key_prefixes.iter().any(|p| key.starts_with(p.as_str()))
    }
}

/// `tags_all`: the provider's default tags with the resource's own over them, less ignored keys.
pub fn merge(default_tags: &Tags, tags: &Tags, ignore: &IgnoreRules) -> Tags {
    let mut all = default_tags.clone();
    all.extend(tags.clone());
    all.retain(|key, _| !ignore.ignores(key));
    all
}

/// The tags to write: `tags_all` with the ownership tag, and the creation marker, with this value,
/// while the create is under way.
pub fn written(tags_all: &Tags, owner: Owner<'_>, marker: Option<&str>) -> Tags {
    let mut written = tags_all.clone();
    written.insert(RESOURCE.to_owned(), owner.value());
    if let Some(marker) = marker {
        written.insert(CREATING.to_owned(), marker.to_owned());
    }
    written
}

/// The creation marker among the tags found on an object: what keeps it as it is.
pub fn marker(found: &Tags) -> Option<&str> {
    found.get(CREATING).map(String::as_str)
}

/// Checks tags before anything is written. `reserved` counts the tags that the resource adds
/// beside [`RESOURCE`] and [`CREATING`], such as `Name`.
pub fn check(tags_all: &Tags, reserved: usize) -> Result<(), TagProblem> {
    for (key, value) in tags_all {
        check_one(key, value)?;
    }
    let reserved = reserved + PLATFORM_KEYS.len();
    if tags_all.len() + reserved > MAX_TAGS {
        return Err(TagProblem::TooMany { count: tags_all.len(), reserved });
    }
    Ok(())
}

fn check_one(key: &str, value: &str) -> Result<(), TagProblem> {
    let owned = || key.to_owned();
    if key.is_empty() {
        return Err(TagProblem::EmptyKey { value: value.to_owned() });
    }
    let length = key.chars().count();
    if length > MAX_KEY_LENGTH {
        return Err(TagProblem::KeyTooLong { key: owned(), length });
    }
    let length = value.chars().count();
    if length > MAX_VALUE_LENGTH {
        return Err(TagProblem::ValueTooLong { key: owned(), length });
    }
    if let Some(character) = key.chars().chain(value.chars()).find(|c| !is_allowed(*c)) {
        return Err(TagProblem::Character { key: owned(), character });
    }
    if key.to_ascii_lowercase().starts_with(AWS_PREFIX) {
        return Err(TagProblem::AwsKey { key: owned() });
    }
    if key.starts_with(PLATFORM_PREFIX) && key != BACKUP {
        return Err(TagProblem::PlatformKey { key: owned() });
    }
    Ok(())
}

/// What the tags found on an object mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// What the practitioner sees as `tags_all`.
    pub tags_all: Tags,
    /// The value of [`RESOURCE`], if the object carries one.
    pub owner: Option<String>,
    /// The value of [`CREATING`], if the object carries one.
    pub marker: Option<String>,
}

impl Observed {
    /// Reads the tags found on an object. `own_keys` are keys that the resource shows by another
    /// attribute, such as `Name`.
    pub fn read(found: &Tags, ignore: &IgnoreRules, own_keys: &[&str]) -> Self {
        let visible = |key: &str| {
            !is_foreign(key, ignore) && !PLATFORM_KEYS.contains(&key) && !own_keys.contains(&key)
        };
        Self {
            tags_all: found
                .iter()
                .filter(|(key, _)| visible(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            owner: found.get(RESOURCE).cloned(),
            marker: found.get(CREATING).cloned(),
        }
    }

    /// What the practitioner sees as `tags`: without the default tags, unless the resource's own
    /// configuration (`prior`) repeats them.
    pub fn tags(&self, default_tags: &Tags, prior: &Tags) -> Tags {
        let from_defaults = |key: &String, value: &String| {
            default_tags.get(key) == Some(value) && !prior.contains_key(key)
        };
        self.tags_all
            .iter()
            .filter(|(key, value)| !from_defaults(key, value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Whether the object was made for `owner`.
    pub fn is_owned_by(&self, owner: Owner<'_>) -> bool {
        self.owner.as_deref() == Some(owner.value().as_str())
    }

    /// The creation marker of an object that was made for `owner` and never completed: only such a
    /// one may be taken over, and only when nobody is at work at it.
    pub fn unfinished_of(&self, owner: Owner<'_>) -> Option<&str> {
        self.marker.as_deref().filter(|_| self.is_owned_by(owner))
    }
}

/// The calls that bring tags from found to wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagChanges {
    /// Tags to write.
    pub put: Tags,
    /// Keys to remove.
    pub remove: Vec<String>,
}

impl TagChanges {
    /// Compares the tags found on an object with those it should carry. Ignored keys and those of
    /// AWS are left as they are.
    pub fn between(found: &Tags, wanted: &Tags, ignore: &IgnoreRules) -> Self {
        let put = wanted
            .iter()
            .filter(|(key, value)| found.get(*key) != Some(value) && !is_foreign(key, ignore))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let remove = found
            .keys()
            .filter(|key| !wanted.contains_key(*key) && !is_foreign(key, ignore))
            .cloned()
            .collect();
        Self { put, remove }
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.remove.is_empty()
    }
}

fn is_foreign(key: &str, ignore: &IgnoreRules) -> bool {
    key.starts_with(AWS_PREFIX) || ignore.ignores(key)
}

fn is_allowed(character: char) -> bool {
    character.is_alphanumeric() || character == ' ' || PUNCTUATION.contains(character)
}

#[cfg(test)]
mod tests;
