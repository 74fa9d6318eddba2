//! EBS: what a volume keeps, client tokens, modifications that take their time, snapshots.
//!
//! Time is counted in reads: a state lasts for so many of them, so that tests need not wait.

use super::super::reply::{self, Reply};
use super::{Exchange, Pending, lock, token_key};
use crate::aws::xml_texts;
use crate::proxy::call::Call;
use serde_json::json;
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

/// What is known of volumes and snapshots beside what the emulator keeps.
#[derive(Debug, Default)]
pub(super) struct Volumes {
    /// Account, region and id to the volume.
    known: HashMap<String, Known>,
    /// Account, region and token to what was asked and answered.
    tokens: HashMap<String, (Vec<(String, String)>, Reply)>,
    /// Account, region and id to the reads for which a snapshot is pending.
    pending_snapshots: HashMap<String, usize>,
}

/// One volume.
#[derive(Debug, Clone)]
struct Known {
    throughput: i64,
    kms_key_id: Option<String>,
    rate: Option<String>,
    /// Reads for which it is `creating`.
    creating: usize,
    /// Its key turned out not to be usable.
    failed: bool,
    modification: Option<Modification>,
    started: Vec<SystemTime>,
}

#[derive(Debug, Clone)]
struct Modification {
    original: Figures,
    target: Figures,
    start: String,
    reads: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Figures {
    kind: String,
    size: i64,
    iops: i64,
    throughput: i64,
}

impl Modification {
    fn state(&self) -> &'static str {
        match self.reads {
            0 | 1 => "modifying",
            2 | 3 => "optimizing",
            _ => "completed",
        }
    }

    fn xml(&self, volume_id: &str) -> String {
        let Self { original, target, start, .. } = self;
        let state = self.state();
        let progress = if state == "completed" { 100 } else { 25 * self.reads };
        let figures = |prefix: &str, f: &Figures| {
            format!(
                "<{prefix}Size>{}</{prefix}Size><{prefix}Iops>{}</{prefix}Iops>\
                 <{prefix}VolumeType>{}</{prefix}VolumeType>\
                 <{prefix}Throughput>{}</{prefix}Throughput>\
                 <{prefix}MultiAttachEnabled>false</{prefix}MultiAttachEnabled>",
                f.size, f.iops, f.kind, f.throughput
            )
        };
        format!(
            "<volumeId>{volume_id}</volumeId><modificationState>{state}</modificationState>{}{}\
             <progress>{progress}</progress><startTime>{start}</startTime>",
            figures("target", target),
            figures("original", original)
        )
    }
}

fn refused(call: &Call, code: &str, message: &str) -> Reply {
    reply::error(call, 400, code, message, &[])
}

fn number(call: &Call, name: &str) -> Option<i64> {
    call.form_value(name)?.parse().ok()
}

/// Why AWS refuses these figures of a gp3 volume.
fn gp3_refusal(size: i64, iops: i64, throughput: i64) -> Option<String> {
    if !(1..=65_536).contains(&size) {
        return Some(format!("Volume of {size}GiB is invalid for gp3"));
    }
    if !(3_000..=80_000).contains(&iops) || iops > 3_000.max(size * 500) {
        return Some(format!("Volume iops of {iops} is not valid for {size}GiB"));
    }
    if !(125..=2_000).contains(&throughput) || throughput * 4 > iops {
        return Some(format!("Throughput of {throughput} is too high for {iops} iops"));
    }
    None
}

pub(super) fn refuse_impossible_volume(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let zone = call.form_value("AvailabilityZone").unwrap_or_default();
        let zones = exchange.aws.query("ec2", "DescribeAvailabilityZones", &[]).await?.ok()?;
        if !zones.xml_all("zoneName").contains(&zone.as_str()) {
            let message = format!("The zone '{zone}' does not exist.");
            return Ok(Some(refused(call, "InvalidZone.NotFound", &message)));
        }
        if call.form_value("VolumeType").as_deref() == Some("gp3") {
            let size = number(call, "Size").unwrap_or(8);
            let iops = number(call, "Iops").unwrap_or(3_000);
            let throughput = number(call, "Throughput").unwrap_or(125);
            if let Some(message) = gp3_refusal(size, iops, throughput) {
                return Ok(Some(refused(call, "InvalidParameterValue", &message)));
            }
        }
        let Some(snapshot) = call.form_value("SnapshotId") else { return Ok(None) };
        let found =
            exchange.aws.query("ec2", "DescribeSnapshots", &[("SnapshotId.1", &snapshot)]).await?;
        let Some(least) = found.xml("volumeSize").and_then(|size| size.parse::<i64>().ok()) else {
            let message = format!("The snapshot '{snapshot}' does not exist.");
            return Ok(Some(refused(call, "InvalidSnapshot.NotFound", &message)));
        };
        let smaller = number(call, "Size").is_some_and(|size| size < least);
        let message = format!("Volume is smaller than snapshot '{snapshot}', of {least}GiB");
        Ok(smaller.then(|| refused(call, "InvalidParameterValue", &message)))
    })
}

/// What the call asks for, its token aside.
fn asked(call: &Call) -> Vec<(String, String)> {
    let mut form = call.form();
    form.retain(|(name, _)| name != "ClientToken");
    form.sort();
    form
}

pub(super) fn repeat_first_volume(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let Some(token) = call.form_value("ClientToken") else { return Ok(None) };
        let known = lock(&exchange.memory.volumes).tokens.get(&token_key(call, &token)).cloned();
        Ok(known.map(|(before, reply)| {
            if before == asked(call) {
                return reply;
            }
            let message = "The specified client token was used with other parameters";
            refused(call, "IdempotentParameterMismatch", message)
        }))
    })
}

pub(super) fn keep_volume(exchange: Exchange<'_>, mut reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        if !reply.is_ok() {
            return Ok(reply);
        }
        let call = exchange.call;
        let text = reply.text();
        let Some(id) = xml_texts(&text, "volumeId").first().map(|id| (*id).to_owned()) else {
            return Ok(reply);
        };
        let from_encrypted = match call.form_value("SnapshotId") {
            Some(snapshot) => {
                let asked = [("SnapshotId.1", snapshot.as_str())];
                let found = exchange.aws.query("ec2", "DescribeSnapshots", &asked).await?;
                found.xml("encrypted") == Some("true")
            }
            None => false,
        };
        let encrypted = from_encrypted || text.contains("<encrypted>true</encrypted>");
        let key = call.form_value("KmsKeyId");
        let mut failed = false;
        if let Some(key) = &key {
            let body = json!({ "KeyId": key });
            failed =
                exchange.aws.json("kms", "TrentService.DescribeKey", &body).await?.status != 200;
        }
        let own_key = super::efs::key_arn(&call.region, &call.account, "");
        let known = Known {
            throughput: number(call, "Throughput").unwrap_or(125),
            kms_key_id: encrypted.then(|| key.unwrap_or(own_key)),
            rate: call.form_value("VolumeInitializationRate"),
            creating: 1,
            failed,
            modification: None,
            started: Vec::new(),
        };
        reply.body = complete(&text, &id, &known).into_bytes();
        let mut volumes = lock(&exchange.memory.volumes);
        if let Some(token) = call.form_value("ClientToken") {
            volumes.tokens.insert(token_key(call, &token), (asked(call), reply.clone()));
        }
        volumes.known.insert(token_key(call, &id), known);
        drop(volumes);
        Ok(reply)
    })
}

/// The answer with what is known of one volume, which it may not hold.
fn complete(text: &str, id: &str, known: &Known) -> String {
    // Attachments name the volume too, but not before a size.
    let mark = format!("<volumeId>{id}</volumeId>\n        <size>");
    let Some(start) = text.find(&mark) else { return text.to_owned() };
    let (before, rest) = text.split_at(start);
    let end = rest.find("<attachmentSet>").unwrap_or(rest.len());
    let (item, after) = rest.split_at(end);
    let mut item = item.to_owned();
    let mut set = |field: &str, value: &str| {
        let (open, close) = (format!("<{field}>"), format!("</{field}>"));
        let old = xml_texts(&item, field).first().map(|old| format!("{open}{old}{close}"));
        let new = format!("{open}{value}{close}");
        item = match old {
            Some(old) => item.replacen(&old, &new, 1),
            None => format!("{item}{new}"),
        };
    };
    if known.failed {
        set("status", "error");
    } else if known.creating > 0 {
        set("status", "creating");
    }
    let held = known.modification.as_ref().filter(|one| one.state() == "modifying");
    if let Some(Modification { original, .. }) = held {
        set("size", &original.size.to_string());
        set("iops", &original.iops.to_string());
        set("volumeType", &original.kind);
    }
    let throughput = held.map_or(known.throughput, |one| one.original.throughput);
    set("throughput", &throughput.to_string());
    if let Some(key) = &known.kms_key_id {
        set("kmsKeyId", key);
        set("encrypted", "true");
    }
    if let Some(rate) = &known.rate {
        set("volumeInitializationRate", rate);
    }
    format!("{before}{item}{after}")
}

pub(super) fn complete_volumes(exchange: Exchange<'_>, mut reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        let mut text = reply.text();
        let scope = token_key(exchange.call, "");
        for (key, known) in &mut lock(&exchange.memory.volumes).known {
            let Some(id) = key.strip_prefix(&scope) else { continue };
            if text.contains(&format!("<volumeId>{id}</volumeId>")) {
                text = complete(&text, id, known);
                known.creating = known.creating.saturating_sub(1);
            }
        }
        reply.body = text.into_bytes();
        Ok(reply)
    })
}

pub(super) fn modify_volume(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let id = call.form_value("VolumeId").unwrap_or_default();
        let found = exchange.aws.query("ec2", "DescribeVolumes", &[("VolumeId.1", &id)]).await?;
        if found.status != 200 {
            return Ok(None);
        }
        let key = token_key(call, &id);
        let known = lock(&exchange.memory.volumes).known.get(&key).cloned();
        let mut known = known.unwrap_or_else(|| Known {
            throughput: 125,
            kms_key_id: None,
            rate: None,
            creating: 0,
            failed: false,
            modification: None,
            started: Vec::new(),
        });
        let text = |field: &str| found.xml(field).unwrap_or_default();
        let original = Figures {
            kind: text("volumeType").to_owned(),
            size: text("size").parse().unwrap_or_default(),
            iops: text("iops").parse().unwrap_or_default(),
            throughput: known.throughput,
        };
        let target = Figures {
            kind: call.form_value("VolumeType").unwrap_or_else(|| original.kind.clone()),
            size: number(call, "Size").unwrap_or(original.size),
            iops: number(call, "Iops").unwrap_or(original.iops),
            throughput: number(call, "Throughput").unwrap_or(original.throughput),
        };
        if let Some(refusal) = refuse_modification(call, &id, &known, &original, &target) {
            return Ok(Some(refusal));
        }
        let (size, iops) = (target.size.to_string(), target.iops.to_string());
        let parameters = [
            ("VolumeId", id.as_str()),
            ("Size", &size),
            ("Iops", &iops),
            ("VolumeType", &target.kind),
        ];
        let answer = exchange.aws.query("ec2", "ModifyVolume", &parameters).await?.ok()?;
        let now = SystemTime::now();
        // The emulator tells whole seconds.
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let start = answer.xml("startTime").unwrap_or_default();
        let start = start.replace(".000Z", &format!(".{:03}Z", since.subsec_millis()));
        known.throughput = target.throughput;
        known.started.push(now);
        let modification = Modification { original, target, start, reads: 0 };
        let body = format!(
            "<ModifyVolumeResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
             <volumeModification>{}</volumeModification></ModifyVolumeResponse>",
            modification.xml(&id)
        );
        known.modification = Some(modification);
        lock(&exchange.memory.volumes).known.insert(key, known);
        Ok(Some(Reply::xml(200, body)))
    })
}

fn refuse_modification(
    call: &Call,
    id: &str,
    known: &Known,
    original: &Figures,
    target: &Figures,
) -> Option<Reply> {
    if known.modification.as_ref().is_some_and(|one| one.state() != "completed") {
        let message = format!("Volume {id} is being modified");
        return Some(refused(call, "IncorrectModificationState", &message));
    }
    let day = Duration::from_hours(24);
    let recent = known.started.iter().filter(|at| at.elapsed().is_ok_and(|age| age < day));
    if recent.count() >= 4 {
        let message =
            format!("You've reached the maximum modification rate per volume limit for {id}");
        return Some(refused(call, "VolumeModificationRateExceeded", &message));
    }
    if target.size < original.size {
        let message = "New size cannot be smaller than existing size";
        return Some(refused(call, "InvalidParameterValue", message));
    }
    let impossible = (target.kind == "gp3")
        .then(|| gp3_refusal(target.size, target.iops, target.throughput))
        .flatten();
    impossible.map(|message| refused(call, "InvalidParameterValue", &message))
}

pub(super) fn tell_modifications(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let form = call.form();
        let named: Vec<&String> =
            form.iter().filter(|(n, _)| n.starts_with("VolumeId.")).map(|(_, id)| id).collect();
        let scope = token_key(call, "");
        let mut items = String::new();
        let mut told = 0;
        for (key, known) in &mut lock(&exchange.memory.volumes).known {
            let Some(id) = key.strip_prefix(&scope) else { continue };
            let meant = named.is_empty() || named.iter().any(|one| *one == id);
            if let (true, Some(modification)) = (meant, &mut known.modification) {
                modification.reads += 1;
                told += 1;
                items.extend(["<item>", &modification.xml(id), "</item>"]);
            }
        }
        if told < named.len() {
            let message = format!("The volume {named:?} has no modification.");
            return Ok(Some(refused(call, "InvalidVolumeModification.NotFound", &message)));
        }
        let body = format!(
            "<DescribeVolumesModificationsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
             <volumeModificationSet>{items}</volumeModificationSet>\
             </DescribeVolumesModificationsResponse>"
        );
        Ok(Some(Reply::xml(200, body)))
    })
}

pub(super) fn forget_volume(exchange: Exchange<'_>, reply: Reply) -> Pending<'_, Reply> {
    Box::pin(async move {
        if reply.is_ok() {
            let id = exchange.call.form_value("VolumeId").unwrap_or_default();
            // The token stays burnt.
            lock(&exchange.memory.volumes).known.remove(&token_key(exchange.call, &id));
        }
        Ok(reply)
    })
}

pub(super) fn keep_snapshot_pending(
    exchange: Exchange<'_>,
    mut reply: Reply,
) -> Pending<'_, Reply> {
    Box::pin(async move {
        if !reply.is_ok() {
            return Ok(reply);
        }
        let text = reply.text();
        let ids: Vec<String> =
            xml_texts(&text, "snapshotId").into_iter().map(str::to_owned).collect();
        let mut volumes = lock(&exchange.memory.volumes);
        if exchange.call.operation == "CreateSnapshot" {
            for id in &ids {
                volumes.pending_snapshots.insert(token_key(exchange.call, id), 2);
            }
        }
        let pending = ids.iter().any(|id| {
            let left = volumes.pending_snapshots.get_mut(&token_key(exchange.call, id));
            left.is_some_and(|left| {
                let pending = *left > 0;
                *left = left.saturating_sub(1);
                pending
            })
        });
        drop(volumes);
        // A list is told as it is: only the read of one snapshot waits for it.
        if let (true, [_]) = (pending, ids.as_slice()) {
            reply.set_field("status", "pending");
            reply.set_field("progress", "42%");
        }
        Ok(reply)
    })
}

pub(super) fn encryption_by_default(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let operation = &exchange.call.operation;
        Ok(Some(Reply::xml(
            200,
            format!(
                "<{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
                 <ebsEncryptionByDefault>false</ebsEncryptionByDefault></{operation}Response>"
            ),
        )))
    })
}
