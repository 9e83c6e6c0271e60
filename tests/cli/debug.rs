//! Terraform attached to a provider that was started with `--debug`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use motherduck_emulator::Emulator;

use crate::support::program::PROVIDER;
use crate::support::{ADMIN_TOKEN, NOTHING, Story, block, resource, service_accounts};

/// A provider process. It is killed at the end of the test.
struct DebugProvider(Child);

impl DebugProvider {
    /// Starts the provider for the following commands. It calls the story's emulator unless a configuration
    /// sets another address.
    fn start(story: &mut Story) -> Self {
        let mut provider = Command::new(PROVIDER)
            .arg("--debug")
            .env("MOTHERDUCK_API_BASE_URL", story.emulator().url())
            .env("MOTHERDUCK_ADMIN_TOKEN", ADMIN_TOKEN)
            .stdout(Stdio::piped())
            .spawn()
            .map(DebugProvider)
            .unwrap();
        let lines = BufReader::new(provider.0.stdout.take().unwrap()).lines();
        let reattach = lines
            .map_while(Result::ok)
            .find_map(|line| {
                line.trim()
                    .strip_prefix("TF_REATTACH_PROVIDERS=")
                    .map(str::to_owned)
            })
            .expect("the provider prints TF_REATTACH_PROVIDERS");
        story.set("TF_REATTACH_PROVIDERS", reattach.trim_matches('\''));
        provider
    }
}

impl Drop for DebugProvider {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn provider_aliases_of_a_debug_server_use_separate_organizations() {
    let mut story = Story::new("");
    let other = story.start_another_emulator(Emulator::builder().admin_token("the-token-of-the-other"));
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
    story.write_main(&(providers.clone() + &accounts + &account("only_here", "motherduck", "svc_only_here")));
    let mut provider = DebugProvider::start(&mut story);
    // The environment of the provider's process counts, not that of Terraform.
    story.set("MOTHERDUCK_ADMIN_TOKEN", "wrong");
    let eight: Vec<String> = (0..8).map(|number| format!("svc_{number}")).collect();
    let and_one = [eight.clone(), vec!["svc_only_here".to_owned()]].concat();

    story.apply();

    assert_eq!(story.service_accounts(), and_one);
    assert_eq!(service_accounts(&other.state()), eight);
    story.expect_empty_plan();

    // An object that is removed from one organization stays in the other.
    story.write_main(&(providers.clone() + &account("there0", "motherduck.other", "svc_0")));
    story.apply();

    assert_eq!(story.service_accounts(), NOTHING);
    assert_eq!(service_accounts(&other.state()), ["svc_0"]);
    story.destroy();
    assert_eq!(service_accounts(&other.state()), NOTHING);
    assert!(provider.0.try_wait().unwrap().is_none(), "the provider has ended");
}
