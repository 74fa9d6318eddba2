//! Users and user groups.

use super::Cloud;
use super::ask::{Answered, Ask, Refusal};
use super::rules::check_passwords;
use super::xml::Xml;

#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) name: String,
    engine: String,
    access: String,
    /// password, no-password or iam.
    authentication: &'static str,
    pub(super) passwords: Vec<String>,
    pub(super) status: &'static str,
    /// How often a status that passes is still seen.
    reads: u32,
}

#[derive(Debug, Clone)]
pub(super) struct UserGroup {
    pub(super) id: String,
    engine: String,
    pub(super) users: Vec<String>,
    pub(super) status: &'static str,
    pub(super) reads: u32,
}

impl User {
    /// Counts one read. Gives false once it is gone.
    pub(super) fn tick(&mut self) -> bool {
        tick(&mut self.status, &mut self.reads)
    }
}

impl UserGroup {
    /// Counts one read. Gives false once it is gone.
    pub(super) fn tick(&mut self) -> bool {
        tick(&mut self.status, &mut self.reads)
    }
}

fn tick(status: &mut &'static str, reads: &mut u32) -> bool {
    match (*status, *reads) {
        ("active", _) => {}
        ("deleting", 0) => return false,
        (_, 0) => *status = "active",
        _ => *reads -= 1,
    }
    true
}

fn no_user(id: &str) -> Refusal {
    Refusal::new(404, "UserNotFound", format!("User {id} not found."))
}

fn no_user_group(id: &str) -> Refusal {
    Refusal::new(404, "UserGroupNotFound", format!("User group {id} not found."))
}

fn engine(ask: &Ask) -> Result<String, Refusal> {
    let engine = ask.required("Engine")?.to_lowercase();
    if ["valkey", "redis"].contains(&engine.as_str()) {
        return Ok(engine);
    }
    Err(Refusal::value(format!("The engine {engine} has no users.")))
}

/// An access string as the service writes it: long words are short, `off` is said, and what is not
/// allowed from the start is forbidden before the first command.
fn canonical(access: &str) -> Result<String, Refusal> {
    let mut words: Vec<&str> = Vec::new();
    for word in access.split_whitespace() {
        words.push(match word {
            "allkeys" => "~*",
            "allcommands" => "+@all",
            "nocommands" => "-@all",
            other => other,
        });
    }
    if words.iter().any(|word| word.starts_with(['>', '<', '#', '!']) || *word == "reset") {
        return Err(Refusal::value("An access string holds no passwords and no reset."));
    }
    if !words.iter().any(|word| ["on", "off"].contains(word)) {
        words.insert(0, "off");
    }
    let command = words.iter().position(|word| word.starts_with(['+', '-']));
    let place = command.unwrap_or(words.len());
    if !words.get(place).is_some_and(|word| word.ends_with("@all")) {
        words.insert(place, "-@all");
    }
    Ok(words.join(" "))
}

/// What a call says of authentication: kind and passwords.
fn authentication(ask: &Ask) -> Result<Option<(&'static str, Vec<String>)>, Refusal> {
    let mut passwords = ask.list("Passwords");
    passwords.extend(ask.list("AuthenticationMode.Passwords"));
    check_passwords(&passwords)?;
    let kind = match ask.get("AuthenticationMode.Type") {
        Some("password") => Some("password"),
        Some("no-password-required") => Some("no-password"),
        Some("iam") => Some("iam"),
        Some(other) => return Err(Refusal::value(format!("{other} is no authentication mode."))),
        None if ask.flag("NoPasswordRequired")? == Some(true) => Some("no-password"),
        None if !passwords.is_empty() => Some("password"),
        None => None,
    };
    match kind {
        None => Ok(None),
        Some("password") if passwords.is_empty() => {
            Err(Refusal::combination("The authentication mode password needs a password."))
        }
        Some(kind) if kind != "password" && !passwords.is_empty() => {
            Err(Refusal::combination(format!("The authentication mode {kind} has no passwords.")))
        }
        Some(kind) => Ok(Some((kind, passwords))),
    }
}

fn write_user(xml: &mut Xml, cloud: &Cloud, ask: &Ask, user: &User) {
    xml.text("UserId", &user.id).text("UserName", &user.name).text("Status", user.status);
    xml.text("Engine", &user.engine).text("MinimumEngineVersion", "6.0");
    xml.text("AccessString", &user.access);
    let groups = cloud.user_groups.values().filter(|group| group.users.contains(&user.id));
    xml.texts("UserGroupIds", "member", groups.map(|group| &group.id));
    xml.within("Authentication", |xml| {
        xml.text("Type", user.authentication);
        if user.authentication == "password" {
            xml.text("PasswordCount", user.passwords.len());
        }
    });
    xml.text("ARN", ask.arn("user", &user.id));
}

pub(super) fn create_user(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&[
        "UserId",
        "UserName",
        "Engine",
        "Passwords",
        "AccessString",
        "NoPasswordRequired",
        "Tags",
        "AuthenticationMode",
    ])?;
    let id = ask.name("UserId")?;
    if cloud.users.contains_key(&id) || id == "default" {
        return Err(Refusal::new(400, "UserAlreadyExists", format!("User {id} already exists.")));
    }
    let name = ask.required("UserName")?.to_owned();
    let Some((kind, passwords)) = authentication(ask)? else {
        let needs = "A user needs passwords, no password or IAM.";
        return Err(Refusal::combination(needs));
    };
    if kind == "iam" && name.to_lowercase() != id {
        return Err(Refusal::combination("A user with IAM has the same id and name."));
    }
    let engine = engine(ask)?;
    if engine == "valkey" && kind == "no-password" {
        return Err(Refusal::combination("A user of the engine valkey needs a password or IAM."));
    }
    let user = User {
        id: id.clone(),
        name,
        engine,
        access: canonical(ask.required("AccessString")?)?,
        authentication: kind,
        passwords,
        status: "active",
        reads: 0,
    };
    cloud.tags.insert(ask.arn("user", &id), ask.tags()?);
    let answer = Xml::written(|xml| write_user(xml, cloud, ask, &user));
    cloud.users.insert(id, user);
    Ok(answer)
}

fn active_user<'a>(cloud: &'a mut Cloud, id: &str) -> Result<&'a mut User, Refusal> {
    let user = cloud.users.get_mut(id).ok_or_else(|| no_user(id))?;
    if user.status == "active" {
        return Ok(user);
    }
    let message = format!("User {id} is {}, not active.", user.status);
    Err(Refusal::new(400, "InvalidUserState", message))
}

pub(super) fn modify_user(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&[
        "UserId",
        "AccessString",
        "AppendAccessString",
        "Passwords",
        "NoPasswordRequired",
        "AuthenticationMode",
        "Engine",
    ])?;
    let id = ask.name("UserId")?;
    let authentication = authentication(ask)?;
    let reads = cloud.reads().min(1);
    let user = active_user(cloud, &id)?;
    if let Some(access) = ask.get("AccessString") {
        user.access = canonical(access)?;
    }
    if let Some(more) = ask.get("AppendAccessString") {
        user.access = canonical(&format!("{} {more}", user.access))?;
    }
    if let Some((kind, passwords)) = authentication {
        if kind == "no-password" && user.engine == "valkey" {
            return Err(Refusal::combination(
                "A user of the engine valkey needs a password or IAM.",
            ));
        }
        if kind == "iam" && user.name.to_lowercase() != id {
            return Err(Refusal::combination("A user with IAM has the same id and name."));
        }
        (user.authentication, user.passwords) = (kind, passwords);
    }
    (user.status, user.reads) = ("modifying", reads);
    let user = user.clone();
    Ok(Xml::written(|xml| write_user(xml, cloud, ask, &user)))
}

pub(super) fn delete_user(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["UserId"])?;
    let id = ask.name("UserId")?;
    let reads = cloud.reads().min(1);
    let name = active_user(cloud, &id)?.name.clone();
    let holds = |group: &super::users::UserGroup| group.users.contains(&id);
    if name == "default" && cloud.user_groups.values().any(holds) {
        let message = "The default user is in a user group.";
        return Err(Refusal::new(400, "DefaultUserAssociatedToUserGroup", message));
    }
    // Groups lose a user that goes.
    for group in cloud.user_groups.values_mut() {
        group.users.retain(|user| *user != id);
    }
    let user = active_user(cloud, &id)?;
    (user.status, user.reads) = ("deleting", reads);
    let user = user.clone();
    cloud.tags.remove(&ask.arn("user", &id));
    Ok(Xml::written(|xml| write_user(xml, cloud, ask, &user)))
}

pub(super) fn describe_users(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["Engine", "UserId", "Filters", "MaxRecords", "Marker"])?;
    let wanted = ask.get("UserId").map(str::to_lowercase);
    cloud.users.retain(|id, user| {
        let read = wanted.as_ref().is_none_or(|wanted| wanted == id);
        !read || user.tick()
    });
    let found = cloud.users.values();
    let found: Vec<&User> =
        found.filter(|user| wanted.as_ref().is_none_or(|id| *id == user.id)).collect();
    if let (Some(id), true) = (&wanted, found.is_empty()) {
        return Err(no_user(id));
    }
    let (found, marker) = ask.page(found)?;
    Ok(Xml::written(|xml| {
        xml.list("Users", "member", found, |xml, user| write_user(xml, cloud, ask, user));
        xml.some("Marker", marker);
    }))
}

// ---------------------------------------------------------------------------------------------
// user groups
// ---------------------------------------------------------------------------------------------

/// A group's users: all of them there, with different names, one of them `default`.
fn check_users(cloud: &Cloud, engine: &str, ids: &[String]) -> Result<(), Refusal> {
    let mut names = Vec::new();
    for id in ids {
        let user = cloud.users.get(id).ok_or_else(|| no_user(id))?;
        if engine == "valkey" && user.authentication == "no-password" {
            return Err(Refusal::combination(format!(
                "The user {id} needs no password, which a user group of the engine valkey refuses."
            )));
        }
        if names.contains(&user.name) {
            let message = format!("Two users are named {}.", user.name);
            return Err(Refusal::new(400, "DuplicateUserName", message));
        }
        names.push(user.name.clone());
    }
    if names.iter().any(|name| name == "default") {
        return Ok(());
    }
    let message = "A user group must hold a user named default.";
    Err(Refusal::new(400, "DefaultUserRequired", message))
}

fn write_user_group(xml: &mut Xml, cloud: &Cloud, ask: &Ask, group: &UserGroup) {
    xml.text("UserGroupId", &group.id).text("Status", group.status).text("Engine", &group.engine);
    xml.texts("UserIds", "member", &group.users).text("MinimumEngineVersion", "6.0");
    let caches = cloud.groups.values().filter(|cache| cache.user_groups.contains(&group.id));
    xml.texts("ReplicationGroups", "member", caches.map(|cache| &cache.id));
    xml.text("ARN", ask.arn("usergroup", &group.id));
}

pub(super) fn create_user_group(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["UserGroupId", "Engine", "UserIds", "Tags"])?;
    let id = ask.name("UserGroupId")?;
    if cloud.user_groups.contains_key(&id) {
        let message = format!("User group {id} already exists.");
        return Err(Refusal::new(400, "UserGroupAlreadyExists", message));
    }
    let engine = engine(ask)?;
    let users = ask.list("UserIds");
    check_users(cloud, &engine, &users)?;
    let group = UserGroup {
        id: id.clone(),
        engine,
        users,
        status: "creating",
        reads: cloud.reads().min(1),
    };
    cloud.tags.insert(ask.arn("usergroup", &id), ask.tags()?);
    let answer = Xml::written(|xml| write_user_group(xml, cloud, ask, &group));
    cloud.user_groups.insert(id, group);
    Ok(answer)
}

fn active_group(cloud: &Cloud, id: &str) -> Result<UserGroup, Refusal> {
    let group = cloud.user_groups.get(id).ok_or_else(|| no_user_group(id))?;
    if group.status == "active" {
        return Ok(group.clone());
    }
    let message = format!("User group {id} is {}, not active.", group.status);
    Err(Refusal::new(400, "InvalidUserGroupState", message))
}

pub(super) fn modify_user_group(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["UserGroupId", "UserIdsToAdd", "UserIdsToRemove", "Engine"])?;
    let id = ask.name("UserGroupId")?;
    let mut group = active_group(cloud, &id)?;
    let (added, removed) = (ask.list("UserIdsToAdd"), ask.list("UserIdsToRemove"));
    if added.is_empty() && removed.is_empty() {
        return Err(Refusal::combination("No modifications were requested"));
    }
    group.users.retain(|user| !removed.contains(user));
    group.users.extend(added);
    check_users(cloud, &group.engine, &group.users)?;
    (group.status, group.reads) = ("modifying", cloud.reads().min(1));
    let answer = Xml::written(|xml| write_user_group(xml, cloud, ask, &group));
    cloud.user_groups.insert(id, group);
    Ok(answer)
}

pub(super) fn delete_user_group(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["UserGroupId"])?;
    let id = ask.name("UserGroupId")?;
    let mut group = active_group(cloud, &id)?;
    if cloud.groups.values().any(|cache| cache.future().user_groups.contains(&id)) {
        let message = format!("User group {id} is attached to a replication group.");
        return Err(Refusal::new(400, "InvalidUserGroupState", message));
    }
    (group.status, group.reads) = ("deleting", cloud.reads().min(1));
    cloud.tags.remove(&ask.arn("usergroup", &id));
    let answer = Xml::written(|xml| write_user_group(xml, cloud, ask, &group));
    cloud.user_groups.insert(id, group);
    Ok(answer)
}

pub(super) fn describe_user_groups(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["UserGroupId", "MaxRecords", "Marker"])?;
    let wanted = ask.get("UserGroupId").map(str::to_lowercase);
    cloud.user_groups.retain(|id, group| {
        let read = wanted.as_ref().is_none_or(|wanted| wanted == id);
        !read || group.tick()
    });
    let found = cloud.user_groups.values();
    let found: Vec<&UserGroup> =
        found.filter(|group| wanted.as_ref().is_none_or(|id| *id == group.id)).collect();
    if let (Some(id), true) = (&wanted, found.is_empty()) {
        return Err(no_user_group(id));
    }
    let (found, marker) = ask.page(found)?;
    Ok(Xml::written(|xml| {
        xml.list("UserGroups", "member", found, |xml, group| {
            write_user_group(xml, cloud, ask, group);
        });
        xml.some("Marker", marker);
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_strings_are_rewritten_as_the_service_does() {
        for (sent, kept) in [
            ("on ~app:* +@read", "on ~app:* -@all +@read"),
            ("on allkeys allcommands", "on ~* +@all"),
            ("~* +@all", "off ~* +@all"),
            ("on ~* -@all +get", "on ~* -@all +get"),
            ("off", "off -@all"),
        ] {
            assert_eq!(canonical(sent).unwrap(), kept);
        }
        assert!(canonical("on >secret ~* +@all").is_err());
    }
}
