//! What Officeless means: the platform's defaults, names, tags, policies, manifests and rules.
//!
//! Promise: everything here is a pure function or a constant. No I/O, no clock, no randomness, no
//! AWS SDK type and no Terraform type; the same input gives the same bytes on every machine. Each
//! problem is a small typed error whose `Display` is written for the practitioner: the value, the
//! rule, the next step.
//!
//! * [`defaults`]: every opinion of the platform, and nothing else.
//! * [`naming`]: names, tokens and identifier forms, and their rules.
//! * [`tags`]: what is written on every object, and what of it the practitioner sees.
//! * [`auth_token`]: which auth tokens a cache takes.
//! * [`classification`]: data classification levels and the floors they set.
//! * [`permissions`]: what the provider's own credentials must allow.
//! * [`policies`]: IAM, bucket and file system policy documents, and their comparison.
//! * [`cache`]: what a Valkey cache may be, and the names of what belongs to it.
//! * [`kubernetes`]: StorageClass and PersistentVolume manifests for the EFS and EBS CSI drivers.
//! * [`gp3`]: what a gp3 volume can be.
//! * [`helm`]: chart values for Mimir, Loki and Tempo.
//! * [`lifecycle`]: which lifecycle rules would corrupt an observability store.
//! * [`storage_classes`]: which S3 storage class may follow which, and what a stay costs at least.
//! * [`schedule`]: which schedules AWS Backup takes.
//! * [`stores`]: the products and stores of the observability stack.
//! * [`duration`]: the two duration spellings practitioners write.
//! * [`website_zones`]: Route 53 zones of the S3 website endpoints.

pub mod auth_token;
pub mod cache;
pub mod classification;
pub mod defaults;
pub mod duration;
pub mod gp3;
pub mod helm;
pub mod kubernetes;
pub mod lifecycle;
pub mod naming;
pub mod permissions;
pub mod policies;
pub mod schedule;
pub mod storage_classes;
pub mod stores;
pub mod tags;
pub mod website_zones;
