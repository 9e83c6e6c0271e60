//! `validate` finds errors in a configuration before any request is sent. `tests/protocol/validate.rs` has the rules.

use motherduck_emulator::Emulator;
use serde_json::Value;

use crate::support::{NOTHING, Story};

/// `provider` blocks with one error each, in the line after a comment with its attribute and its reason. Terraform
/// validates a block only if something uses it.
const PROVIDERS: &str = r#"
provider "motherduck" {
  # admin_token | must not contain line breaks
  admin_token = "hunter2\nhunter2"
}

provider "motherduck" {
  alias = "other"
  # api_base_url | must not contain credentials
  api_base_url = "https://user:hunter2@api.example.com"
}

resource "motherduck_service_account" "svc" {
  username = "svc"
}

resource "motherduck_service_account" "other" {
  provider = motherduck.other
  username = "svc"
}
"#;

/// The same for other blocks, which are validated only where no `provider` block has an error.
const OTHERS: &str = r#"
resource "motherduck_service_account" "svc" {
  # username | must start with a letter
  username = "1account"
}

resource "motherduck_service_account" "other" {
  # username | 3 to 255 characters, not 256
  username = join("", [for i in range(256) : "a"])
}

resource "motherduck_token" "loader" {
  username = "svc"
  name     = "loader"
  # ttl | whole number from 300 to 31536000, not 299
  ttl      = 299
}

resource "motherduck_ducklings" "svc" {
  username   = "svc"
  # read_write.cooldown_seconds | 60 to 86400, not 59
  read_write = { instance_size = "mega", cooldown_seconds = 59 }
}

data "motherduck_tokens" "svc" {
  # username | must not be blank
  username = " "
}
"#;

/// Returns the line of each error, its attribute and its reason.
fn expected(main: &str) -> Vec<(u64, &str, &str)> {
    let lines = (2..).zip(main.lines());
    let errors = lines.filter_map(|(next, line)| {
        let (attribute, reason) = line.trim().strip_prefix("# ")?.split_once(" | ")?;
        Some((next, attribute, reason))
    });
    errors.collect()
}

#[track_caller]
fn assert_found(found: &[Value], expected: &[(u64, &str, &str)]) {
    for (line, attribute, reason) in expected {
        let text = |error: &Value| format!("{} {}", error["summary"], error["detail"]);
        let shown = found.iter().find(|error| text(error).contains(reason));
        let shown = shown.unwrap_or_else(|| panic!("{reason} is missing in {found:#?}"));
        assert_eq!(shown["severity"], "error");
        assert!(text(shown).contains(&format!("`{attribute}`")), "{shown:#}");
        assert!(!text(shown).contains("hunter2"), "{shown:#}");
        if *attribute == "admin_token" {
            // The secret is not even in the line of the configuration that a CLI prints below the message.
            assert!(!shown.to_string().contains("hunter2"), "{shown:#}");
        } else if !attribute.contains('.') {
            // For a nested attribute Terraform shows the line of the block.
            assert_eq!(shown["range"]["start"]["line"], *line, "{shown:#}");
        }
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn validate_reports_errors_at_their_attributes_without_secrets() {
    let story = Story::without_init(Emulator::builder());
    story.init(PROVIDERS);

    for main in [PROVIDERS, OTHERS] {
        story.write_main(main);
        let found = story.run_fails(["validate", "-json"]).json();
        assert_found(found["diagnostics"].as_array().unwrap(), &expected(main));
    }
    assert_eq!(story.requests(), NOTHING);
}
