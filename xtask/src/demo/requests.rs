//! The emulator's log as lines: equal requests appear once, with their number.

use serde_json::Value;

/// Returns one line for each method, path and status, in the order of first appearance.
pub(super) fn lines(requests: &[Value]) -> Vec<String> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for request in requests {
        let text = |field: &str| match &request[field] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let line = format!("{}  {:<6} {}", text("status"), text("method"), text("path"));
        match counted.iter_mut().find(|(known, _)| *known == line) {
            Some((_, count)) => *count += 1,
            None => counted.push((line, 1)),
        }
    }
    counted
        .into_iter()
        .map(|(line, count)| match count {
            1 => line,
            _ => format!("{line}  ×{count}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_requests_are_one_line_with_a_count() {
        let requests = [
            json!({ "method": "POST", "path": "/v1/users", "status": 200, "ms": 3 }),
            json!({ "method": "GET", "path": "/v1/users/a/instances", "status": 200, "ms": 1 }),
            json!({ "method": "POST", "path": "/v1/users", "status": 200, "ms": 2 }),
            json!({ "method": "GET", "path": "/v1/users/a/instances", "status": 404, "ms": 1 }),
        ];

        assert_eq!(
            lines(&requests),
            [
                "200  POST   /v1/users  ×2",
                "200  GET    /v1/users/a/instances",
                "404  GET    /v1/users/a/instances",
            ]
        );
    }
}
