//! Service accounts: creation, listing, validation, deletion.

use reqwest::Method;
use serde_json::json;

use super::limits::{OverLimit, deviations};
use crate::check::{Check, checks};
use crate::outcome::{Failure, Outcome, Verdict, found, require, unless};
use crate::suite::{Suite, account, instances, tokens};

pub(super) const CHECKS: &[Check] = &checks![
    create_and_delete("an account is created, found and deleted"),
    limits("a username beyond the limits is refused with its issue"),
    taken("a username that is taken").question(1),
    letter_case("letter case of usernames").question(6),
    unicode("letters beyond ASCII in usernames").question(6),
    unit_of_length("what the length of a username counts").question(6),
    deletes_itself("an account deletes itself").question(12),
    deletes_others("an Admin deletes itself, the last Admin, an account with shares").question(12),
];

async fn create_and_delete(suite: &Suite) -> Verdict {
    let name = suite.api.ledger.generate_name("");
    let created = suite.create_account(&name).await?;
    let echoed = created.ok("POST /v1/users")?["username"] == *name;
    require(echoed, "POST /v1/users: the response has another username")?;
    let there = suite.api.get(instances(&name)).send().await?;
    there.ok("GET …/instances")?;
    require(
        suite.live_tokens(&name).await?.is_empty(),
        "GET …/tokens: a new account has tokens",
    )?;

    suite.delete_account(&name).await?;
    for (what, call) in [
        ("GET …/instances after the end", suite.api.get(instances(&name))),
        ("GET …/tokens after the end", suite.api.get(tokens(&name))),
        (
            "POST …/tokens after the end",
            suite.api.post(tokens(&name), json!({ "name": "late" })),
        ),
        ("a second DELETE", suite.api.delete(account(&name))),
    ] {
        call.send().await?.refused(what, 404, "NOT_FOUND")?;
    }
    Ok(Outcome::Pass)
}

async fn limits(suite: &Suite) -> Verdict {
    let case = |what, username: String| OverLimit {
        what,
        body: json!({ "username": username }),
        issue: &["username"],
    };
    // Names that are too short or begin with another character are omitted, because all names of the suite
    // begin with its prefix.
    let mut cases: Vec<OverLimit> = [
        ("a hyphen", "-x"),
        ("a dot", ".x"),
        ("a blank", " x"),
        ("an @", "@x"),
    ]
    .into_iter()
    .map(|(what, ending)| case(what, suite.api.ledger.generate_name(ending)))
    .collect();
    cases.push(case("256 characters", of_length(suite, 256, 'x')));
    cases.push(OverLimit {
        what: "no username",
        body: json!({}),
        issue: &["username"],
    });
    cases.push(OverLimit {
        what: "a number",
        body: json!({ "username": 7 }),
        issue: &["username"],
    });
    let mut deviations = deviations(suite, Method::POST, "/v1/users", cases).await?;
    let longest = of_length(suite, 255, 'x');
    let created = suite.create_account(&longest).await?;
    if created.status != 200 {
        deviations.push(format!("255 characters: {} instead of 200", created.summary()));
    }
    unless(&deviations)
}

/// Returns a name of `length` characters that ends with `last`.
fn of_length(suite: &Suite, length: usize, last: char) -> String {
    let random = suite.api.ledger.generate_name("").chars().count();
    let ending: String = std::iter::repeat_n(last, length - random).collect();
    suite.api.ledger.generate_name(&ending)
}

async fn taken(suite: &Suite) -> Verdict {
    let name = suite.account().await?;
    let again = suite.create_account(&name).await?;
    let other_case = suite.create_account(&name.to_uppercase()).await?;
    require(again.status >= 400, "the same username was accepted twice")?;
    let in_other_case = if other_case.summary() == again.summary() {
        "the same in another letter case".to_owned()
    } else {
        format!("{} in another letter case", other_case.summary())
    };
    found(format!(
        "{} {}; {in_other_case}",
        again.summary(),
        again.known_words()
    ))
}

async fn letter_case(suite: &Suite) -> Verdict {
    let name = suite.api.ledger.generate_name("_Xy");
    let created = suite.create_account(&name).await?;
    let echoed = created.ok("POST /v1/users")?["username"].clone();
    let echoed = if echoed == *name {
        "echoed as created"
    } else if echoed == *name.to_lowercase() {
        "echoed in lower case"
    } else {
        "echoed otherwise"
    };
    let mut spellings = Vec::new();
    for spelling in [name.to_lowercase(), name.to_uppercase()] {
        spellings.push(suite.api.get(instances(&spelling)).send().await?.status);
    }
    let counts = if spellings == [200, 200] {
        "found in any case"
    } else {
        "not found in every case"
    };
    found(format!("{echoed}, {counts}"))
}

async fn unicode(suite: &Suite) -> Verdict {
    let name = suite.api.ledger.generate_name("_ñé");
    let created = suite.create_account(&name).await?;
    if created.status != 200 {
        return found(format!("refused, {}", created.summary()));
    }
    let looked = suite.api.get(instances(&name)).send().await?;
    looked.ok("GET …/instances of a name that was accepted")?;
    found("accepted")
}

async fn unit_of_length(suite: &Suite) -> Verdict {
    // Both names have 255 characters. The first one has more than 255 bytes, the second one more than 255
    // UTF-16 units too.
    let mut accepted = Vec::new();
    for last in ['é', '𐐀'] {
        let name = of_length(suite, 255, last);
        accepted.push(suite.create_account(&name).await?.status == 200);
    }
    found(match accepted[..] {
        [_, true] => "characters",
        [true, false] => "UTF-16 units",
        _ => "not observable: bytes, or such letters are refused",
    })
}

async fn deletes_itself(suite: &Suite) -> Verdict {
    let name = suite.account().await?;
    let member = suite.token(&name, json!({ "name": "member" })).await?;
    let deleted = suite
        .api
        .delete(account(&name))
        .bearer(&member.secret)
        .send()
        .await?;
    found(deleted.summary())
}

#[expect(clippy::unused_async, reason = "every check is asynchronous")]
async fn deletes_others(_: &Suite) -> Verdict {
    Ok(Outcome::Skipped(
        "only accounts of this suite are deleted".to_owned(),
    ))
}

/// Creates the accounts that a check needs.
pub(super) async fn create_accounts<const N: usize>(suite: &Suite) -> Result<[String; N], Failure> {
    let mut names = Vec::new();
    for _ in 0..N {
        names.push(suite.account().await?);
    }
    names
        .try_into()
        .map_err(|_| "not as many accounts as asked for".into())
}
