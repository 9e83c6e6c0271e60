//! The document of the page: its structure, and that it refers to no other server. `cargo xtask page` opens
//! it in a browser.

use std::collections::BTreeMap;

use reqwest::Method;

use crate::support::Api;

/// Elements that have no end tag.
const VOID: [&str; 3] = ["input", "link", "meta"];

/// A start tag.
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
}

impl Tag {
    fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }
}

/// Returns the start tags of a document. Panics if elements are not nested properly.
fn tags(document: &str) -> Vec<Tag> {
    let (mut tags, mut open) = (Vec::new(), Vec::<String>::new());
    let mut rest = document;
    while let Some((_, after)) = rest.split_once('<') {
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").unwrap().1;
            continue;
        }
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(
                open.pop().as_deref(),
                Some(name),
                "</{name}> ends another element"
            );
            continue;
        }
        if tag.starts_with("!DOCTYPE") {
            continue;
        }
        let (name, mut text) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = BTreeMap::new();
        while let Some((attribute, value)) = text.split_once("=\"") {
            let (value, after) = value.split_once('"').unwrap();
            attributes.insert(attribute.trim().to_owned(), value.to_owned());
            text = after;
        }
        if ["script", "style"].contains(&name) {
            // Their text is not HTML.
            rest = rest.split_once(&format!("</{name}>")).unwrap().1;
        } else if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
        tags.push(Tag {
            name: name.to_owned(),
            attributes,
        });
    }
    assert!(open.is_empty(), "elements without an end tag: {open:?}");
    tags
}

#[tokio::test]
async fn page_has_a_labelled_section_for_each_list() {
    let api = Api::start().await;
    let response = api.request(Method::GET, "/_emulator/").send().await.unwrap();
    let document = response.text().await.unwrap();
    assert!(document.starts_with("<!DOCTYPE html>\n"));
    let tags = tags(&document);
    let of = |name: &'static str| tags.iter().filter(move |tag| tag.name == name);
    let with_id = |id: &str| tags.iter().filter(|tag| tag.get("id") == Some(id)).count();

    assert_eq!(of("html").next().unwrap().get("lang"), Some("en"));
    assert_eq!((of("h1").count(), of("main").count()), (1, 1));
    let sections: Vec<_> = of("section").map(|section| section.get("id").unwrap()).collect();
    assert_eq!(sections, ["accounts", "tokens", "running", "requests"]);
    for section in of("section") {
        // The script creates the heading.
        let heading = format!("{}-title", section.get("id").unwrap());
        assert_eq!(section.get("aria-labelledby"), Some(heading.as_str()));
    }
    let totals: Vec<_> = of("strong").filter_map(|tag| tag.get("data-total")).collect();
    assert_eq!(totals, sections);
    let labels: Vec<_> = of("label").map(|label| label.get("for").unwrap()).collect();
    let inputs: Vec<_> = of("input").map(|input| input.get("id").unwrap()).collect();
    assert_eq!(labels, inputs);
    let status = tags.iter().find(|tag| tag.get("id") == Some("status")).unwrap();
    assert_eq!(status.get("role"), Some("status"));
    for id in tags.iter().filter_map(|tag| tag.get("id")) {
        assert_eq!(with_id(id), 1, "{id}");
    }
    for link in of("a").map(|link| link.get("href").unwrap()) {
        match link.strip_prefix('#') {
            Some(id) => assert_eq!(with_id(id), 1, "{link}"),
            None => assert_eq!(
                api.request(Method::GET, link).send().await.unwrap().status(),
                200,
                "{link}"
            ),
        }
    }
}

#[tokio::test]
async fn page_refers_to_no_other_server() {
    let api = Api::start().await;
    let response = api.request(Method::GET, "/_emulator/").send().await.unwrap();
    let document = response.text().await.unwrap();
    assert!(!document.contains("://") && !document.contains("innerHTML"));
    for tag in tags(&document) {
        for attribute in ["href", "src"] {
            let target = tag.get(attribute).unwrap_or("#");
            assert!(
                target.starts_with('#') || target.starts_with("/_emulator/") || target == "data:,",
                "{target}"
            );
        }
        let handler = tag
            .attributes
            .keys()
            .find(|name| name.starts_with("on") || *name == "style");
        assert_eq!(handler, None, "the page's security policy refuses it");
    }
}
