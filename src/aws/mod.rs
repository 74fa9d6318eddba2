//! Talking to AWS. Knows nothing of Terraform.
//!
//! One file or folder per service holds the functions the composites need, in the order find →
//! create → modify → delete. The rules they all keep:
//!
//! * One function sends one operation; a finder may read several pages. Concurrency and order are
//!   the caller's.
//! * Answers are plain structs of ours with the needed members only. SDK types stay inside.
//! * An object that does not exist is `None` from a finder and `Ok` from a delete, there and
//!   nowhere else, and only where AWS says so with its modelled error code: a bare status 404 also
//!   comes from a wrong endpoint.
//! * Every other failure is an [`Error`] whose [`Kind`] comes from the table at the end of the
//!   service's file.
//! * Nothing waits but [`wait`]; nothing decides what is tried again but [`retry`].
//! * The doc comment of a function names the IAM action it needs, as in `IAM: s3:CreateBucket`.

pub mod application_auto_scaling;
pub mod arn;
pub mod backup;
pub mod cache_token;
pub mod clients;
mod clock;
mod credentials;
pub mod ec2;
pub mod efs;
pub mod eks;
pub mod elasticache;
pub mod error;
mod http;
pub mod iam;
pub mod retry;
pub mod s3;
pub mod secrets_manager;
mod sessions;
pub mod settings;
pub mod tags;
pub mod wait;

pub use clients::{Clients, Connection};
pub use error::{Error, Kind, Service};
pub use settings::Settings;
pub use tags::Tags;
pub use wait::{Deadline, Wait};
