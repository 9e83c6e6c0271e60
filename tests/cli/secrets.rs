//! The secret of a token is stored only in the state. At the end of every story the output and logs of all
//! commands are searched for it.

use crate::support::{Story, TOKEN, unprotected_resources};

/// An output with the secret.
const OUTPUT: &str = r#"
output "secret" {
  value     = motherduck_token.loader.token
  sensitive = true
}
"#;

#[test]
fn secret_is_sensitive_in_the_state_and_in_no_output() {
    let story = Story::new(&(unprotected_resources() + &OUTPUT.replace("sensitive = true", "")));
    story.run_fails(["plan"]).assert_shows("sensitive");

    story.write_main(&(unprotected_resources() + OUTPUT));
    story.run(["plan", "-out=first"]);
    story.run(["show", "first"]).assert_shows("(sensitive value)");
    story.run(["apply", "first"]);
    story.run(["show"]).assert_shows("(sensitive value)");
    story.run(["output"]).assert_shows("<sensitive>");
    story
        .run(["state", "show", TOKEN])
        .assert_shows("(sensitive value)");
    story.run(["plan", "-json", "-replace=motherduck_token.loader", "-out=second"]);
    story.run(["apply", "-json", "second"]);

    let state = story.state();
    let token = state["values"]["root_module"]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|resource| resource["address"] == TOKEN)
        .unwrap();
    let secret = token["values"]["token"].as_str().unwrap();
    assert!(secret.len() > 20, "{secret}");
    assert_eq!(token["sensitive_values"]["token"], true);
    // Only this command prints it.
    assert_eq!(story.run(["output", "-raw", "secret"]).stdout(), secret);
    story.run(["destroy", "-json", "-auto-approve"]);
}
