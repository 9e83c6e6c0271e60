//! Runs cells on all processors, each in its own runtime with a paused clock.

use std::any::Any;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::log;
use crate::support::plugin_client::with_paused_clock;

/// Returns the results of `work` for all items, in their order. A panic becomes an error with its message.
pub(crate) fn each<'a, T, R, F>(items: &'a [T], work: impl Fn(&'a T) -> F + Sync) -> Vec<Result<R, String>>
where
    T: Sync,
    R: Send,
    F: Future<Output = R>,
{
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Result<R, String>>>> = items.iter().map(|_| Mutex::new(None)).collect();
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let _log = log::collect();
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    let Some(item) = items.get(index) else { break };
                    let result = run_alone(work(item));
                    *results[index].lock().unwrap() = Some(result);
                }
            });
        }
    });
    let results = results.into_iter();
    results
        .map(|result| result.into_inner().unwrap().expect("every item was processed"))
        .collect()
}

/// Runs a future in its own runtime with a paused clock.
pub(crate) fn run_alone<R>(future: impl Future<Output = R>) -> Result<R, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    catch_unwind(AssertUnwindSafe(|| runtime.block_on(with_paused_clock(future))))
        .map_err(|panic| message(&*panic))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").to_owned()
}
