//! Values with the issues that they cause.

use serde_json::json;

use super::*;

fn integer(text: &str) -> Result<i64, String> {
    let value: Value = serde_json::from_str(text).unwrap();
    check(&value, |node| node.integer(&(0..=64))).map_err(|issues| issues[0].message.clone())
}

#[test]
fn integer_accepts_every_notation_of_a_whole_number() {
    assert_eq!(integer("4"), Ok(4));
    assert_eq!(integer("4.0"), Ok(4));
    assert_eq!(integer("4e0"), Ok(4));
    assert_eq!(integer("4.5"), Err("Expected integer, received float".into()));
    assert_eq!(
        integer("65"),
        Err("Number must be less than or equal to 64".into())
    );
    assert_eq!(
        integer("-1"),
        Err("Number must be greater than or equal to 0".into())
    );
    assert_eq!(
        integer("99999999999999999999"),
        Err("Number must be less than or equal to 64".into())
    );
    assert_eq!(
        integer("1e999"),
        Err("Number must be less than or equal to 64".into())
    );
    assert_eq!(
        integer("-1e30"),
        Err("Number must be greater than or equal to 0".into())
    );
    assert_eq!(integer("\"4\""), Err("Expected number, received string".into()));
    assert_eq!(integer("null"), Err("Expected number, received null".into()));
}

#[test]
fn check_returns_every_issue_with_its_path() {
    let body = json!({ "list": [{ "name": "" }, 7, {}], "flag": "yes" });
    let issues = check(&body, |node| {
        let fields = node.object()?;
        let names = fields.field("list").list(|element| {
            let name = element.object()?.field("name").string_of(1..=3)?;
            Some(name.to_owned())
        });
        let flag = fields.field("flag").boolean();
        Some((names?, flag?))
    })
    .unwrap_err();
    assert_eq!(
        serde_json::to_value(issues).unwrap(),
        json!([
            { "code": "too_small", "message": "String must contain at least 1 character(s)", "path": ["list", 0, "name"] },
            { "code": "invalid_type", "message": "Expected object, received number", "path": ["list", 1] },
            { "code": "invalid_type", "message": "Required", "path": ["list", 2, "name"] },
            { "code": "invalid_type", "message": "Expected boolean, received string", "path": ["flag"] },
        ])
    );
}

#[test]
fn optional_field_may_be_absent_but_not_null() {
    let read = |body: &Value| {
        check(body, |node| {
            Some(node.object()?.field("ttl").optional(|ttl| ttl.integer(&(1..=9))))
        })
    };
    assert_eq!(read(&json!({})), Ok(None));
    assert_eq!(read(&json!({ "ttl": 3 })), Ok(Some(3)));
    assert_eq!(
        read(&json!({ "ttl": null })).unwrap_err()[0].message,
        "Expected number, received null"
    );
}

#[test]
fn only_reports_unknown_fields() {
    let issues = check(&json!({ "users": [], "divs": [] }), |node| {
        node.object()?.only(&["users"]);
        Some(())
    })
    .unwrap_err();
    assert_eq!(issues[0].message, "Unrecognized key(s) in object: 'divs'");
}
