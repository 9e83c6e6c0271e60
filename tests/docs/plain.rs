//! Converts Markdown to plain text for the front matter of a page.

/// Returns the text without the marks of code and emphasis. A link becomes its text and its target, and
/// paragraphs are one line apart.
///
/// This function supports the Markdown that occurs in this provider's descriptions. The check in
/// `registry.rs` uses a complete parser.
pub(crate) fn plain(markdown: &str) -> String {
    let paragraphs = markdown.split("\n\n").map(|paragraph| {
        let mut text = String::new();
        for (index, part) in paragraph.split('`').enumerate() {
            if index % 2 == 1 {
                text.push_str(part);
            } else {
                text.push_str(&without_emphasis_and_links(part));
            }
        }
        text
    });
    paragraphs.collect::<Vec<_>>().join("\n")
}

fn without_emphasis_and_links(text: &str) -> String {
    let text = text.replace("**", "");
    let mut parts = text.split("](");
    let mut plain = parts.next().unwrap_or_default().replacen('[', "", 1);
    for part in parts {
        let (target, rest) = part.split_once(')').expect("a link has an end");
        plain.extend([" ", target, &rest.replacen('[', "", 1)]);
    }
    plain
}

#[test]
fn plain_removes_marks_and_puts_paragraphs_on_lines() {
    assert_eq!(
        plain("Sets `a_b` **only**.\n\nSee [the API](https://example.com/x) for `[it](y)`."),
        "Sets a_b only.\nSee the API https://example.com/x for [it](y)."
    );
}
