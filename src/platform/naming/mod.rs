//! Names, tokens and identifier forms.
//!
//! Promise: a name is either accepted or refused with the rule it breaks, so that AWS never has
//! the first word; and every derived name or token depends only on its arguments, so that a
//! repeated create finds what a lost answer left behind.

mod bucket;
mod forms;
mod token;

pub use bucket::{
    BucketNamespace, MAX_BUCKET_NAME_LENGTH, NameProblem, account_regional_bucket_name,
    check_account_regional_bucket_name, check_bucket_name, compose_bucket_name,
};
pub use forms::{
    Form, FormProblem, MAX_ACCESS_POINT_PATH_LENGTH, check, check_access_point_path,
    check_access_point_permissions,
};
pub use token::{MAX_ROLE_NAME_LENGTH, creation_token, cut_with_hash, role_name};
