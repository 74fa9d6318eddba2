use super::*;
use crate::clis;

fn workspace(cli: &Cli) -> Workspace {
    let binary = std::env::current_exe().unwrap();
    Workspace::new(cli, &binary, "http://127.0.0.1:1", "111122223333").unwrap()
}

#[tokio::test]
async fn every_cli_plans_applies_and_tells_its_state() {
    for cli in clis() {
        let workspace = workspace(&cli);
        workspace.write("main.tf", "output \"answer\" {\n  value = 42\n}\n").unwrap();
        workspace.validate().await.expect_ok();
        workspace.plan().await.expect_changes();
        workspace.apply_plan().await.expect_ok();
        workspace.expect_empty_plan().await;
        assert_eq!(workspace.output("answer").await, 42, "{cli:?}");
        assert_eq!(workspace.state().await["values"]["outputs"]["answer"]["value"], 42);
        assert_eq!(workspace.attributes("none.such").await, Value::Null);
        workspace.forget_state().unwrap();
        workspace.plan().await.expect_changes();
    }
}

#[tokio::test]
async fn unknown_values_can_come_from_the_built_in_resource() {
    for cli in clis() {
        let workspace = workspace(&cli);
        let text = "resource \"terraform_data\" \"known_later\" {\n  input = \"x\"\n}\n\
                    output \"later\" {\n  value = terraform_data.known_later.output\n}\n";
        workspace.write("main.tf", text).unwrap();
        let plan = workspace.plan().await.expect_changes();
        assert_eq!(plan.actions()["terraform_data.known_later"], ["create"]);
        let change = plan.change("terraform_data.known_later");
        assert_eq!(change["after_unknown"]["output"], true);
        workspace.expect_apply().await;
        assert_eq!(workspace.attributes("terraform_data.known_later").await["output"], "x");
        workspace.expect_destroy().await;
    }
}

#[tokio::test]
async fn errors_are_found_across_line_breaks_and_frames() {
    for cli in clis() {
        let workspace = workspace(&cli);
        workspace.write("main.tf", "resource \"nothing\" {}\n").unwrap();
        let run = workspace.validate().await;
        run.expect_error("All resource blocks must have 2 labels (type, name).");
    }
}

#[tokio::test]
async fn a_command_past_its_time_limit_is_killed() {
    for cli in clis() {
        let mut workspace = workspace(&cli);
        workspace.time_limit(Duration::from_millis(1));
        let run = workspace.run(&["version"]).await;
        assert_eq!(run.code, None, "{run}");
    }
}

#[tokio::test]
async fn nothing_of_the_machine_reaches_the_cli() {
    let cli = clis().remove(0);
    let environment = workspace(&cli).environment;
    assert_eq!(environment["AWS_ENDPOINT_URL"], "http://127.0.0.1:1");
    assert!(!environment.keys().any(|name| name.to_lowercase().contains("proxy")));
    assert_ne!(Some(environment["HOME"].clone()), std::env::var("HOME").ok());
}

#[test]
fn the_types_of_a_configuration_are_known() {
    let text = "data \"officeless_cluster\" \"a\" {}\n  resource \"officeless_cache\" \"b\" {\n  \
                x = officeless_cache.b.id # resource \"officeless_none\"\n}\n";
    assert_eq!(types_in(text), ["data officeless_cluster", "resource officeless_cache"]);
}
