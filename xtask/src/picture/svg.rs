//! Draws a recording as an animated SVG. Two animations move in steps: the text, and a cover over the lines
//! that have not appeared yet.

use std::fmt::Write as _;
use std::time::Duration;

use super::recording::{COLUMNS, Kind, Line};

/// The number of rows of the drawn terminal.
const ROWS: usize = 26;
const LINE_HEIGHT: usize = 19;
const PADDING: usize = 16;
/// The height of the window's title bar.
const BAR: usize = 34;
/// The width of 100 letters of the font at its size.
const HUNDRED_LETTERS: usize = 783;
/// How long the last picture is shown before the recording starts again.
const END: Duration = Duration::from_secs(6);

const STYLE: &str = "\
:root { --back: #f6f8fa; --edge: #d0d7de; --text: #1f2328; --dim: #656d76; --good: #1a7f37; --bar: #eaeef2; }\n\
@media (prefers-color-scheme: dark) {\n\
  :root { --back: #0d1117; --edge: #30363d; --text: #e6edf3; --dim: #8b949e; --good: #3fb950; --bar: #161b22; }\n\
}\n\
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: var(--text); white-space: pre; }\n\
.title, .command { font-weight: bold; }\n\
.quote { fill: var(--dim); }\n\
.added, .outcome { fill: var(--good); }\n";

/// Draws the recording. Its size is always the same.
pub(super) fn draw(lines: &[Line]) -> String {
    let width = COLUMNS * HUNDRED_LETTERS / 100 + 2 * PADDING;
    let height = BAR + ROWS * LINE_HEIGHT + 2 * PADDING;
    let total = lines.iter().map(|line| line.wait).sum::<Duration>() + END;
    let last = lines.len().saturating_sub(1);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-label=\"A recording of cargo demo: init, plan, apply, an empty plan and destroy\">\n<style>\n{STYLE}"
    );
    // Without motion the last picture is shown.
    let _ = write!(
        svg,
        ".scroll {{ transform: translateY(-{}px); }}\n.cover {{ transform: translateY({}px); }}\n\
         @media (prefers-reduced-motion: no-preference) {{\n\
         .scroll {{ animation: scroll {seconds:.2}s step-end infinite; }}\n\
         .cover {{ animation: cover {seconds:.2}s step-end infinite; }}\n}}\n",
        scrolled(last),
        covered(last),
        seconds = total.as_secs_f64(),
    );
    keyframes(&mut svg, "scroll", lines, total, |number| {
        format!("-{}px", scrolled(number))
    });
    keyframes(&mut svg, "cover", lines, total, |number| {
        format!("{}px", covered(number))
    });
    let _ = write!(
        svg,
        "</style>\n<clipPath id=\"screen\"><rect x=\"0\" y=\"{BAR}\" width=\"{width}\" height=\"{}\"/></clipPath>\n\
         <rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"var(--back)\" stroke=\"var(--edge)\"/>\n\
         <path d=\"M1 {BAR} V9 a8 8 0 0 1 8 -8 H{} a8 8 0 0 1 8 8 V{BAR} Z\" fill=\"var(--bar)\"/>\n",
        height - BAR - PADDING / 2,
        width - 1,
        height - 1,
        width - 9,
    );
    for (place, colour) in ["#ff5f57", "#febc2e", "#28c840"].iter().enumerate() {
        let _ = writeln!(
            svg,
            "<circle cx=\"{}\" cy=\"17\" r=\"6\" fill=\"{colour}\"/>",
            20 + 20 * place
        );
    }
    svg.push_str("<g clip-path=\"url(#screen)\">\n<g class=\"scroll\">\n");
    for (number, line) in lines.iter().enumerate() {
        if line.kind != Kind::Blank {
            let baseline = BAR + PADDING + number * LINE_HEIGHT + 14;
            let _ = writeln!(
                svg,
                "<text class=\"{}\" x=\"{PADDING}\" y=\"{baseline}\" xml:space=\"preserve\">{}</text>",
                class(line.kind),
                escaped(&line.text)
            );
        }
    }
    let _ = write!(
        svg,
        "</g>\n<rect class=\"cover\" x=\"1\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"var(--back)\"/>\n</g>\n</svg>\n",
        BAR + PADDING,
        width - 2,
        ROWS * LINE_HEIGHT,
    );
    svg
}

/// Returns how far the text is moved up when this line is the last visible one.
fn scrolled(number: usize) -> usize {
    (number + 1).saturating_sub(ROWS) * LINE_HEIGHT
}

/// Returns how far the cover is moved down then.
fn covered(number: usize) -> usize {
    (number + 1).min(ROWS) * LINE_HEIGHT
}

/// Writes an animation with a step for each line. Steps without a change are omitted.
fn keyframes(svg: &mut String, name: &str, lines: &[Line], total: Duration, place: impl Fn(usize) -> String) {
    let _ = writeln!(svg, "@keyframes {name} {{");
    let mut at = Duration::ZERO;
    let mut before = None;
    for (number, line) in lines.iter().enumerate() {
        at += line.wait;
        let place = place(number);
        if before.as_ref() != Some(&place) {
            let percent = at.as_secs_f64() / total.as_secs_f64() * 100.0;
            let _ = writeln!(svg, "{percent:.2}% {{ transform: translateY({place}); }}");
            before = Some(place);
        }
    }
    svg.push_str("}\n");
}

fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Command => "command",
        Kind::Title => "title",
        Kind::Quote => "quote",
        Kind::Added => "added",
        Kind::Outcome => "outcome",
        Kind::Blank => "blank",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize) -> Vec<Line> {
        (0..count)
            .map(|number| Line {
                kind: Kind::Quote,
                text: format!("<{number}> & more"),
                wait: Duration::from_millis(100),
            })
            .collect()
    }

    #[test]
    fn size_does_not_depend_on_the_number_of_lines() {
        let head = |count| draw(&lines(count)).lines().next().unwrap().to_owned();
        assert_eq!(head(1), head(200));
    }

    #[test]
    fn svg_contains_all_lines_and_scrolls_to_the_last() {
        let svg = draw(&lines(40));
        assert!(svg.contains(">&lt;39&gt; &amp; more</text>"));
        assert_eq!(svg.matches("<text ").count(), 40);
        let end = format!(
            ".scroll {{ transform: translateY(-{}px); }}",
            (40 - ROWS) * LINE_HEIGHT
        );
        assert!(svg.contains(&end), "{svg}");
    }

    #[test]
    fn recording_that_fits_does_not_scroll() {
        let svg = draw(&lines(ROWS));
        assert!(svg.contains(".scroll { transform: translateY(-0px); }"), "{svg}");
    }
}
