//! A replication group: what it holds, how it changes, and how long a change shows.

use super::catalog::RELEASES;
use super::xml::now;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) zone: String,
}

/// A shard; its first member is the primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shard {
    pub(super) number: usize,
    pub(super) members: Vec<Member>,
}

impl Shard {
    pub(super) fn id(&self) -> String {
        format!("{:04}", self.number)
    }
}

/// Where a log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Log {
    pub(super) destination_type: String,
    pub(super) destination: String,
    pub(super) format: String,
}

/// What a status gives way to once it was seen often enough.
#[derive(Debug, Clone)]
pub(super) enum Then {
    /// The group as it will be, which is available.
    Become(Box<Group>),
    /// Nothing.
    Vanish,
}

/// A change that `ApplyImmediately=false` leaves for the maintenance window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    NodeType(String),
    /// A place in the list of releases.
    Release(usize),
    ParameterGroup(String),
    Transit(bool, String),
    ClusterMode(String),
    /// The tokens from now on, and whether the last was added by ROTATE.
    Tokens(Vec<String>, bool),
    UserGroups(Vec<String>),
    /// Automatic failover and multi-AZ.
    Failover(bool, bool),
    /// The member that becomes its shard's primary.
    Primary(String),
    Durability(String),
}

impl Change {
    /// Whether it is a change to the nodes, which waits unless it is asked for at once.
    pub(super) fn waits(&self) -> bool {
        !matches!(self, Self::Failover(..) | Self::Primary(_) | Self::UserGroups(_))
    }

    fn same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    reason = "the names are those of AWS"
)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) description: String,
    /// A place in the list of releases.
    pub(super) release: usize,
    pub(super) node_type: String,
    pub(super) parameter_group: String,
    pub(super) subnet_group: String,
    /// Zones of the subnet group, over which nodes are spread.
    pub(super) zones: Vec<String>,
    pub(super) port: usize,
    pub(super) security_groups: Vec<String>,
    pub(super) failover: bool,
    pub(super) multi_az: bool,
    pub(super) cluster_mode: String,
    pub(super) shards: Vec<Shard>,
    pub(super) at_rest: bool,
    pub(super) kms_key: Option<String>,
    pub(super) transit: bool,
    pub(super) transit_mode: String,
    pub(super) tokens: Vec<String>,
    pub(super) rotated: bool,
    pub(super) token_changed: Option<String>,
    pub(super) user_groups: Vec<String>,
    pub(super) retention: usize,
    pub(super) snapshotting_member: Option<String>,
    pub(super) snapshot_window: String,
    pub(super) maintenance_window: String,
    pub(super) auto_minor: bool,
    /// Topic and status.
    pub(super) topic: Option<(String, String)>,
    pub(super) logs: BTreeMap<String, Log>,
    pub(super) data_tiering: bool,
    pub(super) network_type: String,
    pub(super) ip_discovery: String,
    pub(super) durability: Option<String>,
    pub(super) created: String,
    pub(super) status: &'static str,
    /// How often the status is still seen, and what comes then.
    pub(super) then: Option<(u32, Then)>,
    /// What waits for the maintenance window.
    pub(super) waiting: Vec<Change>,
}

impl Group {
    pub(super) fn is_available(&self) -> bool {
        self.status == "available"
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.shards.iter().flat_map(|shard| &shard.members)
    }

    /// Whether clients see shards.
    pub(super) fn is_clustered(&self) -> bool {
        self.cluster_mode == "enabled"
    }

    /// Replicas of the smallest shard.
    pub(super) fn replicas(&self) -> usize {
        self.shards.iter().map(|shard| shard.members.len().saturating_sub(1)).min().unwrap_or(0)
    }

    /// The place in AWS's private names of this group.
    pub(super) fn hash(&self) -> String {
        let sum = self
            .id
            .bytes()
            .fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        format!("{:06x}", sum & 0x00ff_ffff)
    }

    /// Adds a member to a shard. Names of an unsharded group have no shard number in them.
    pub(super) fn add_member(&mut self, shard: usize) {
        let spread = self.members().count();
        let zone = self.zones.get(spread % self.zones.len().max(1)).cloned().unwrap_or_default();
        let prefix = if self.is_clustered() {
            format!("{}-{shard:04}-", self.id)
        } else {
            format!("{}-", self.id)
        };
        let Some(shard) = self.shards.iter_mut().find(|known| known.number == shard) else {
            return;
        };
        let taken = |number: usize| {
            let id = format!("{prefix}{number:03}");
            shard.members.iter().any(|member| member.id == id)
        };
        let number = (1..=999).find(|number| !taken(*number)).unwrap_or(1);
        shard.members.push(Member { id: format!("{prefix}{number:03}"), zone });
    }

    /// Adds shards or takes those away that are named.
    pub(super) fn set_shards(&mut self, count: usize, remove: &[String]) {
        self.shards.retain(|shard| !remove.contains(&shard.id()));
        let replicas = self.replicas();
        while self.shards.len() < count {
            let number = self.shards.iter().map(|shard| shard.number).max().unwrap_or(0) + 1;
            self.shards.push(Shard { number, members: Vec::new() });
            for _ in 0..=replicas {
                self.add_member(number);
            }
        }
    }

    /// Adds replicas to a shard, or takes the last ones away; never the primary.
    pub(super) fn set_replicas(&mut self, shard: usize, replicas: usize) {
        loop {
            let found = self.shards.iter_mut().find(|known| known.number == shard);
            let Some(found) = found else { return };
            match found.members.len().cmp(&(replicas + 1)) {
                Ordering::Greater => {
                    // Members are taken by name, from the highest, as far as they are replicas.
                    let names = found.members.iter().skip(1).map(|member| member.id.clone());
                    let highest = names.max();
                    found.members.retain(|member| Some(&member.id) != highest.as_ref());
                }
                Ordering::Less => self.add_member(shard),
                Ordering::Equal => return,
            }
        }
    }

    /// Makes a member its shard's primary; without a name, any replica.
    pub(super) fn promote(&mut self, shard: usize, member: Option<&str>) -> bool {
        let Some(shard) = self.shards.iter_mut().find(|known| known.number == shard) else {
            return false;
        };
        let place = match member {
            Some(id) => shard.members.iter().position(|member| member.id == id),
            None => (shard.members.len() > 1).then_some(1),
        };
        if let Some(place) = place {
            shard.members.swap(0, place);
        }
        place.is_some()
    }

    /// The shard a member belongs to.
    pub(super) fn shard_of(&self, member: &str) -> Option<usize> {
        let holds = |shard: &&Shard| shard.members.iter().any(|known| known.id == member);
        self.shards.iter().find(holds).map(|shard| shard.number)
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::NodeType(node_type) => self.node_type = node_type,
            Change::Release(release) => self.release = release,
            Change::ParameterGroup(name) => self.parameter_group = name,
            Change::Transit(on, mode) => (self.transit, self.transit_mode) = (on, mode),
            Change::ClusterMode(mode) => self.cluster_mode = mode,
            Change::Tokens(tokens, rotated) => {
                (self.tokens, self.rotated) = (tokens, rotated);
                self.token_changed = Some(now());
            }
            Change::UserGroups(groups) => self.user_groups = groups,
            Change::Failover(failover, multi_az) => {
                (self.failover, self.multi_az) = (failover, multi_az);
            }
            Change::Primary(member) => {
                if let Some(shard) = self.shard_of(&member) {
                    self.promote(shard, Some(&member));
                }
            }
            Change::Durability(durability) => self.durability = Some(durability),
        }
    }

    /// Keeps a change for the window, in place of an earlier one of its kind.
    pub(super) fn postpone(&mut self, change: Change) {
        self.waiting.retain(|known| !known.same_kind(&change));
        self.waiting.push(change);
    }

    /// The group once every change that waits or is under way has come.
    pub(super) fn future(&self) -> Self {
        let mut future = match &self.then {
            Some((_, Then::Become(next))) => (**next).clone(),
            _ => self.clone(),
        };
        for change in std::mem::take(&mut future.waiting) {
            future.apply(change);
        }
        future
    }

    /// Starts to change; what waited comes along.
    pub(super) fn begin(&mut self, reads: u32, changes: Vec<Change>) {
        let mut next = self.clone();
        for change in std::mem::take(&mut next.waiting).into_iter().chain(changes) {
            next.apply(change);
        }
        self.waiting.clear();
        self.turn("modifying", reads, next);
    }

    /// Shows a status for some reads, then is another.
    pub(super) fn turn(&mut self, status: &'static str, reads: u32, mut next: Self) {
        (next.status, next.then) = ("available", None);
        self.status = status;
        self.then = Some((reads, Then::Become(Box::new(next))));
    }

    /// Counts one read. Gives false once it is gone.
    pub(super) fn tick(&mut self) -> bool {
        match self.then.take() {
            Some((0, Then::Vanish)) => return false,
            Some((0, Then::Become(next))) => *self = *next,
            Some((reads, then)) => self.then = Some((reads - 1, then)),
            None => {}
        }
        true
    }

    /// The version a node tells.
    pub(super) fn actual_version(&self) -> &'static str {
        RELEASES[self.release].actual
    }

    pub(super) fn engine(&self) -> &'static str {
        RELEASES[self.release].engine
    }

    pub(super) fn family(&self) -> &'static str {
        RELEASES[self.release].family
    }
}
