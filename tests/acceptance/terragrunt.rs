//! The stack of `examples/terragrunt` under Terragrunt, with each CLI.

use std::path::PathBuf;

use officeless_testbench::{Run, Workspace, find_terragrunt, repository};

use crate::scene::{Scene, every_cli};

/// Terragrunt in a workspace that holds the stack.
struct Stack {
    terragrunt: PathBuf,
    scene: Scene,
}

impl Stack {
    async fn run(&self, arguments: &[&str]) -> Run {
        let arguments = [&["run", "--all"], arguments].concat();
        self.scene.workspace.run_program(&self.terragrunt, &arguments).await
    }

    fn state_of(&self, unit: &str) -> String {
        let file = format!("state/{unit}/terraform.tfstate");
        std::fs::read_to_string(self.scene.workspace.path().join(file)).unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stack_is_applied_planned_empty_and_destroyed() {
    let terragrunt = match find_terragrunt() {
        Ok(terragrunt) => terragrunt,
        Err(reason) => return every_cli().leave_out(&format!("{reason:#}")),
    };
    for cli in every_cli() {
        let mut scene = Scene::installed(&cli).await;
        scene.workspace.copy_configuration(&repository().join("examples/terragrunt")).unwrap();
        let prefix = scene.own_prefix("NAME_PREFIX");
        settings(&mut scene.workspace);
        let stack = Stack { terragrunt: terragrunt.clone(), scene };

        let planned = stack.run(&["plan"]).await.expect_ok();
        // Of the cluster's unit only its outputs are used.
        assert!(planned.says("Excluded 1") && planned.says("Succeeded 2"), "{planned}");
        assert!(planned.says("not-made-yet"), "the mock of 03-storage: {planned}");
        assert!(stack.scene.mutations().is_empty(), "a plan changed something");

        stack.run(&["apply"]).await.expect_ok();
        assert!(stack.state_of("03-storage").contains(&format!("{prefix}-mimir-metrics")));
        let cache = stack.state_of("06-cache");
        assert!(cache.contains(&format!("arn:aws:s3:::{prefix}-session-archive")), "{cache}");
        assert!(!cache.contains("not-made-yet"), "{cache}");
        assert_eq!(stack.state_of("02-eks"), "");

        stack.scene.mutations();
        stack.run(&["plan", "--", "-detailed-exitcode"]).await.expect_ok();
        stack.run(&["apply"]).await.expect_ok();
        let mutations = stack.scene.mutations();
        assert!(mutations.is_empty(), "a second apply changed something: {mutations:?}");

        stack.run(&["destroy"]).await.expect_ok();
        stack.scene.expect_nothing_left().await;
    }
}

/// What a pipeline sets as well.
fn settings(workspace: &mut Workspace) {
    let program = workspace.cli().path.display().to_string();
    workspace.env("TG_TF_PATH", &program);
    workspace.env("TG_NON_INTERACTIVE", "true");
    workspace.env("TG_NO_COLOR", "true");
    workspace.time_limit(std::time::Duration::from_mins(5));
}
