//! Makes foreign text safe to print.

/// The maximum size of one foreign text, in bytes.
pub(super) const TEXT_LIMIT: usize = 2 << 10;

/// How many bytes of a body are searched for the beginning of a page and its title.
const PAGE_LIMIT: usize = 64 << 10;

/// Returns the text on one line: line breaks and tabs become blanks; other control characters and those that
/// change the direction of writing are removed, so that a response cannot change a terminal.
pub(super) fn printable(text: &str) -> String {
    let shown = text.chars().filter_map(|c| match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => Some(' '),
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        c if c.is_control() => None,
        c => Some(c),
    });
    shown.collect::<String>().trim().to_owned()
}

/// Returns the text up to [`TEXT_LIMIT`], cut between two characters.
pub(super) fn truncated(mut text: String) -> String {
    if text.len() > TEXT_LIMIT {
        let mut end = TEXT_LIMIT - "…".len();
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Returns the text between the first `<title …>` and `</title>` of a page, near its beginning.
pub(super) fn page_title(page: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(&page[..page.len().min(PAGE_LIMIT)]);
    // Only ASCII letters are converted, so that positions stay the same.
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    Some(page[start..end].trim().to_owned()).filter(|title| !title.is_empty())
}

/// Returns the body without a byte order mark and without surrounding blanks.
pub(super) fn trimmed(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii()
}

/// Whether a body is a page of HTML or XML.
pub(super) fn is_page(body: &[u8]) -> bool {
    trimmed(&body[..body.len().min(PAGE_LIMIT)]).starts_with(b"<")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_removes_control_characters_and_replaces_line_breaks() {
        assert_eq!(
            printable("a\r\nb\tc\u{1b}[31mred\0\u{202e}x\u{7f}"),
            "a  b c[31mredx"
        );
        assert_eq!(printable("  äöü 🦆\n"), "äöü 🦆");
    }

    #[test]
    fn truncated_cuts_at_a_character_boundary() {
        assert_eq!(truncated("x".repeat(TEXT_LIMIT)), "x".repeat(TEXT_LIMIT));
        for text in [
            "x".repeat(TEXT_LIMIT + 1),
            "ä".repeat(TEXT_LIMIT),
            "🦆".repeat(TEXT_LIMIT),
            format!("x{}", "🦆".repeat(TEXT_LIMIT)),
        ] {
            let cut = truncated(text.clone());
            assert!(
                cut.len() <= TEXT_LIMIT && cut.len() > TEXT_LIMIT - 8,
                "{}",
                cut.len()
            );
            assert!(cut.ends_with('…') && text.starts_with(cut.trim_end_matches('…')));
        }
    }
}
