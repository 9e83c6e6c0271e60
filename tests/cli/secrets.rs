//! The secret of a token is stored only in the state. At the end of every story the output and logs of all
//! commands are searched for it.

use crate::support::Story;

const ADDRESS: &str = "motherduck_token.loader";

const MAIN: &str = r#"
resource "motherduck_service_account" "svc" {
  username            = "svc"
  deletion_protection = false
}

resource "motherduck_token" "loader" {
  username = motherduck_service_account.svc.id
  name     = "loader"
}

resource "motherduck_ducklings" "svc" {
  username   = motherduck_service_account.svc.id
  read_write = { instance_size = "pulse" }
}

output "secret" {
  value     = motherduck_token.loader.token
  sensitive = true
}
"#;

#[test]
fn secret_is_sensitive_in_the_state_and_in_no_output() {
    let story = Story::new(&MAIN.replace("sensitive = true", ""));
    story.run_fails(["plan"]).shows("sensitive");

    story.write_main(MAIN);
    story.run(["plan", "-out=first"]);
    story.run(["show", "first"]).shows("(sensitive value)");
    story.run(["apply", "first"]);
    story.run(["show"]).shows("(sensitive value)");
    story.run(["output"]).shows("<sensitive>");
    story.run(["state", "show", ADDRESS]).shows("(sensitive value)");
    story.run(["plan", "-json", "-replace=motherduck_token.loader", "-out=second"]);
    story.run(["apply", "-json", "second"]);

    let state = story.state();
    let token = state["values"]["root_module"]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|resource| resource["address"] == ADDRESS)
        .unwrap();
    let secret = token["values"]["token"].as_str().unwrap();
    assert!(secret.len() > 20, "{secret}");
    assert_eq!(token["sensitive_values"]["token"], true);
    // Only this command prints it.
    assert_eq!(story.run(["output", "-raw", "secret"]).stdout(), secret);
    story.run(["destroy", "-json", "-auto-approve"]);
}
