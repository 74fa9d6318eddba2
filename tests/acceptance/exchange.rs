//! A state written by one CLI, read by every other.

use officeless_testbench::{Bench, Cli, Example, Workspace, clis};

use crate::scene::{PROVIDER, Scene, every_cli};

const STATE: &str = "terraform.tfstate";

/// Both names of the provider, to Terraform and to OpenTofu.
const NAMES: [&str; 2] = [
    "registry.terraform.io/officeless-platform/officeless",
    "registry.opentofu.org/officeless-platform/officeless",
];

/// The complete example.
fn fill(workspace: &Workspace) {
    workspace.copy_configuration(&Example::complete().unwrap().folder).unwrap();
}

const PREFIX: &str = "TF_VAR_name_prefix";

/// A workspace in the same account.
async fn beside(scene: &Scene, cli: &Cli) -> Workspace {
    let url = Bench::shared().await.proxy.url();
    Workspace::new(cli, PROVIDER.as_ref(), &url, &scene.account).unwrap()
}

fn hand_over(from: &Workspace, to: &Workspace) {
    let state = std::fs::read_to_string(from.path().join(STATE)).unwrap();
    assert!(state.contains("\"officeless_"), "an empty state shows nothing");
    to.write(STATE, &state).unwrap();
}

fn others(writer: &Cli) -> Vec<Cli> {
    clis().into_iter().filter(|cli| cli != writer).collect()
}

/// The example has every resource, so that no state is left unread.
fn assert_every_resource_is_in(workspace: &Workspace) {
    let state = std::fs::read_to_string(workspace.path().join(STATE)).unwrap();
    for resource in officeless::resources::all() {
        let quoted = format!("\"type\": \"{}\"", resource.type_name());
        assert!(state.contains(&quoted), "the state has no {}", resource.type_name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_of_one_cli_is_planned_empty_by_every_other() {
    if clis().len() < 2 {
        return every_cli().leave_out("no second CLI");
    }
    for writer in every_cli() {
        let mut scene = Scene::new(&writer).await;
        let prefix = scene.own_prefix(PREFIX);
        fill(&scene.workspace);
        scene.workspace.expect_apply().await;
        assert_every_resource_is_in(&scene.workspace);
        scene.mutations();
        let mut last = None;
        for reader in others(&writer) {
            let mut workspace = beside(&scene, &reader).await;
            workspace.env(PREFIX, &prefix);
            fill(&workspace);
            hand_over(&scene.workspace, &workspace);
            if writer.name == "tofu" {
                let [terraform, tofu] = NAMES;
                workspace.plan().await.run.expect_error(tofu);
                let replaced = ["state", "replace-provider", "-auto-approve", tofu, terraform];
                workspace.run(&replaced).await.expect_ok();
            }
            workspace.expect_empty_plan().await;
            workspace.expect_apply().await;
            workspace.expect_empty_plan().await;
            last = Some(workspace);
        }
        let mutations = scene.mutations();
        assert!(mutations.is_empty(), "{} made another change: {mutations:?}", writer.label());
        last.unwrap().expect_destroy().await;
        scene.expect_nothing_left().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_long_name_a_state_goes_back_and_forth() {
    if clis().len() < 2 {
        return every_cli().leave_out("no second CLI");
    }
    let [long, _] = NAMES;
    for first in every_cli() {
        let mut scene = Scene::new(&first).await;
        let text = format!(
            "terraform {{\n  required_providers {{\n    officeless = {{ source = \"{long}\" }}\n  \
             }}\n}}\n\nprovider \"officeless\" {{}}\n\nresource \"officeless_application_bucket\" \
             \"this\" {{\n  bucket = \"{}-uploads\"\n}}\n",
            scene.account
        );
        override_by(&mut scene.workspace, long);
        scene.workspace.write("main.tf", &text).unwrap();
        scene.workspace.expect_apply().await;
        for other in others(&first) {
            let mut workspace = beside(&scene, &other).await;
            override_by(&mut workspace, long);
            workspace.write("main.tf", &text).unwrap();
            hand_over(&scene.workspace, &workspace);
            workspace.expect_empty_plan().await;
            let tagged = text.replace(
                "-uploads\"\n",
                &format!("-uploads\"\n  tags = {{ by = \"{}\" }}\n", other.version),
            );
            workspace.write("main.tf", &tagged).unwrap();
            workspace.expect_apply().await;
            // And back.
            hand_over(&workspace, &scene.workspace);
            scene.workspace.write("main.tf", &tagged).unwrap();
            scene.workspace.expect_empty_plan().await;
            scene.workspace.write("main.tf", &text).unwrap();
            scene.workspace.expect_apply().await;
        }
        scene.destroy().await;
    }
}

/// A development override for one long name: the short one is another registry to each CLI.
fn override_by(workspace: &mut Workspace, name: &str) {
    let folder = std::path::Path::new(PROVIDER).parent().unwrap().display().to_string();
    let text = format!(
        "provider_installation {{\n  dev_overrides {{\n    {name:?} = {folder:?}\n  }}\n  direct \
         {{}}\n}}\n"
    );
    workspace.configure_cli(&text).unwrap();
}
