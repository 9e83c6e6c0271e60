//! Plots over the number of tokens, with logarithmic axes.

use std::path::Path;

use crate::programs::Failure;
use plotters::prelude::*;

pub(super) struct Line {
    pub(super) name: String,
    /// Numbers of tokens and values; values of zero are not drawn.
    pub(super) points: Vec<(f64, f64)>,
}

pub(super) fn draw(path: &Path, title: &str, unit: &str, lines: &[Line]) -> Result<(), Failure> {
    drawn(path, title, unit, lines).map_err(|error| Failure::new(format!("draw {}", path.display()), error))
}

fn drawn(path: &Path, title: &str, unit: &str, lines: &[Line]) -> Result<(), Box<dyn std::error::Error>> {
    let points = || {
        lines
            .iter()
            .flat_map(|line| &line.points)
            .filter(|(x, y)| *x > 0.0 && *y > 0.0)
    };
    let bounds = |of: fn(&(f64, f64)) -> f64| {
        let values = points().map(of);
        values.fold((f64::INFINITY, 0.0_f64), |(least, most), value| {
            (least.min(value), most.max(value))
        })
    };
    let ((left, right), (bottom, top)) = (bounds(|point| point.0), bounds(|point| point.1));
    if points().next().is_none() {
        return Err("there are no points".into());
    }
    let root = SVGBackend::new(path, (800, 480)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d(
            (left * 0.9..right * 1.1).log_scale(),
            (bottom * 0.8..top * 1.25).log_scale(),
        )?;
    chart
        .configure_mesh()
        .x_desc("tokens")
        .y_desc(unit)
        .light_line_style(WHITE)
        .draw()?;
    for (index, line) in lines.iter().enumerate() {
        let color = Palette99::pick(index).to_rgba();
        let points: Vec<(f64, f64)> = line.points.iter().copied().filter(|(_, y)| *y > 0.0).collect();
        chart
            .draw_series(LineSeries::new(points.clone(), color.stroke_width(2)))?
            .label(&line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
        chart.draw_series(
            points
                .into_iter()
                .map(|point| Circle::new(point, 3, color.filled())),
        )?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    root.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plot_contains_title_and_line_names() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("plot.svg");
        let line = Line {
            name: "plan".to_owned(),
            points: vec![(10.0, 0.0), (100.0, 2.0), (1000.0, 20.0)],
        };
        draw(&path, "Requests", "requests", &[line]).unwrap();
        let svg = std::fs::read_to_string(&path).unwrap();
        for expected in ["<svg", "Requests", "plan", "tokens"] {
            assert!(svg.contains(expected), "{expected} is not in {svg}");
        }
        assert!(draw(&path, "Nothing", "", &[]).is_err());
    }
}
