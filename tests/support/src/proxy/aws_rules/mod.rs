//! What AWS does and the emulator does not: the one table of corrections, always on.
//!
//! Each row says what AWS does. A row either answers instead of the emulator or changes its answer.
//! Nothing here makes the emulator stricter or laxer than AWS; faults are for that.

mod addons;
mod autoscaling;
mod backup;
mod ebs;
mod ec2;
mod efs;
mod eks;
mod elasticache;
mod s3;
mod s3_refusals;
mod tags;

pub use elasticache::Caches;

use super::call::Call;
use super::lock;
use super::reply::Reply;
use crate::aws::{Answer, Aws};
use anyhow::Result;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

/// One correction.
pub struct Rule {
    /// The signing name of the service.
    pub service: &'static str,
    /// The operations it looks at; none means all of the service.
    pub operations: &'static [&'static str],
    /// What AWS does.
    pub aws: &'static str,
    apply: Apply,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rule({} {:?}: {})", self.service, self.operations, self.aws)
    }
}

type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

enum Apply {
    /// Answers instead of the emulator, or lets the call pass.
    Instead(for<'a> fn(Exchange<'a>) -> Pending<'a, Option<Reply>>),
    /// Changes the emulator's answer.
    After(for<'a> fn(Exchange<'a>, Reply) -> Pending<'a, Reply>),
}

/// What a rule sees: the call, what rules remember, and a way to ask the emulator as the same account.
#[derive(Clone, Copy)]
pub(super) struct Exchange<'a> {
    pub(super) call: &'a Call,
    pub(super) memory: &'a Memory,
    pub(super) aws: &'a Aws,
}

/// What rules remember. Keys begin with what makes them unique: account and region, or the bucket.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Access key of an assumed role to its account.
    keys: Mutex<HashMap<String, String>>,
    /// Account, region and token to the id of the access point.
    access_points: Mutex<HashMap<String, String>>,
    /// Account, region and token to the first answer.
    associations: Mutex<HashMap<String, Reply>>,
    /// Association to the members that were taken away from it.
    taken_away: Mutex<HashMap<String, HashSet<&'static str>>>,
    /// ARN of an association to its tags, once they were changed.
    association_tags: Mutex<HashMap<String, Map<String, Value>>>,
    /// Bucket to its owner.
    owners: Mutex<HashMap<String, String>>,
    /// Bucket, sub-resource and id to a document the emulator cannot keep.
    documents: Mutex<HashMap<(String, String, String), String>>,
    /// Bucket to the default minimum object size of its lifecycle.
    minimum_sizes: Mutex<HashMap<String, String>>,
    /// EBS volumes and snapshots.
    volumes: Mutex<ebs::Volumes>,
    /// EKS add-ons.
    addons: Mutex<addons::Addons>,
    /// Account and region to what `ElastiCache` holds; locked before [`Self::scaling`].
    pub(super) caches: Mutex<HashMap<(String, String), elasticache::Cloud>>,
    /// Account and region to what Application Auto Scaling holds.
    scaling: Mutex<HashMap<(String, String), autoscaling::Scaling>>,
    /// What AWS Backup has and the emulator has not.
    backup: Mutex<backup::State>,
}

impl Memory {
    /// The account behind an access key that is no account itself.
    pub(super) fn account_of(&self, key: &str) -> Option<String> {
        if key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // Any other key is root of the emulator's own account.
        Some(lock(&self.keys).get(key).cloned().unwrap_or_else(|| "123456789012".to_owned()))
    }
}

/// Every correction, by service. Of several rules that answer, the first does.
pub const RULES: &[Rule] = &[
    Rule {
        service: "backup",
        operations: &[],
        aws: "What does not exist, or exists already, is answered with 400; a vault that does not \
              exist is described with 403 AccessDeniedException.",
        apply: Apply::After(backup::correct_status),
    },
    Rule {
        service: "backup",
        operations: &["CreateBackupVault", "CreateBackupPlan", "CreateBackupSelection"],
        aws: "A creator request id of at most 50 characters is answered with the first answer.",
        apply: Apply::Instead(backup::repeat_request),
    },
    Rule {
        service: "backup",
        operations: &["CreateBackupVault", "CreateBackupPlan", "CreateBackupSelection"],
        aws: "The creator request id belongs to the object as long as that exists.",
        apply: Apply::After(backup::remember_request),
    },
    Rule {
        service: "backup",
        operations: &["DeleteBackupVault", "DeleteBackupPlan", "DeleteBackupSelection"],
        aws: "With an object its request id goes, and with a vault its lock.",
        apply: Apply::After(backup::forget_request),
    },
    Rule {
        service: "backup",
        operations: &["CreateBackupSelection"],
        aws: "The role must exist and be assumable: InvalidParameterValueException otherwise.",
        apply: Apply::Instead(backup::assume_role),
    },
    Rule {
        service: "backup",
        operations: &["DeleteBackupPlan"],
        aws: "A plan with selections is kept: InvalidRequestException.",
        apply: Apply::Instead(backup::keep_plan_with_selections),
    },
    Rule {
        service: "backup",
        operations: &["DeleteBackupVault"],
        aws: "A vault with recovery points is kept: InvalidRequestException.",
        apply: Apply::Instead(backup::keep_full_vault),
    },
    Rule {
        service: "backup",
        operations: &["DescribeBackupVault"],
        aws: "A vault shows its key, by default the account's aws/backup, its lock and how many \
              recovery points it holds.",
        apply: Apply::After(backup::complete_vault),
    },
    Rule {
        service: "backup",
        operations: &["GetBackupPlan"],
        aws: "A rule has an id, and AWS's windows and time zone where none were given.",
        apply: Apply::After(backup::complete_plan),
    },
    Rule {
        service: "backup",
        operations: &["PutBackupVaultLockConfiguration"],
        aws: "A lock is kept until its lock date, and cannot be changed afterwards.",
        apply: Apply::Instead(backup::lock_vault),
    },
    Rule {
        service: "backup",
        operations: &["DeleteBackupVaultLockConfiguration"],
        aws: "A lock can be removed until its lock date.",
        apply: Apply::Instead(backup::unlock_vault),
    },
    Rule {
        service: "backup",
        operations: &["ListRecoveryPointsByBackupVault"],
        aws: "Recovery points are listed; those that are being deleted for a while too.",
        apply: Apply::After(backup::list_points),
    },
    Rule {
        service: "backup",
        operations: &["DeleteRecoveryPoint"],
        aws: "Answered at once, done later; without the role the point stays, EXPIRED; under a \
              lock it is refused.",
        apply: Apply::Instead(backup::delete_point),
    },
    Rule {
        service: "backup",
        operations: &["DescribeRegionSettings", "UpdateRegionSettings"],
        aws: "The opt-in by resource type is kept and told.",
        apply: Apply::Instead(backup::keep_settings),
    },
    Rule {
        service: "elasticfilesystem",
        operations: &["CreateFileSystem"],
        aws: "A creation token in use is answered with 409 FileSystemAlreadyExists and the FileSystemId.",
        apply: Apply::Instead(efs::refuse_used_creation_token),
    },
    Rule {
        service: "elasticfilesystem",
        operations: &["CreateFileSystem"],
        aws: "Backup=true turns automatic backups on.",
        apply: Apply::After(efs::turn_backup_on),
    },
    Rule {
        service: "elasticfilesystem",
        operations: &["CreateFileSystem", "UpdateFileSystem", "DescribeFileSystems"],
        aws: "KmsKeyId is the ARN of a key, by default of the account's aws/elasticfilesystem key; a \
              provisioned figure is shown in provisioned mode only; no Name without a Name tag.",
        apply: Apply::After(efs::complete_file_systems),
    },
    Rule {
        service: "elasticfilesystem",
        operations: &["UntagResource"],
        aws: "All tag keys of the call are removed, not only the first.",
        apply: Apply::Instead(tags::untag_every_key),
    },
    Rule {
        service: "elasticfilesystem",
        operations: &["CreateAccessPoint"],
        aws: "A client token in use is answered with 409 AccessPointAlreadyExists and the AccessPointId.",
        apply: Apply::Instead(efs::refuse_used_client_token),
    },
    Rule {
        service: "elasticfilesystem",
        operations: &["CreateAccessPoint"],
        aws: "The client token belongs to the access point as long as that exists.",
        apply: Apply::After(efs::remember_client_token),
    },
    Rule {
        service: "elasticfilesystem",
        operations: &["CreateAccessPoint", "DescribeAccessPoints"],
        aws: "PosixUser and Name are absent when not set; an unknown id is AccessPointNotFound or \
              FileSystemNotFound, not an empty list.",
        apply: Apply::After(efs::complete_access_points),
    },
    Rule {
        service: "elasticfilesystem",
        operations: &["DeleteFileSystem"],
        aws: "Access points go with their file system.",
        apply: Apply::After(efs::delete_access_points),
    },
    Rule {
        service: "s3",
        operations: &[],
        aws: "An unknown sub-resource is NotImplemented; it never creates or deletes the bucket.",
        apply: Apply::Instead(s3::refuse_unknown),
    },
    Rule {
        service: "s3",
        operations: &[],
        aws: "x-amz-expected-bucket-owner: AccessDenied when the bucket belongs to another account.",
        apply: Apply::Instead(s3::check_expected_owner),
    },
    Rule {
        service: "s3",
        operations: &["PutBucketVersioning"],
        aws: "409 InvalidBucketState when versioning is suspended under object lock or a replication.",
        apply: Apply::Instead(s3_refusals::keep_versioning),
    },
    Rule {
        service: "s3",
        operations: &["DeleteObjects"],
        aws: "More than 1,000 keys in one call are MalformedXML.",
        apply: Apply::Instead(s3_refusals::limit_keys),
    },
    Rule {
        service: "s3",
        operations: &["PutBucketLogging"],
        aws: "A target bucket that does not exist is InvalidTargetBucketForLogging.",
        apply: Apply::Instead(s3_refusals::log_into_existing),
    },
    Rule {
        service: "s3",
        operations: &["PutBucketReplication"],
        aws: "A destination bucket that does not exist is InvalidRequest.",
        apply: Apply::Instead(s3_refusals::copy_into_existing),
    },
    Rule {
        service: "s3",
        operations: &["PutBucketLifecycleConfiguration"],
        aws: "Two rules of one ID are InvalidArgument.",
        apply: Apply::Instead(s3_refusals::tell_rules_apart),
    },
    Rule {
        service: "s3",
        operations: &["PutBucketNotificationConfiguration"],
        aws: "An event that S3 does not know is InvalidArgument.",
        apply: Apply::Instead(s3_refusals::know_events),
    },
    Rule {
        service: "s3",
        operations: &["CreateBucket"],
        aws: "Creating one's own bucket again in us-east-1 leaves its settings as they are.",
        apply: Apply::Instead(s3::note_existing_bucket),
    },
    Rule {
        service: "s3",
        operations: &["CreateBucket"],
        aws: "A new bucket blocks all public access (since April 2023).",
        apply: Apply::After(s3::block_public_access),
    },
    Rule {
        service: "s3",
        operations: &["DeleteBucket"],
        aws: "A bucket's settings go with it.",
        apply: Apply::After(s3::forget_bucket),
    },
    Rule {
        service: "s3",
        operations: &[
            "PutBucketLifecycleConfiguration",
            "GetBucketLifecycleConfiguration",
            "DeleteBucketLifecycle",
        ],
        aws: "x-amz-transition-default-minimum-object-size is kept and told, by default \
              all_storage_classes_128K.",
        apply: Apply::After(s3::keep_minimum_object_size),
    },
    Rule {
        service: "s3",
        operations: &["GetBucketPolicyStatus"],
        aws: "A policy is public if a statement allows everyone without a condition.",
        apply: Apply::Instead(s3::policy_status),
    },
    Rule {
        service: "s3",
        operations: &[],
        aws: "Intelligent tiering, metrics, inventory, analytics and request payment are kept.",
        apply: Apply::Instead(s3::keep_document),
    },
    Rule {
        service: "eks",
        operations: &["DescribeCluster"],
        aws: "The cluster's security group exists in EC2, and vpcId is that group's VPC.",
        apply: Apply::After(eks::name_cluster_group),
    },
    Rule {
        service: "eks",
        operations: &["CreatePodIdentityAssociation"],
        aws: "A client token in use is answered with the first answer.",
        apply: Apply::Instead(eks::repeat_first_answer),
    },
    Rule {
        service: "eks",
        operations: &["CreatePodIdentityAssociation", "DeletePodIdentityAssociation"],
        aws: "The client token belongs to the association as long as that exists.",
        apply: Apply::After(eks::remember_association),
    },
    Rule {
        service: "eks",
        operations: &["DescribeAddonVersions"],
        aws: "The versions of each add-on with the Kubernetes versions they run on.",
        apply: Apply::Instead(addons::tell_versions),
    },
    Rule {
        service: "eks",
        operations: &["DescribeAddonConfiguration"],
        aws: "The JSON schema of a version's configuration values.",
        apply: Apply::Instead(addons::tell_configuration),
    },
    Rule {
        service: "eks",
        operations: &["CreateAddon"],
        aws: "An add-on is CREATING first and owns a Pod Identity association for each it was given, \
              told by ARN; a client token in use is answered with the first answer; a version that \
              is not offered is refused.",
        apply: Apply::Instead(addons::create_addon),
    },
    Rule {
        service: "eks",
        operations: &["UpdateAddon"],
        aws: "An add-on is UPDATING first, and takes no second update meanwhile; associations given \
              replace those it has, an empty list removes them, none leaves them.",
        apply: Apply::Instead(addons::update_addon),
    },
    Rule {
        service: "eks",
        operations: &["DescribeAddon"],
        aws: "A deleted add-on is DELETING first.",
        apply: Apply::Instead(addons::tell_deleting),
    },
    Rule {
        service: "eks",
        operations: &["DescribeAddon"],
        aws: "Associations by ARN, the namespace, the tags as TagResource left them.",
        apply: Apply::After(addons::complete_addon),
    },
    Rule {
        service: "eks",
        operations: &["DeleteAddon"],
        aws: "The associations of an add-on go with it, unless its software is preserved.",
        apply: Apply::After(addons::delete_addon),
    },
    Rule {
        service: "eks",
        operations: &["DescribePodIdentityAssociation", "ListPodIdentityAssociations"],
        aws: "An association of an add-on names it as its owner.",
        apply: Apply::After(addons::name_owner),
    },
    Rule {
        service: "ec2",
        operations: &["CreateVolume"],
        aws: "A client token in use is answered with the first answer, also when that volume is gone; \
              with other parameters it is IdempotentParameterMismatch.",
        apply: Apply::Instead(ebs::repeat_first_volume),
    },
    Rule {
        service: "ec2",
        operations: &["CreateVolume"],
        aws: "Refused: an unknown zone or snapshot, figures no gp3 volume has, less than the snapshot.",
        apply: Apply::Instead(ebs::refuse_impossible_volume),
    },
    Rule {
        service: "ec2",
        operations: &["CreateVolume"],
        aws: "Throughput, key and initialization rate are kept; the volume is creating first. A key \
              that does not exist is found out afterwards: the volume ends in state error.",
        apply: Apply::After(ebs::keep_volume),
    },
    Rule {
        service: "ec2",
        operations: &["DescribeVolumes"],
        aws: "Throughput, key and initialization rate are told; the figures of a modification hold \
              from optimizing on.",
        apply: Apply::After(ebs::complete_volumes),
    },
    Rule {
        service: "ec2",
        operations: &["ModifyVolume"],
        aws: "Refused: a smaller size, figures no gp3 volume has, a modification while another is not \
              completed (IncorrectModificationState), a fifth within 24 hours \
              (VolumeModificationRateExceeded). Original and target figures are told.",
        apply: Apply::Instead(ebs::modify_volume),
    },
    Rule {
        service: "ec2",
        operations: &["DescribeVolumesModifications"],
        aws: "A modification is modifying, optimizing and then completed; a volume without one is \
              InvalidVolumeModification.NotFound.",
        apply: Apply::Instead(ebs::tell_modifications),
    },
    Rule {
        service: "ec2",
        operations: &["DeleteVolume"],
        aws: "Modifications go with their volume, its client token does not.",
        apply: Apply::After(ebs::forget_volume),
    },
    Rule {
        service: "ec2",
        operations: &["CreateSnapshot", "DescribeSnapshots"],
        aws: "A new snapshot is pending first.",
        apply: Apply::After(ebs::keep_snapshot_pending),
    },
    Rule {
        service: "ec2",
        operations: &["GetEbsEncryptionByDefault"],
        aws: "Off in a new account.",
        apply: Apply::Instead(ebs::encryption_by_default),
    },
    Rule {
        service: "eks",
        operations: &["CreatePodIdentityAssociation", "UpdatePodIdentityAssociation"],
        aws: "A session policy needs disableSessionTags.",
        apply: Apply::Instead(eks::refuse_tagged_policy),
    },
    Rule {
        service: "eks",
        operations: &["DescribePodIdentityAssociation", "UpdatePodIdentityAssociation"],
        aws: "An empty target role or policy takes the former away, and the external id with the \
              target role.",
        apply: Apply::After(eks::take_session_settings_away),
    },
    Rule {
        service: "eks",
        operations: &["TagResource", "UntagResource", "ListTagsForResource"],
        aws: "Pod Identity associations can be tagged.",
        apply: Apply::Instead(eks::tag_association),
    },
    Rule {
        service: "eks",
        operations: &["UntagResource"],
        aws: "All tag keys of the call are removed, not only the first.",
        apply: Apply::Instead(tags::untag_every_key),
    },
    Rule {
        service: "eks",
        operations: &["DescribePodIdentityAssociation", "UpdatePodIdentityAssociation"],
        aws: "An association is told with the tags it has now.",
        apply: Apply::After(eks::tell_association_tags),
    },
    Rule {
        service: "ec2",
        operations: &["AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"],
        aws: "A rule that exists is InvalidPermission.Duplicate.",
        apply: Apply::Instead(ec2::refuse_duplicate_rule),
    },
    Rule {
        service: "ec2",
        operations: &["RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress"],
        aws: "A rule that does not exist is InvalidPermission.NotFound, by id \
              InvalidSecurityGroupRuleId.NotFound.",
        apply: Apply::Instead(ec2::refuse_absent_rule),
    },
    Rule {
        service: "ec2",
        operations: &["DeleteSecurityGroup", "DeleteSubnet"],
        aws: "DependencyViolation while a mount target or a cache uses it, or a rule of another group \
              names it.",
        apply: Apply::Instead(ec2::refuse_while_used),
    },
    Rule {
        service: "ec2",
        operations: &[],
        aws: "A well-formed id of no security group is InvalidGroup.NotFound.",
        apply: Apply::After(ec2::group_not_found),
    },
    scaling(
        &["DescribeReplicationGroups", "DescribeCacheClusters"],
        "Limits that leave the present count outside scale the group at once, or when it is available.",
    ),
    cache(
        &["CreateReplicationGroup"],
        "Id in lower case, ReplicationGroupAlreadyExists; version by major and minor, newest by \
         default; shards 1 to 90, nodes 1 to 6, multi-AZ needs failover, failover a replica, cluster \
         mode failover; parameter group of the version's family and of the cluster mode; token and \
         user groups need TLS and exclude each other; windows of an hour that do not meet; \
         CacheSubnetGroupNotFoundFault is HTTP 400.",
    ),
    cache(
        &["DescribeReplicationGroups", "DescribeCacheClusters"],
        "A change shows its state for several reads, and what is to come in PendingModifiedValues; \
         members are id-001, with shards id-0001-001; version, port, security groups, subnet and \
         parameter group, maintenance window and topic are told by members only; unknown ids are 404.",
    ),
    cache(
        &["ModifyReplicationGroup"],
        "InvalidReplicationGroupState unless available; no settings is InvalidParameterCombination; \
         without ApplyImmediately changes to nodes wait for the window; no downgrade, another family \
         needs its parameter group; TLS on by preferred first, off only from preferred; cluster mode \
         disabled, compatible, enabled; ROTATE keeps two tokens, SET takes the rotated or the first, \
         DELETE goes with user groups, which need TLS in effect.",
    ),
    cache(
        &["DeleteReplicationGroup"],
        "Deleting for several reads, then 404; a final snapshot remains, SnapshotAlreadyExistsFault \
         when its name is taken; refused while the group changes.",
    ),
    cache(
        &[
            "ModifyReplicationGroupShardConfiguration",
            "IncreaseReplicaCount",
            "DecreaseReplicaCount",
        ],
        "ApplyImmediately must be true; removed shards are named; at most 5 replicas, at least one \
         with multi-AZ or failover without shards; NoOperationFault when nothing changes.",
    ),
    cache(
        &["TestFailover", "ListAllowedNodeTypeModifications"],
        "A failover makes a replica the primary; a group may change to the node types listed.",
    ),
    cache(
        &[
            "DescribeCacheEngineVersions",
            "DescribeEngineDefaultParameters",
            "DescribeReservedCacheNodesOfferings",
        ],
        "Valkey 7.2, 8.0, 8.1, 8.2, 9.0, 9.1 of the families valkey7, valkey8, valkey9; lists come in \
         pages of 100; node types are told by reserved offerings.",
    ),
    cache(
        &[
            "CreateCacheSubnetGroup",
            "ModifyCacheSubnetGroup",
            "DeleteCacheSubnetGroup",
            "DescribeCacheSubnetGroups",
        ],
        "Names in lower case; CacheSubnetGroupAlreadyExists, CacheSubnetGroupInUse, SubnetInUse; \
         unknown subnets are InvalidSubnet, unknown groups HTTP 400.",
    ),
    cache(
        &[
            "CreateCacheParameterGroup",
            "ModifyCacheParameterGroup",
            "ResetCacheParameterGroup",
            "DeleteCacheParameterGroup",
            "DescribeCacheParameterGroups",
            "DescribeCacheParameters",
        ],
        "Families and parameters must exist, 20 change in a call; Source=user lists what differs; \
         InvalidCacheParameterGroupState while in use.",
    ),
    cache(
        &["CreateUser", "ModifyUser", "DeleteUser", "DescribeUsers"],
        "UserAlreadyExists; two passwords of 16 to 128 characters; with IAM id and name are equal; \
         Valkey takes no user without authentication; access strings are rewritten, with -@all put \
         before the first command; InvalidUserState while modifying.",
    ),
    cache(
        &["CreateUserGroup", "ModifyUserGroup", "DeleteUserGroup", "DescribeUserGroups"],
        "DefaultUserRequired without a user named default, DuplicateUserName, UserNotFound; \
         InvalidUserGroupState while a group is not active or is attached.",
    ),
    cache(
        &["CreateSnapshot", "DeleteSnapshot", "DescribeSnapshots", "DescribeEvents"],
        "A group is snapshotting for several reads; an unknown snapshot is SnapshotNotFoundFault; \
         times are written as in ISO 8601; events tell why a creation failed.",
    ),
    cache(
        &["ListTagsForResource", "AddTagsToResource", "RemoveTagsFromResource"],
        "InvalidReplicationGroupState while the group is not available; not found by the kind of the \
         ARN; 50 tags at most.",
    ),
    cache(&[], "Any other operation: refused here, so that a test never passes on silence."),
    Rule {
        service: "application-autoscaling",
        operations: &[],
        aws: "Targets and policies are upserts; the cache must exist, in cluster mode and on nodes \
              that scale; ObjectNotFoundException for what is not registered; deregistering takes the \
              policies along; target values 35 to 70.",
        apply: Apply::Instead(autoscaling::answer),
    },
    Rule {
        service: "sts",
        operations: &["AssumeRole", "AssumeRoleWithWebIdentity"],
        aws: "The keys of an assumed role belong to the role's account.",
        apply: Apply::After(remember_role_keys),
    },
];

/// A row of the double of `ElastiCache`, which answers everything itself.
const fn cache(operations: &'static [&'static str], aws: &'static str) -> Rule {
    Rule { service: "elasticache", operations, aws, apply: Apply::Instead(elasticache::answer) }
}

/// A row about what Application Auto Scaling does to caches.
const fn scaling(operations: &'static [&'static str], aws: &'static str) -> Rule {
    let apply = Apply::Instead(autoscaling::scale_what_is_due);
    Rule { service: "elasticache", operations, aws, apply }
}

fn rules_for(call: &Call) -> impl Iterator<Item = &'static Rule> {
    let (service, operation) = (call.service.clone(), call.operation.clone());
    RULES.iter().filter(move |rule| {
        rule.service == service
            && (rule.operations.is_empty() || rule.operations.contains(&operation.as_str()))
    })
}

/// The answer of the first rule that has one.
pub(super) async fn instead(exchange: Exchange<'_>) -> Result<Option<Reply>> {
    for rule in rules_for(exchange.call) {
        if let Apply::Instead(apply) = rule.apply
            && let Some(reply) = apply(exchange).await?
        {
            return Ok(Some(reply));
        }
    }
    Ok(None)
}

/// The emulator's answer after every rule about it.
pub(super) async fn after(exchange: Exchange<'_>, mut reply: Reply) -> Result<Reply> {
    for rule in rules_for(exchange.call) {
        if let Apply::After(apply) = rule.apply {
            reply = apply(exchange, reply).await?;
        }
    }
    Ok(reply)
}

fn remember_role_keys(exchange: Exchange<'_>, reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let text = reply.text();
        let find = |element| crate::aws::xml_texts(&text, element).first().map(|t| (*t).to_owned());
        if let (Some(key), Some(arn)) = (find("AccessKeyId"), find("Arn"))
            && let Some(account) = arn.split(':').nth(4)
        {
            lock(&exchange.memory.keys).insert(key, account.to_owned());
        }
        Ok(reply)
    })
}

/// A key for what is remembered by token: account, region and token.
fn token_key(call: &Call, token: &str) -> String {
    format!("{} {} {token}", call.account, call.region)
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        let headers =
            answer.headers.into_iter().filter(|(name, _)| name != "content-length").collect();
        Self { status: answer.status, headers, body: answer.body.into_bytes() }
    }
}
