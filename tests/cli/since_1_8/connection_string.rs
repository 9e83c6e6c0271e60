//! `provider::motherduck::connection_string`: the secret in the arguments and the result is never shown.

use std::fs;
use std::path::Path;

use motherduck_emulator::Emulator;

use crate::support::{Feature, NOTHING, Story, block};

/// Returns an output block with the result for these arguments.
fn output(arguments: &str, more: &str) -> String {
    let call = format!("value = provider::motherduck::connection_string({arguments})\n{more}");
    block("output \"connection\"", &call)
}

const TOKEN: &str = r#"
resource "motherduck_service_account" "svc" {
  username            = "svc"
  deletion_protection = false
}

resource "motherduck_token" "svc" {
  username = motherduck_service_account.svc.id
  name     = "dashboards"
}
"#;

#[test]
fn a_string_without_a_secret_is_made_without_an_api() {
    let arguments = r#""my db", null, {
        saas_mode = true, attach_mode = "single", session_name = null, connection_timeout = "30s"
    }"#;
    let mut story = Story::since(Feature::Functions, &output(arguments, ""));
    story.set("MOTHERDUCK_ADMIN_TOKEN", "");

    story.run(["validate"]);
    story.apply();

    let printed = story.run(["output", "-raw", "connection"]);
    let expected = "md:my%20db?attach_mode=single&saas_mode=true&connection_timeout=30s";
    assert_eq!(printed.stdout(), expected);
    assert_eq!(story.sent(), NOTHING);
}

#[test]
fn a_token_of_the_same_configuration_makes_the_string_sensitive() {
    let arguments = r#""sales", motherduck_token.svc.token, { session_name = "a b" }"#;
    let main = TOKEN.to_owned() + &output(arguments, "sensitive = true");
    let story = Story::since(Feature::Functions, &main);

    // The token is known only after apply, and so is the result.
    let plan = story.plan();
    let connection = &plan.json()["output_changes"]["connection"];
    assert_eq!(connection["after_unknown"], true, "{connection}");
    assert_eq!(connection["after_sensitive"], true, "{connection}");
    story.apply_saved_plan();

    let secret = story.text("motherduck_token.svc", "token");
    assert_eq!(
        story.run(["output", "-raw", "connection"]).stdout(),
        format!("md:sales?motherduck_token={secret}&session_name=a%20b")
    );
    story
        .run(["output"])
        .shows("connection = <sensitive>")
        .hides(&secret);
    story.expect_clean();
}

#[test]
fn a_string_with_a_secret_is_not_put_out_unmarked() {
    let arguments = r#""", motherduck_token.svc.token, null"#;
    let story = Story::since(
        Feature::Functions,
        &(TOKEN.to_owned() + &output(arguments, "sensitive = true")),
    );
    story.apply();
    let secret = story.text("motherduck_token.svc", "token");

    story.main(&(TOKEN.to_owned() + &output(arguments, "")));

    story.fail(["plan"]).shows("sensitive").hides(&secret);
}

/// Each line is a case: the arguments, the parameter of the error, and words of its message.
const MISTAKES: &str = r#"
null, "t", null                                  | database   | null
" ", "t", null                                   | database   | must not be blank
"md:db", "t", null                               | database   | without `md:` in front
"db", "", null                                   | token      | must not be blank
"db", "s3cret\n", null                           | token      | trimspace()
"", "t", { attach_mode = "single" }              | parameters | needs a database
"db", "t", { attach_mode = "s3cret" }            | parameters | `attach_mode` must be `workspace` or `single`
"db", "t", { saas_mode = "maybe" }               | parameters | `saas_mode` must be `true` or `false`
"db", "t", { session_name = "" }                 | parameters | `session_name` must be
"db", "t", { connection_timeout = 30 }           | parameters | such as `30s`
"db", "t", { dbinstance_inactivity_ttl = "15" }  | parameters | such as `30s`
"db", "t", { motherduck_token = "s3cret" }       | parameters | as the argument `token`
"db", "t", { sessionname = "x" }                 | parameters | There are `attach_mode`, `saas_mode`, `session_name`
"#;

#[test]
fn mistakes_are_found_by_validate_and_blamed_on_their_argument() {
    let mut story = Story::since(Feature::Functions, "");
    story.set("MOTHERDUCK_ADMIN_TOKEN", "");
    for case in MISTAKES.lines().filter(|line| !line.is_empty()) {
        let [arguments, parameter, reason] = case.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("{case} is not a known case");
        };
        story.main(&output(arguments, ""));
        let printed = story.fail(["validate", "-json"]).json();
        let [error] = printed["diagnostics"].as_array().unwrap().as_slice() else {
            panic!("{case}: {printed:#}")
        };
        let detail = error["detail"].as_str().unwrap();
        assert!(
            detail.contains(reason) && detail.contains(&format!("\"{parameter}\"")),
            "{case}: {detail}"
        );
        assert!(!detail.contains("s3cret"), "{case}: {detail}");
    }
    assert_eq!(story.sent(), NOTHING);
}

#[test]
fn the_example_of_the_documentation_works() {
    let example = |path: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(path);
        fs::read_to_string(path).unwrap()
    };
    let story = Story::since_without_init(Feature::Functions, Emulator::builder());
    story.write("provider.tf", &example("provider/provider.tf"));
    story.main(&example("functions/connection_string/function.tf"));
    story.run(["fmt", "-check"]);
    story.run(["init"]);

    story.apply();

    let secret = story.text("motherduck_token.dashboards", "token");
    assert_eq!(
        story.run(["output", "-raw", "dashboards_connection"]).stdout(),
        format!("md:sales?motherduck_token={secret}&attach_mode=single&session_name=customer%20dashboards")
    );
    story.expect_clean();
}
