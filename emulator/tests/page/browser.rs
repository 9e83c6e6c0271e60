//! A headless Chromium, controlled by the protocol of its developer tools: JSON messages that end with a zero
//! byte, over a pair of pipes.

use std::cell::{Cell, RefCell};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The deadline of every wait. It is far longer than any step takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Chromium reads commands from descriptor 3 and writes responses to 4. The shell connects them to its own
/// input and output.
const PIPES: &str = r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null"#;

const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
];

/// A running browser. Dropping it ends the process.
pub(crate) struct Browser {
    child: Child,
    commands: RefCell<ChildStdin>,
    responses: Receiver<Value>,
    last_id: Cell<u64>,
    /// Events that the browser sent.
    events: RefCell<Vec<Value>>,
    _profile: tempfile::TempDir,
}

/// A page in a browser.
pub(crate) struct Page<'a> {
    browser: &'a Browser,
    session: String,
}

impl Browser {
    /// Starts the browser that `cargo xtask page` has found.
    #[track_caller]
    pub(crate) fn start() -> Self {
        let Some(program) = std::env::var_os("PAGE_BROWSER") else {
            panic!("`PAGE_BROWSER` names no browser: run these tests with `cargo xtask page`");
        };
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("/bin/sh")
            .args(["-c", PIPES, "sh"])
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = child.stdin.take().unwrap();
        let mut messages = BufReader::new(child.stdout.take().unwrap()).split(0);
        let (sender, responses) = channel();
        thread::spawn(move || {
            while let Some(Ok(message)) = messages.next() {
                let Ok(message) = serde_json::from_slice(&message) else {
                    break;
                };
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            commands: RefCell::new(commands),
            responses,
            last_id: Cell::new(0),
            events: RefCell::default(),
            _profile: profile,
        }
    }

    /// Opens a page of a fixed size and waits until it is loaded.
    #[track_caller]
    pub(crate) fn open(&self, url: &str) -> Page<'_> {
        let target = self.call(None, "Target.createTarget", &json!({ "url": "about:blank" }));
        let attached = self.call(
            None,
            "Target.attachToTarget",
            &json!({ "targetId": target["targetId"], "flatten": true }),
        );
        let page = Page {
            browser: self,
            session: attached["sessionId"].as_str().unwrap().to_owned(),
        };
        for domain in ["Page", "Network", "Runtime", "Log"] {
            page.call(&format!("{domain}.enable"), &json!({}));
        }
        page.call("Page.setLifecycleEventsEnabled", &json!({ "enabled": true }));
        let size = json!({ "width": 1400, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        page.call("Emulation.setDeviceMetricsOverride", &size);
        page.prefer("light");
        let navigated = page.call("Page.navigate", &json!({ "url": url }));
        assert!(
            navigated["errorText"].is_null() && navigated["loaderId"].is_string(),
            "{navigated}"
        );
        // The event must be of this page and this navigation, not of the initial empty document.
        self.wait_for_event("Page.lifecycleEvent", |event| {
            event["sessionId"] == page.session.as_str()
                && event["params"]["loaderId"] == navigated["loaderId"]
                && event["params"]["name"] == "load"
        });
        page
    }

    #[track_caller]
    fn call(&self, session: Option<&str>, method: &str, parameters: &Value) -> Value {
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.commands.borrow_mut().write_all(&bytes).unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut response = self.next(deadline, method);
            if response["id"] == id {
                assert!(response["error"].is_null(), "{method}: {}", response["error"]);
                return response["result"].take();
            }
            self.events.borrow_mut().push(response);
        }
    }

    #[track_caller]
    fn wait_for_event(&self, method: &str, is_meant: impl Fn(&Value) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let is_there = |events: &[Value]| {
            events
                .iter()
                .any(|event| event["method"] == method && is_meant(event))
        };
        while !is_there(&self.events.borrow()) {
            let event = self.next(deadline, method);
            self.events.borrow_mut().push(event);
        }
    }

    #[track_caller]
    fn next(&self, deadline: Instant, awaited: &str) -> Value {
        let left = deadline.saturating_duration_since(Instant::now());
        self.responses.recv_timeout(left).unwrap_or_else(|error| {
            panic!(
                "waited in vain for {awaited}: {error}; {:?}",
                self.events.borrow()
            );
        })
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Killing the browser ends its child processes too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Page<'_> {
    #[track_caller]
    fn call(&self, method: &str, parameters: &Value) -> Value {
        self.browser.call(Some(&self.session), method, parameters)
    }

    /// Returns the value of an expression in the page, or of the promise that it returns.
    #[track_caller]
    pub(crate) fn evaluate(&self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut response = self.call("Runtime.evaluate", &parameters);
        assert!(response["exceptionDetails"].is_null(), "{expression}: {response}");
        response["result"]["value"].take()
    }

    /// Evaluates the condition after each change of the page until it holds.
    #[track_caller]
    pub(crate) fn wait_for(&self, condition: &str) {
        let watch = format!(
            "new Promise((resolve) => {{
                const holds = () => Boolean({condition});
                if (holds()) return resolve(true);
                const observer = new MutationObserver(() => {{
                    if (!holds()) return;
                    observer.disconnect();
                    resolve(true);
                }});
                const everything = {{ subtree: true, childList: true, characterData: true, attributes: true }};
                observer.observe(document, everything);
            }})"
        );
        assert_eq!(self.evaluate(&watch), true);
    }

    /// Emulates the preferred colour scheme, `light` or `dark`.
    #[track_caller]
    pub(crate) fn prefer(&self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.call("Emulation.setEmulatedMedia", &json!({ "features": [feature] }));
    }

    /// Replaces the text of an input as a person does.
    #[track_caller]
    pub(crate) fn type_into(&self, id: &str, text: &str) {
        self.evaluate(&format!("document.getElementById('{id}').select()"));
        self.call("Input.insertText", &json!({ "text": text }));
    }

    /// Returns a PNG picture of the visible part. A copy is kept in the folder for files of tests.
    #[track_caller]
    pub(crate) fn screenshot(&self, name: &str) -> Vec<u8> {
        let picture = self.call("Page.captureScreenshot", &json!({ "format": "png" }));
        let bytes = STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), &bytes).unwrap();
        bytes
    }

    /// Returns how often the browser refused something because of the page's content security policy.
    pub(crate) fn blocked(&self) -> usize {
        let events = self.browser.events.borrow();
        events
            .iter()
            .filter(|event| event["method"] == "Log.entryAdded")
            .filter(|event| event["params"]["entry"]["source"] == "security")
            .count()
    }

    /// Returns the URLs of all requests so far.
    pub(crate) fn requested_urls(&self) -> Vec<String> {
        let events = self.browser.events.borrow();
        events
            .iter()
            .filter(|event| event["method"] == "Network.requestWillBeSent")
            .map(|event| event["params"]["request"]["url"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// The test fails if the page threw an exception.
impl Drop for Page<'_> {
    fn drop(&mut self) {
        let events = self.browser.events.borrow();
        let thrown = events
            .iter()
            .find(|event| event["method"] == "Runtime.exceptionThrown");
        assert!(thrown.is_none() || thread::panicking(), "{thrown:?}");
    }
}
