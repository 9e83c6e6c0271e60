//! Terraform attached to a provider that was started with `--debug`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use motherduck_emulator::Emulator;

use crate::support::{ADMIN_TOKEN, NOTHING, Story, block, resource};

/// A provider process. It is killed at the end of the test.
struct Running(Child);

impl Running {
    /// Starts the provider for the following commands. It calls the story's emulator unless a configuration
    /// sets another address.
    fn beside(story: &mut Story) -> Self {
        let mut provider = Command::new(env!("CARGO_BIN_EXE_terraform-provider-motherduck"))
            .arg("--debug")
            .env("MOTHERDUCK_API_BASE_URL", story.emulator().url())
            .env("MOTHERDUCK_ADMIN_TOKEN", ADMIN_TOKEN)
            .stdout(Stdio::piped())
            .spawn()
            .map(Running)
            .unwrap();
        let lines = BufReader::new(provider.0.stdout.take().unwrap()).lines();
        let reattach = lines
            .map_while(Result::ok)
            .find_map(|line| {
                line.trim()
                    .strip_prefix("TF_REATTACH_PROVIDERS=")
                    .map(str::to_owned)
            })
            .expect("a line to paste");
        story.set("TF_REATTACH_PROVIDERS", reattach.trim_matches('\''));
        provider
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn provider_aliases_of_a_debug_server_use_separate_organizations() {
    let mut story = Story::new("");
    let other = story.another(Emulator::builder().admin_token("the-token-of-the-other"));
    let account = |name: &str, provider: &str, username: &str| {
        resource(
            &format!("motherduck_service_account.{name}"),
            &format!("provider = {provider}\nusername = {username:?}\ndeletion_protection = false"),
        )
    };
    // With many accounts, calls for both organizations are in flight at the same time.
    let accounts: String = (0..8)
        .map(|number| {
            account(&format!("here{number}"), "motherduck", &format!("svc_{number}"))
                + &account(
                    &format!("there{number}"),
                    "motherduck.other",
                    &format!("svc_{number}"),
                )
        })
        .collect();
    let providers = block(
        "provider \"motherduck\"",
        &format!(
            "alias = \"other\"\napi_base_url = {:?}\nadmin_token = \"the-token-of-the-other\"",
            other.url()
        ),
    );
    story.main(&(providers.clone() + &accounts + &account("only_here", "motherduck", "svc_only_here")));
    let mut provider = Running::beside(&mut story);
    // The environment of the provider's process counts, not that of Terraform.
    story.set("MOTHERDUCK_ADMIN_TOKEN", "wrong");
    let usernames = |state: &serde_json::Value| -> Vec<String> {
        let accounts = state["accounts"].as_array().unwrap().iter();
        let mut names: Vec<String> = accounts
            .filter(|account| account["is_service_account"] == true)
            .map(|account| account["username"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    let eight: Vec<String> = (0..8).map(|number| format!("svc_{number}")).collect();
    let and_one = [eight.clone(), vec!["svc_only_here".to_owned()]].concat();

    story.apply();

    assert_eq!(story.service_accounts(), and_one);
    assert_eq!(usernames(&other.state()), eight);
    story.expect_clean();

    // An object that is removed from one organization stays in the other.
    story.main(&(providers.clone() + &account("there0", "motherduck.other", "svc_0")));
    story.apply();

    assert_eq!(story.service_accounts(), NOTHING);
    assert_eq!(usernames(&other.state()), ["svc_0"]);
    story.destroy();
    assert_eq!(usernames(&other.state()), NOTHING);
    assert!(provider.0.try_wait().unwrap().is_none(), "it still serves");
}
