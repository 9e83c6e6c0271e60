//! Measures the time of single calls. `cargo bench -- token` runs those whose name contains `token`.

use criterion::Criterion;
use motherduck_calls::calls;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for mut call in calls() {
        criterion.bench_function(&call.name, |bencher| bencher.iter(&mut call.run));
    }
    criterion.final_summary();
}
