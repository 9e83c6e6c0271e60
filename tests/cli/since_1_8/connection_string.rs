//! `provider::motherduck::connection_string`: a secret in its arguments is not shown in its result.

use motherduck_emulator::Emulator;

use crate::support::{Feature, NOTHING, Story, block, example};

/// Returns an output block with the result for these arguments.
fn output(arguments: &str) -> String {
    let call = format!("value = provider::motherduck::connection_string({arguments})");
    block("output \"connection\"", &call)
}

#[test]
fn connection_string_needs_no_token_and_reports_invalid_arguments() {
    let arguments = r#""my db", null, {
        saas_mode = true, attach_mode = "single", session_name = null, connection_timeout = "30s"
    }"#;
    let mut story = Story::since(Feature::Functions, &output(arguments));
    story.set("MOTHERDUCK_ADMIN_TOKEN", "");

    story.run(["validate"]);
    story.apply();
    let printed = story.run(["output", "-raw", "connection"]);
    let expected = "md:my%20db?attach_mode=single&saas_mode=true&connection_timeout=30s";
    assert_eq!(printed.stdout(), expected);

    story.write_main(&output(r#""db", "s3cret\n", null"#));
    let printed = story.run_fails(["validate", "-json"]).json();
    let [error] = printed["diagnostics"].as_array().unwrap().as_slice() else {
        panic!("{printed:#}")
    };
    let detail = error["detail"].as_str().unwrap();
    assert!(
        detail.contains("trimspace()") && detail.contains("\"token\""),
        "{detail}"
    );
    assert!(!detail.contains("s3cret"), "{detail}");
    assert_eq!(story.requests(), NOTHING);
}

#[test]
fn connection_string_with_a_token_is_sensitive() {
    let main = example("functions/connection_string/function.tf");
    let story = Story::since_without_init(Feature::Functions, Emulator::builder());
    story.write("provider.tf", &example("provider/provider.tf"));
    story.write_main(&main);
    story.run(["init"]);

    // The token is known only after apply, and so is the result.
    let plan = story.plan();
    let connection = &plan.json()["output_changes"]["dashboards_connection"];
    assert_eq!(connection["after_unknown"], true, "{connection}");
    assert_eq!(connection["after_sensitive"], true, "{connection}");
    story.apply_saved_plan();

    let secret = story.attribute("motherduck_token.dashboards", "token");
    assert_eq!(
        story.run(["output", "-raw", "dashboards_connection"]).stdout(),
        format!("md:sales?motherduck_token={secret}&attach_mode=single&session_name=customer%20dashboards")
    );
    story
        .run(["output"])
        .assert_shows("dashboards_connection = <sensitive>")
        .assert_does_not_show(&secret);
    story.expect_empty_plan();

    story.write_main(&main.replace("sensitive = true", ""));
    story
        .run_fails(["plan"])
        .assert_shows("sensitive")
        .assert_does_not_show(&secret);
}
