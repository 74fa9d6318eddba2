//! What a test may see and steer that AWS shows to nobody.

use super::super::Memory;
use super::{Cloud, lock};
use crate::proxy::aws_rules::Exchange;

/// The caches of an account in a region, from behind.
#[derive(Debug)]
pub struct Caches<'a> {
    memory: &'a Memory,
    key: (String, String),
}

impl<'a> Caches<'a> {
    pub(in crate::proxy) fn new(memory: &'a Memory, account: &str, region: &str) -> Self {
        Self { memory, key: (account.to_owned(), region.to_owned()) }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Cloud) -> T) -> T {
        look(lock(&self.memory.caches).entry(self.key.clone()).or_default())
    }

    /// How many reads a change is seen from now on, by default two. Changes under way are cut to it,
    /// so a change can be held with a high figure and let go with a low one.
    pub fn changes_take(&self, reads: u32) {
        self.with(|cloud| {
            cloud.reads = Some(reads);
            for (left, _) in cloud.groups.values_mut().filter_map(|group| group.then.as_mut()) {
                *left = (*left).min(reads);
            }
        });
    }

    /// Lets the next creation of a replication group end in `create-failed`, with an event of this text.
    pub fn fail_creation(&self, event: &str) {
        self.with(|cloud| cloud.creation_fails = Some(event.to_owned()));
    }

    /// The tokens a replication group takes, the oldest first.
    pub fn tokens(&self, id: &str) -> Vec<String> {
        self.with(|cloud| {
            cloud.groups.get(id).map(|group| group.tokens.clone()).unwrap_or_default()
        })
    }

    /// The passwords a user has.
    pub fn passwords(&self, user: &str) -> Vec<String> {
        self.with(|cloud| {
            cloud.users.get(user).map(|user| user.passwords.clone()).unwrap_or_default()
        })
    }

    /// Lets the maintenance window come: what waits for it begins.
    pub fn maintain(&self, id: &str) {
        self.with(|cloud| {
            let reads = cloud.reads();
            if let Some(group) = cloud.groups.get_mut(id).filter(|group| !group.waiting.is_empty())
            {
                group.begin(reads, Vec::new());
            }
        });
    }
}

/// Whether a cache carries a security group or has nodes in a group of subnets with this subnet.
pub(in crate::proxy::aws_rules) fn uses(exchange: Exchange<'_>, id: &str) -> bool {
    let key = (exchange.call.account.clone(), exchange.call.region.clone());
    let clouds = lock(&exchange.memory.caches);
    clouds.get(&key).is_some_and(|cloud| {
        cloud.groups.values().any(|group| {
            let subnets = cloud.subnet_groups.get(&group.subnet_group);
            group.security_groups.iter().any(|known| known == id)
                || subnets.is_some_and(|subnets| subnets.subnets.contains_key(id))
        })
    })
}
