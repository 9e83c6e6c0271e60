//! Many resources at once.

use crate::support::{NOTHING, Story};

const HUNDRED_TOKENS: &str = r#"
resource "motherduck_service_account" "few" {
  count               = 5
  username            = "svc_${count.index}"
  deletion_protection = false
}

resource "motherduck_ducklings" "few" {
  count        = 5
  username     = motherduck_service_account.few[count.index].id
  read_scaling = { instance_size = "pulse", flock_size = 3 }
}

resource "motherduck_token" "many" {
  count       = 100
  username    = motherduck_service_account.few[count.index % 5].id
  name_prefix = "loader-${count.index}-"
}
"#;

#[test]
fn plan_of_100_tokens_lists_each_account_once() {
    let story = Story::new(HUNDRED_TOKENS);
    story
        .apply()
        .assert_shows("Resources: 110 added, 0 changed, 0 destroyed");
    let (accounts, tokens, ducklings) = (5 + 5, 100, 5 * 3);
    assert_eq!(story.requests().len(), accounts + tokens + ducklings);

    for arguments in [
        vec!["plan", "-detailed-exitcode"],
        vec!["plan", "-detailed-exitcode", "-parallelism=1"],
    ] {
        story.clear_requests();
        story.run(arguments);
        assert_eq!(story.requests().len(), 5 + 5);
        assert_eq!(story.writes(), NOTHING);
    }
    story.clear_requests();
    story
        .run(["destroy", "-auto-approve"])
        .assert_shows("110 destroyed");
    let reads = story.requests().len() - story.writes().len();
    assert_eq!((story.writes().len(), reads), (100 + 5, 5 + 5));
}
