//! The page in a real browser: its content, its updates, and that it loads nothing from other servers.

mod browser;
mod image;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::{DEFAULT_ADMIN_TOKEN, Emulator};
use serde_json::{Value, json};

use crate::browser::{Browser, Page};
use crate::image::corner;

/// Calls the API as the admin.
fn call(emulator: &Emulator, method: &str, path: &str, body: &Value) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let url = format!("{}{path}", emulator.url());
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.request(method.parse().unwrap(), url);
        let response = request
            .bearer_auth(DEFAULT_ADMIN_TOKEN)
            .json(body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{method} {path}");
        response.json().await.unwrap()
    })
}

/// Creates objects for every part of the page. Returns the secret of the one token.
fn populate(emulator: &Emulator) -> String {
    call(
        emulator,
        "POST",
        "/v1/users",
        &json!({ "username": "analytics_loader" }),
    );
    let token = call(
        emulator,
        "POST",
        "/v1/users/analytics_loader/tokens",
        &json!({ "name": "nightly loads", "ttl": 300 }),
    );
    let config = json!({
        "read_write": { "instance_size": "standard", "cooldown_seconds": 300 },
        "read_scaling": { "instance_size": "pulse", "flock_size": 4 },
    });
    call(
        emulator,
        "PUT",
        "/v1/users/analytics_loader/instances",
        &json!({ "config": config }),
    );
    let running = json!([{ "id": "rs.3", "type": "read_scaling", "status": "cooldown" }]);
    let seed = json!({
        "users": [{ "username": "grace.hopper", "is_service_account": false, "roles": ["builder"] }],
        "running_ducklings": [{ "username": "analytics_loader", "ducklings": running }],
    });
    emulator.seed(&seed).unwrap();
    token["token"].as_str().unwrap().to_owned()
}

/// Returns the rows of a section as the texts of their cells.
fn rows(page: &Page<'_>, section: &str) -> Vec<Vec<String>> {
    let rows = page.evaluate(&format!(
        "[...document.querySelectorAll('#{section} tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText))"
    ));
    serde_json::from_value(rows).unwrap()
}

/// Returns the text of a section without rows.
fn empty(page: &Page<'_>, section: &str) -> Value {
    page.evaluate(&format!("document.querySelector('#{section} .empty').innerText"))
}

/// Opens the page and waits until it has data.
fn open<'a>(browser: &'a Browser, emulator: &Emulator) -> Page<'a> {
    let page = browser.open(&format!("{}/_emulator/", emulator.url()));
    page.wait_for("document.getElementById('status').textContent === 'live'");
    page
}

#[test]
fn page_shows_all_lists_and_no_secret() {
    let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
    let secret = populate(&emulator);
    let rules = json!([{ "fault": { "kind": "html_502" }, "nth": 9 }]);
    emulator.set_faults(&rules).unwrap();
    emulator.advance_clock(3600).unwrap();
    let browser = Browser::start();
    let page = open(&browser, &emulator);

    let accounts = rows(&page, "accounts");
    assert_eq!(accounts.len(), 3);
    assert_eq!(accounts[0][0], "grace.hopper");
    assert_eq!(accounts[0][1], "human builder");
    // Its token has expired.
    assert_eq!(
        accounts[1],
        ["analytics_loader", "service", "0", "standard, 300 s", "pulse × 4"]
    );
    let tokens = rows(&page, "tokens");
    assert!(tokens[0][0].starts_with("nightly loads"), "{tokens:?}");
    assert_eq!(tokens[0][1], "analytics_loader");
    assert!(tokens[0][3].ends_with("expired"), "{tokens:?}");
    assert_eq!(tokens[1][3], "never");
    assert_eq!(
        rows(&page, "running"),
        [["analytics_loader", "rs.3", "read_scaling", "cooldown"]]
    );
    let requests = rows(&page, "requests");
    assert_eq!(
        requests[0][1..4],
        ["PUT", "/v1/users/analytics_loader/instances", "200"]
    );
    assert_eq!(requests[2][1..4], ["POST", "/v1/users", "200"]);
    let text = page.evaluate("document.body.innerText");
    for expected in ["moved by 3,600 s", "faults: 1 rule, 0 hit", &emulator.url()] {
        assert!(
            text.as_str().unwrap().contains(expected),
            "{expected} is not in {text}"
        );
    }

    let all = page.evaluate("document.documentElement.outerHTML").to_string();
    let fed = page
        .evaluate("fetch('/_emulator/overview').then((response) => response.text())")
        .to_string();
    for shown in [all, fed] {
        assert!(shown.contains("nightly loads"));
        assert!(!shown.contains(&secret) && !shown.contains(DEFAULT_ADMIN_TOKEN));
    }
}

#[test]
fn page_updates_without_reload() {
    let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
    let browser = Browser::start();
    let page = open(&browser, &emulator);
    assert_eq!(empty(&page, "requests"), "No request yet.");
    assert_eq!(empty(&page, "running"), "None is running. A seed can start some.");
    page.evaluate("window.unloaded = false");

    populate(&emulator);
    page.wait_for("document.querySelector('[data-total=requests]').textContent === '3'");
    page.wait_for("document.querySelector('[data-total=accounts]').textContent === '3'");
    assert_eq!(rows(&page, "requests").len(), 3);
    assert_eq!(rows(&page, "running").len(), 1);

    call(&emulator, "DELETE", "/v1/users/analytics_loader", &json!({}));
    page.wait_for("!document.getElementById('accounts').innerText.includes('analytics_loader')");
    page.wait_for("document.getElementById('requests').innerText.includes('DELETE')");
    emulator.advance_clock(-60).unwrap();
    page.wait_for("document.getElementById('clock').textContent.includes('moved by -60 s')");

    drop(emulator);
    page.wait_for("document.getElementById('status').textContent === 'no connection, trying again'");
    assert_eq!(
        page.evaluate("window.unloaded"),
        false,
        "the page was loaded anew"
    );
}

/// Texts whose contrast with their background is below 4.5, the minimum of WCAG level AA.
const FAINT: &str = r"
(() => {
  const numbers = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = numbers(color).map((value) => value / 255)
      .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return numbers(color)[3] === 0 ? behind(element.parentElement) : color;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || element.closest('script, noscript, [hidden]')) continue;
    const [low, high] = [luminance(getComputedStyle(element).color), luminance(behind(element))].sort((a, b) => a - b);
    if ((high + 0.05) / (low + 0.05) < 4.5) faint.push(texts.currentNode.data);
  }
  return faint;
})()";

#[test]
fn page_has_enough_contrast_in_light_and_dark() {
    let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
    populate(&emulator);
    // The page shows every colour: an expired token, and requests that were refused, failed and without a
    // response.
    emulator.advance_clock(3600).unwrap();
    for kind in ["html_502", "drop_after"] {
        let rules = json!([{ "nth": 2, "fault": { "kind": kind } }]);
        emulator.set_faults(&rules).unwrap();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(emulator.address()).unwrap();
            let request = "GET /v1/users HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            stream.write_all(request.as_bytes()).unwrap();
            // Reading from a dropped connection may be an error.
            let _ = stream.read_to_end(&mut Vec::new());
        }
    }
    let browser = Browser::start();
    let page = open(&browser, &emulator);
    let statuses: Vec<String> = rows(&page, "requests")
        .into_iter()
        .map(|row| row[3].clone())
        .collect();
    assert_eq!(
        statuses[..4],
        ["no response drop_after", "401", "502 html_502", "401"]
    );
    for (scheme, paper) in [("light", [0xf7, 0xf6, 0xf3]), ("dark", [0x15, 0x17, 0x1a])] {
        page.prefer(scheme);
        let picture = page.screenshot(&format!("page-{scheme}.png"));
        assert_eq!(corner(&picture), paper, "{scheme}");
        assert_eq!(page.evaluate(FAINT), json!([]), "{scheme}");
    }
}

#[test]
fn page_has_headings_tables_and_labels() {
    let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
    populate(&emulator);
    let browser = Browser::start();
    let page = open(&browser, &emulator);
    assert_eq!(
        page.evaluate("[...document.querySelectorAll('h1, h2')].map((heading) => heading.innerText)"),
        json!([
            "motherduck-emulator",
            "Accounts",
            "Tokens",
            "Running Ducklings",
            "Requests"
        ])
    );
    for property in [
        "[...document.querySelectorAll('section')].every((section) => document.getElementById(section.getAttribute('aria-labelledby')))",
        "[...document.querySelectorAll('table')].every((table) => table.caption && table.tHead)",
        "[...document.querySelectorAll('th')].every((header) => header.scope === 'col' && header.innerText)",
        "[...document.querySelectorAll('.scroll')].every((part) => part.tabIndex === 0 && part.getAttribute('aria-label'))",
    ] {
        assert_eq!(page.evaluate(property), true, "{property}");
    }
}

#[test]
fn page_requests_no_other_host_and_is_not_logged() {
    let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
    let browser = Browser::start();
    let page = open(&browser, &emulator);
    page.wait_for("performance.getEntriesByType('resource').length > 2");
    let requested_urls = page.requested_urls();
    assert!(requested_urls.len() > 2, "{requested_urls:?}");
    let own = format!("{}/_emulator/", emulator.url());
    for url in requested_urls {
        assert!(url.starts_with(&own) || url == "data:,", "{url}");
    }
    assert_eq!(page.blocked(), 0);
    assert_eq!(emulator.requests(), []);
}

#[test]
fn page_shows_names_as_text() {
    let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
    let evil = "<img src=x onerror='window.evil=1'><script>window.evil=1</script>";
    let users: Vec<Value> = [evil, "\"><b>", "{{nonce}}"]
        .iter()
        .map(|name| {
            json!({
                "username": name, "is_service_account": true, "tokens": [{ "name": name }],
            })
        })
        .collect();
    emulator.seed(&json!({ "users": users })).unwrap();
    let browser = Browser::start();
    let page = open(&browser, &emulator);
    let shown: Vec<String> = rows(&page, "accounts")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(shown[..3], ["{{nonce}}", "\"><b>", evil]);
    assert!(rows(&page, "tokens")[2][0].starts_with(evil));
    assert_eq!(page.evaluate("document.querySelectorAll('img, b').length"), 0);
    assert_eq!(page.evaluate("typeof window.evil"), "undefined");
    assert_eq!(page.blocked(), 0);
    // Even an injected script would not run, because the browser runs only the page's own.
    let refused = page.evaluate(
        "(() => { try { document.body.innerHTML = '<b>'; return 'taken'; } catch (error) { return error.name; } })()",
    );
    assert_eq!(refused, "TypeError");
    assert_eq!(page.blocked(), 1);
}

#[test]
fn page_fits_long_names_and_many_roles() {
    let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
    let roles = ["admin", "builder", "explorer"];
    let long = "a".repeat(255);
    emulator
        .seed(&json!({
            "users": [{
                "username": long, "is_service_account": false, "is_deprovisioned": true, "roles": roles.repeat(5),
                "tokens": [{ "name": long }],
                "ducklings": {
                    "read_write": { "instance_size": "standard", "cooldown_seconds": 86400 },
                    "read_scaling": { "instance_size": "standard", "flock_size": 64, "cooldown_seconds": 86400 },
                },
            }],
        }))
        .unwrap();
    let browser = Browser::start();
    let page = open(&browser, &emulator);
    assert_eq!(
        page.evaluate(
            "[...document.querySelectorAll('.scroll')].filter((part) => part.scrollWidth > part.clientWidth).length"
        ),
        0
    );
}

#[test]
fn page_marks_a_redirect_as_attention() {
    let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
    emulator
        .set_faults(&json!([{ "fault": { "kind": "redirect", "to": format!("{}/_emulator/state", emulator.url()) } }]))
        .unwrap();
    // The client follows a redirect, which the log does not show.
    call(&emulator, "GET", "/v1/users", &Value::Null);
    let browser = Browser::start();
    let page = open(&browser, &emulator);
    assert_eq!(
        page.evaluate("document.querySelector('#requests tbody tr').cells[3].className"),
        "attention"
    );
}

#[test]
fn page_limits_rows_and_searches_10000_accounts() {
    let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
    let users: Vec<Value> = (0..10_000)
        .map(|number| {
            json!({
                "username": format!("svc_{number:05}"), "is_service_account": true,
                "tokens": [{ "name": format!("token of {number:05}") }],
            })
        })
        .collect();
    emulator.seed(&json!({ "users": users })).unwrap();
    let browser = Browser::start();
    let page = open(&browser, &emulator);
    for section in ["accounts", "tokens"] {
        assert_eq!(rows(&page, section).len(), 100, "{section}");
        let head = page.evaluate(&format!("document.querySelector('#{section} .head').innerText"));
        assert!(head.as_str().unwrap().contains("100 of 10,001 shown"), "{head}");
        let total = page.evaluate(&format!(
            "document.querySelector('[data-total={section}]').textContent"
        ));
        assert_eq!(total, "10,001");
    }
    page.type_into("search", "SVC_0777");
    page.wait_for("document.querySelectorAll('#accounts tbody tr').length === 10");
    page.type_into("search", "token of 07777");
    page.wait_for("document.querySelectorAll('#tokens tbody tr').length === 1");
    page.wait_for("document.querySelector('#accounts .empty').innerText === 'Nothing matches.'");
    assert_eq!(rows(&page, "tokens")[0][1], "svc_07777");
}
