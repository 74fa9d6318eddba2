//! Two creates of one name at the same time: the second is refused and changes nothing, the first
//! ends complete. What a create that was killed left is taken over by the next, wherever that runs.

use std::process::Stdio;

use officeless_testbench::{Call, Cli, Effect, Fault, FaultId, Run, Workspace};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::failures::until;
use crate::scene::{CLUSTER, PROVIDER, Scene, every_cli};

/// A kind of object with a name that two configurations may share.
struct Kind {
    type_name: &'static str,
    attributes: String,
    /// The call in the middle of a create, after which another one knows of it.
    held: (&'static str, &'static str),
    /// What a second create is told when the first is done.
    finished: &'static str,
}

impl Kind {
    fn block(&self, name: &str) -> String {
        let Self { type_name, attributes, .. } = self;
        format!("resource \"{type_name}\" \"{name}\" {{\n  {attributes}\n}}\n")
    }

    fn address(&self) -> String {
        format!("{}.this", self.type_name)
    }
}

fn shared_storage(_: &Scene) -> Kind {
    Kind {
        type_name: "officeless_shared_storage",
        attributes: format!(
            "creation_token = \"shared\"\n  cluster_name = \"{CLUSTER}\"\n  \
             deletion_protection = false\n  csi_pod_identity = {{}}"
        ),
        held: ("elasticfilesystem", "CreateMountTarget"),
        finished: "creation_token = \"shared\" belongs to the file system",
    }
}

fn application_bucket(scene: &Scene) -> Kind {
    Kind {
        type_name: "officeless_application_bucket",
        attributes: format!("bucket = \"shared-{}\"", scene.account),
        held: ("s3", "PutBucketPolicy"),
        finished: "exists already, complete",
    }
}

fn observability_buckets(scene: &Scene) -> Kind {
    Kind {
        type_name: "officeless_observability_buckets",
        attributes: format!(
            "name_prefix = \"shared{}\"\n  components = [\"tempo\"]\n  pod_identity = {{ \
             cluster_name = \"{CLUSTER}\" }}",
            scene.account
        ),
        held: ("s3", "PutBucketPolicy"),
        finished: "exists already, complete",
    }
}

fn pod_identity(_: &Scene) -> Kind {
    Kind {
        type_name: "officeless_pod_identity",
        attributes: format!(
            "cluster_name = \"{CLUSTER}\"\n  namespace = \"a\"\n  service_account = \"b\"\n  \
             presets = {{ s3_read = {{ resources = [\"arn:aws:s3:::c\"] }} }}"
        ),
        held: ("eks", "CreatePodIdentityAssociation"),
        finished: "exists, complete, and is not in this state",
    }
}

fn pod_identity_of_a_given_role(scene: &Scene) -> Kind {
    Kind {
        attributes: format!(
            "cluster_name = \"{CLUSTER}\"\n  namespace = \"a\"\n  service_account = \"b\"\n  \
             role_arn = \"arn:aws:iam::{}:role/demo-cluster\"",
            scene.account
        ),
        held: ("eks", "UntagResource"),
        finished: "exist, complete",
        ..pod_identity(scene)
    }
}

fn backup_plan(_: &Scene) -> Kind {
    Kind {
        type_name: "officeless_backup_plan",
        attributes: "name = \"shared\"".to_owned(),
        held: ("backup", "CreateBackupPlan"),
        finished: "the vault shared exists",
    }
}

fn block_storage(_: &Scene) -> Kind {
    Kind {
        type_name: "officeless_block_storage",
        attributes: format!("cluster_name = \"{CLUSTER}\""),
        held: ("eks", "CreateAddon"),
        finished: "has add-on aws-ebs-csi-driver already",
    }
}

/// The first part of a cache is there, its replication group not yet.
fn cache(scene: &Scene) -> Kind {
    let subnets: Vec<&str> = scene.seeded.subnet_ids.iter().map(|(_, id)| id.as_str()).collect();
    Kind {
        type_name: "officeless_cache",
        attributes: format!(
            "name = \"shared\"\n  node_type = \"cache.r7g.large\"\n  subnet_ids = {subnets:?}\n  \
             allowed_cidr_blocks = [\"10.42.0.0/16\"]\n  parameters = {{ maxmemory-policy = \
             \"allkeys-lru\" }}\n  users = {{ reader = {{ access_string = \"on ~* +@read\", \
             authentication = \"iam\" }} }}"
        ),
        held: ("elasticache", "CreateReplicationGroup"),
        finished: "the replication group shared exists already",
    }
}

/// The cache brings no part of its own but the replication group.
fn bare_cache(scene: &Scene) -> Kind {
    Kind {
        attributes: "name = \"shared\"\n  node_type = \"cache.r7g.large\"\n  \
                     subnet_group_name = \"given\"\n  security_group_ids = [\"GROUP\"]"
            .replace("GROUP", &scene.seeded.cluster_security_group_id),
        held: ("elasticache", "RemoveTagsFromResource"),
        ..cache(scene)
    }
}

/// What has to be there before a bare cache.
async fn given_subnet_group(scene: &Scene) {
    let mut group = vec![
        ("CacheSubnetGroupName".to_owned(), "given"),
        ("CacheSubnetGroupDescription".to_owned(), "given"),
    ];
    for (place, (_, id)) in scene.seeded.subnet_ids.iter().enumerate() {
        group.push((format!("SubnetIds.SubnetIdentifier.{}", place + 1), id));
    }
    let group: Vec<(&str, &str)> = group.iter().map(|(key, id)| (key.as_str(), *id)).collect();
    scene.aws.query("elasticache", "CreateCacheSubnetGroup", &group).await.unwrap().ok().unwrap();
}

/// A create under way that is held at a call.
struct Held {
    fault: FaultId,
    child: Child,
}

impl Scene {
    /// Another workspace of the same user on the same machine, with rights of its own.
    fn second(&self, cli: &Cli) -> Workspace {
        let mut second = self.elsewhere(cli);
        second.env("HOME", &self.workspace.path().display().to_string());
        second
    }

    /// Configures the same here and in a second workspace.
    fn both(&self, cli: &Cli, kind: &Kind) -> Workspace {
        self.configure(&kind.block("this"));
        let second = self.second(cli);
        second.write_main(&kind.block("this")).unwrap();
        second
    }

    /// Another workspace on another machine: nothing there tells who is alive here.
    fn elsewhere(&self, cli: &Cli) -> Workspace {
        let url = self.proxy().url();
        Workspace::new(cli, PROVIDER.as_ref(), &url, &self.account).unwrap()
    }

    /// Begins to create what is configured, and holds that at a call.
    async fn begin_and_hold(&self, (service, operation): (&str, &str)) -> Held {
        let fault = Fault::on(&self.account, service, operation).effect(Effect::Postpone);
        self.begin_and_hold_at(self.proxy().inject(fault)).await
    }

    /// The same at a fault.
    async fn begin_and_hold_at(&self, fault: FaultId) -> Held {
        let apply = ["apply", "-no-color", "-input=false", "-auto-approve"];
        let child = self.workspace.command(&apply).stdout(Stdio::piped()).spawn().unwrap();
        until(|| self.proxy().hits(fault) > 0).await;
        Held { fault, child }
    }

    /// Lets what was held end, which it does well.
    async fn release(&self, held: Held) {
        self.proxy().remove(held.fault);
        let output = held.child.wait_with_output().await.unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "the first ended with {text}");
    }

    /// Kills Terraform and the provider at once.
    async fn kill(&self, mut held: Held) {
        let group = format!("-{}", held.child.id().unwrap());
        let killed = Command::new("kill").args(["-KILL", "--", &group]).status().await.unwrap();
        assert!(killed.success());
        held.child.wait().await.unwrap();
        self.proxy().remove(held.fault);
    }

    /// The successful calls of the second workspace that changed something.
    fn changed_by_second(&self) -> Vec<String> {
        let calls = self.proxy().mutating_calls(&self.account).into_iter();
        let key = format!("Credential={}/", self.account);
        let by_second = |call: &Call| {
            call.header("authorization").is_some_and(|header| header.contains(&key))
                && call.status.is_none_or(|status| status < 300)
        };
        calls.filter(by_second).map(|call| call.operation).collect()
    }

    /// Demands that the second is refused, has changed nothing and has nothing in its state.
    async fn expect_refused(&self, second: &Workspace, kind: &Kind, sentence: &str) -> Run {
        self.proxy().clear(&self.account);
        let refused = second.apply().await.expect_error(sentence);
        let changed = self.changed_by_second();
        assert!(changed.is_empty(), "{}: the second changed {changed:?}", kind.type_name);
        assert!(second.attributes(&kind.address()).await.is_null(), "{}", kind.type_name);
        refused
    }
}

/// While the first is at work, and when it is done, the second is refused. However often it tries,
/// the first keeps what it has.
async fn the_second_is_refused(kind: impl Fn(&Scene) -> Kind) {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let kind = kind(&scene);
        if kind.attributes.contains("\"given\"") {
            given_subnet_group(&scene).await;
        }
        let second = scene.both(&cli, &kind);
        let held = scene.begin_and_hold(kind.held).await;
        scene
            .expect_refused(&second, &kind, "is being created by another run, on ")
            .await
            .expect_error("Wait for it. If that run is gone, let this one take over: set the tag")
            .expect_error("officeless:creating of what it left to \"abandoned\"");
        scene.release(held).await;
        scene.workspace.expect_empty_plan().await;
        for _ in 0..2 {
            scene.expect_refused(&second, &kind, kind.finished).await;
        }
        scene.workspace.expect_empty_plan().await;
        scene.workspace.expect_destroy().await;
        if kind.attributes.contains("\"given\"") {
            let given = [("CacheSubnetGroupName", "given")];
            let deleted = scene.aws.query("elasticache", "DeleteCacheSubnetGroup", &given).await;
            deleted.unwrap().ok().unwrap();
        }
        scene.expect_nothing_left().await;
    }
}

/// Of what was killed on this machine the next create takes everything over at once: there is no
/// second object, and its destroy leaves nothing.
async fn the_second_takes_over(kind: impl Fn(&Scene) -> Kind) {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let kind = kind(&scene);
        let second = scene.both(&cli, &kind);
        let held = scene.begin_and_hold(kind.held).await;
        scene.kill(held).await;
        second.expect_apply().await;
        second.expect_empty_plan().await;
        second.expect_destroy().await;
        scene.expect_nothing_left().await;
        let left = std::fs::read_dir(scene.workspace.path().join(FOLDER)).unwrap().count();
        assert_eq!(left, 0, "files of creates that are over");
    }
}

/// Where creates of a user tell each other that they are alive.
const FOLDER: &str = ".local/state/terraform-provider-officeless/creating";

macro_rules! for_each_kind {
    ($test:ident as $module:ident: $($kind:ident),*) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $kind() {
                    super::$test(super::$kind).await;
                }
            )*
        }
    };
}

for_each_kind!(the_second_is_refused as while_the_first_is_at_work:
    shared_storage, application_bucket, observability_buckets, pod_identity,
    pod_identity_of_a_given_role, backup_plan, block_storage, cache, bare_cache);

for_each_kind!(the_second_takes_over as when_the_first_was_killed:
    shared_storage, application_bucket, observability_buckets, pod_identity, backup_plan,
    block_storage, cache);

/// The role of the pod identity above.
const ROLE: &str = "demo-a-b";

/// Sets the creation marker of the role, as somebody with the aws command does.
async fn set_marker(scene: &Scene, value: &str) {
    let tag = [
        ("RoleName", ROLE),
        ("Tags.member.1.Key", "officeless:creating"),
        ("Tags.member.1.Value", value),
    ];
    scene.aws.query("iam", "TagRole", &tag).await.unwrap().ok().unwrap();
}

/// The creation marker of the role; empty if there is none.
async fn marker(scene: &Scene) -> String {
    let role =
        scene.aws.query("iam", "GetRole", &[("RoleName", ROLE)]).await.unwrap().ok().unwrap();
    let (_, after) = role.body.split_once("officeless:creating").unwrap_or_default();
    let value = after.split_once("<Value>").map(|(_, value)| value).unwrap_or_default();
    value.split('<').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_another_machine_only_the_time_and_the_practitioner_count() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let kind = pod_identity(&scene);
        scene.configure(&kind.block("this"));
        let held = scene.begin_and_hold(kind.held).await;
        scene.kill(held).await;
        let other = scene.elsewhere(&cli);
        other.write_main(&kind.block("this")).unwrap();
        // Nothing there says that it is dead: its time is not over.
        let claim = marker(&scene).await;
        let (until, host) = claim.split_once(' ').unwrap();
        let host = host.split('/').next().unwrap();
        let told = format!(
            "role {ROLE} is being created by another run, on {host}, which may go on until {}",
            &until[..10]
        );
        scene.expect_refused(&other, &kind, &told).await;
        // A plan cannot know what it replaces, and warns.
        let plan = other.plan().await.expect_changes();
        assert!(plan.run.says("Being Created"), "{}", plan.run);
        let nonce = "0123456789abcdef0123456789abcdef";
        set_marker(&scene, &format!("2099-01-02T03:04:05Z runner-7/{nonce}")).await;
        scene
            .expect_refused(
                &other,
                &kind,
                "on runner-7, which may go on until 2099-01-02 03:05 UTC",
            )
            .await;
        // The one on this machine knows no better of what says to be on another.
        let second = scene.second(&cli);
        second.write_main(&kind.block("this")).unwrap();
        scene.expect_refused(&second, &kind, "on runner-7").await;
        for value in [format!("2020-01-02T03:04:05Z runner-7/{nonce}"), "abandoned".to_owned()] {
            set_marker(&scene, &value).await;
            let plan = other.plan().await.expect_changes();
            assert!(!plan.run.says("Being Created"), "{}", plan.run);
            other.expect_apply().await;
            assert_eq!(marker(&scene).await, "");
            other.expect_empty_plan().await;
            other.expect_destroy().await;
            scene.expect_nothing_left().await;
            // Once more for the next value.
            let held = scene.begin_and_hold(kind.held).await;
            scene.kill(held).await;
        }
        second.expect_apply().await;
        second.expect_destroy().await;
        scene.expect_nothing_left().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_over_writes_its_own_claim_first() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let kind = pod_identity(&scene);
        scene.configure(&kind.block("this"));
        let held = scene.begin_and_hold(kind.held).await;
        let first = marker(&scene).await;
        scene.kill(held).await;
        // The second begins where the first was killed.
        let held = scene.begin_and_hold(kind.held).await;
        let second = marker(&scene).await;
        assert_ne!(first, second);
        assert_eq!(
            first.split('/').next().map(|text| &text[20..]),
            second.split('/').next().map(|text| &text[20..])
        );
        let third = scene.second(&cli);
        third.write_main(&kind.block("this")).unwrap();
        scene.expect_refused(&third, &kind, "is being created by another run").await;
        scene.release(held).await;
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_blocks_of_one_name_one_is_made() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let kind = application_bucket(&scene);
        scene.configure(&format!("{}{}", kind.block("one"), kind.block("two")));
        let hold = Fault::on(&scene.account, kind.held.0, kind.held.1).effect(Effect::Postpone);
        let hold = scene.proxy().inject(hold);
        let apply = ["apply", "-no-color", "-input=false", "-auto-approve"];
        let child = scene.workspace.command(&apply).spawn().unwrap();
        until(|| scene.proxy().hits(hold) > 0).await;
        // Its own part is over when the other has asked whose the name is, and read the tags.
        until(|| scene.proxy().count(&scene.account, "s3", "GetBucketTagging") > 1).await;
        scene.proxy().remove(hold);
        let output = child.wait_with_output().await.unwrap();
        let text = String::from_utf8_lossy(&output.stderr).replace(['\n', '│'], " ");
        assert!(!output.status.success());
        assert!(text.contains("is being created by another run"), "{text}");
        let state = scene.workspace.state().await;
        let made = state["values"]["root_module"]["resources"].as_array().unwrap();
        let [one] = made.as_slice() else { panic!("{made:?}") };
        assert_eq!(one["values"]["status"], json!("complete"));
        scene.destroy().await;
    }
}

/// Of two creates of several buckets one gets all of them: they meet at the first.
#[tokio::test(flavor = "multi_thread")]
async fn several_buckets_are_claimed_together() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let kind = observability_buckets(&scene);
        let attributes = kind.attributes.replace("[\"tempo\"]", "[\"mimir\", \"loki\", \"tempo\"]");
        let kind = Kind { attributes, ..kind };
        let second = scene.both(&cli, &kind);
        // The first has one of its buckets; asking for the next is not carried out yet.
        let next = Fault::on(&scene.account, "s3", "CreateBucket").skip(1).times(100);
        let fault = scene.proxy().inject(next.effect(Effect::Postpone));
        let held = scene.begin_and_hold_at(fault).await;
        scene.expect_refused(&second, &kind, "is being created by another run, on ").await;
        scene.release(held).await;
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

/// The ids of all volumes.
async fn volumes(scene: &Scene) -> Vec<String> {
    let found = scene.aws.query("ec2", "DescribeVolumes", &[]).await.unwrap().ok().unwrap();
    let mut ids: Vec<String> = found.xml_all("volumeId").into_iter().map(str::to_owned).collect();
    ids.sort();
    ids.dedup();
    ids
}

const VOLUME: &str = "resource \"officeless_block_volume\" \"this\" {\n  name = \"shared\"\n  \
                      availability_zone = \"us-east-1a\"\n  final_snapshot = false\n  \
                      deletion_protection = false\n}\n";

#[tokio::test(flavor = "multi_thread")]
async fn volumes_of_one_name_are_made_side_by_side() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(VOLUME);
        let second = scene.second(&cli);
        second.write_main(VOLUME).unwrap();
        let held = scene.begin_and_hold(("ec2", "DeleteTags")).await;
        let first = volumes(&scene).await;
        assert_eq!(first.len(), 1);
        second.expect_apply().await;
        assert_eq!(volumes(&scene).await.len(), 2, "the second has one of its own");
        scene.release(held).await;
        assert_eq!(
            scene.workspace.attributes("officeless_block_volume.this").await["id"],
            json!(first[0])
        );
        scene.workspace.expect_empty_plan().await;
        second.expect_empty_plan().await;
        second.expect_destroy().await;
        assert_eq!(volumes(&scene).await, first);
        scene.destroy().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_of_a_create_that_was_killed_is_taken_over() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        scene.configure(VOLUME);
        let second = scene.second(&cli);
        second.write_main(VOLUME).unwrap();
        let held = scene.begin_and_hold(("ec2", "DeleteTags")).await;
        scene.kill(held).await;
        // Listed late, as a volume that was made moments ago may be.
        let late = Fault::on(&scene.account, "ec2", "DescribeVolumes").times(1);
        let late = scene.proxy().inject(late.effect(Effect::rewrite(|_, reply| {
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            let (before, rest) = text.split_once("<volumeSet>").unwrap();
            let (_, after) = rest.split_once("</volumeSet>").unwrap();
            reply.body = format!("{before}<volumeSet></volumeSet>{after}").into_bytes();
        })));
        let left = volumes(&scene).await;
        second.expect_apply().await;
        assert_eq!(scene.proxy().hits(late), 1);
        assert_eq!(volumes(&scene).await, left, "no second volume");
        second.expect_destroy().await;
        scene.expect_nothing_left().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_system_without_a_token_of_its_own_is_passed_over() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let text = format!(
            "resource \"officeless_shared_storage\" \"this\" {{\n  cluster_name = \"{CLUSTER}\"\n  \
             deletion_protection = false\n}}\n"
        );
        scene.configure(&text);
        let second = scene.second(&cli);
        second.write_main(&text).unwrap();
        let held = scene.begin_and_hold(("elasticfilesystem", "CreateMountTarget")).await;
        second.expect_apply().await;
        scene.release(held).await;
        let address = "officeless_shared_storage.this";
        let ids = [scene.workspace.attributes(address).await, second.attributes(address).await]
            .map(|values| values["id"].clone());
        assert!(ids.iter().all(Value::is_string) && ids[0] != ids[1], "{ids:?}");
        second.expect_destroy().await;
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

/// In us-east-1 S3 answers the second request for a bucket like the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_was_made_in_the_same_moment_is_known_by_its_claim() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let kind = application_bucket(&scene);
        let second = scene.both(&cli, &kind);
        let held = scene.begin_and_hold(kind.held).await;
        // The second has asked before the first made it.
        let unseen = [("HeadBucket", ""), ("GetBucketVersioning", "NoSuchBucket")];
        let unseen = unseen.map(|(operation, code)| {
            let times = 2; // plan and apply
            let fault = Fault::on(&scene.account, "s3", operation).times(times + 1);
            scene.proxy().inject(fault.effect(Effect::refuse(404, code)))
        });
        scene.proxy().clear(&scene.account);
        second.apply().await.expect_error("is being created by another run");
        let asked = scene.proxy().count(&scene.account, "s3", "CreateBucket");
        assert_eq!(asked, 1, "the second has asked for it");
        assert!(second.attributes(&kind.address()).await.is_null());
        for fault in unseen {
            scene.proxy().remove(fault);
        }
        // A destroy of the second touches nothing.
        second.expect_destroy().await;
        scene.release(held).await;
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

/// The second asks whose the name is in two calls, and the first makes the bucket between them.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_was_made_between_two_questions_is_known_by_its_claim() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let kind = application_bucket(&scene);
        let second = scene.both(&cli, &kind);
        let held = scene.begin_and_hold(kind.held).await;
        let unseen = Fault::on(&scene.account, "s3", "HeadBucket").always();
        let unseen = scene.proxy().inject(unseen.effect(Effect::refuse(404, "")));
        scene.expect_refused(&second, &kind, "is being created by another run").await;
        scene.proxy().remove(unseen);
        scene.release(held).await;
        scene.workspace.expect_empty_plan().await;
        scene.destroy().await;
    }
}

/// Between plan and apply another account has taken the name.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_name_that_another_account_took_after_the_plan_is_refused() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        for kind in [application_bucket(&scene), observability_buckets(&scene)] {
            scene.configure(&kind.block("this"));
            let plan = scene.workspace.plan().await.expect_changes();
            let planned = plan.change(&kind.address())["after"].clone();
            let name = match &planned["bucket"] {
                Value::String(name) => name.clone(),
                _ => format!("shared{}-tempo-traces", scene.account),
            };
            let other = scene.aws.as_account("999999999999");
            other.rest("s3", "PUT", &format!("/{name}"), "").await.unwrap().ok().unwrap();
            scene.workspace.apply_plan().await.expect_error("belongs to another account");
            assert!(scene.workspace.attributes(&kind.address()).await["id"].is_null());
            other.rest("s3", "HEAD", &format!("/{name}"), "").await.unwrap().ok().unwrap();
            other.rest("s3", "DELETE", &format!("/{name}"), "").await.unwrap().ok().unwrap();
            scene.destroy().await;
        }
    }
}

/// A create that loses the race for the add-on keeps its role, and lets go of that alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_destroy_leaves_an_add_on_that_another_create_made() {
    for cli in every_cli() {
        let scene = Scene::new(&cli).await;
        let block = |role: &str| {
            format!(
                "resource \"officeless_block_storage\" \"this\" {{\n  cluster_name = \"{CLUSTER}\"\n  \
                 role_name = \"{role}\"\n}}\n"
            )
        };
        scene.configure(&block("first"));
        let second = scene.second(&cli);
        second.write_main(&block("second")).unwrap();
        // Both have looked for the add-on, and none was there.
        let held = scene.begin_and_hold(("eks", "CreateAddon")).await;
        second.expect_apply().await;
        scene.proxy().remove(held.fault);
        let output = held.child.wait_with_output().await.unwrap();
        assert!(!output.status.success());
        let text = String::from_utf8_lossy(&output.stderr).replace(['\n', '│'], " ");
        assert!(text.contains("has add-on aws-ebs-csi-driver already"), "{text}");
        for _ in 0..2 {
            let again = scene.workspace.apply().await;
            again.expect_error("has add-on aws-ebs-csi-driver already");
        }
        second.expect_empty_plan().await;
        scene.workspace.expect_destroy().await;
        second.expect_empty_plan().await;
        second.expect_destroy().await;
        scene.expect_nothing_left().await;
    }
}
