//! Catches panics while a response can still be sent, and prints all others.
//!
//! After a failed run the host searches standard error for a line that starts with `panic: ` and shows it
//! under "The plugin crashed!". That is right for a panic that ends the process, and wrong for one that
//! becomes an ordinary error, so the hook distinguishes the two.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use tracing::error;

thread_local! {
    /// Whether [`catch`] currently catches panics of this thread.
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    /// The location of the current panic, stored by the hook for [`catch`].
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A panic that was caught. It is a bug of this provider.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Panic {
    message: String,
    location: Option<String>,
}

impl Panic {
    /// Returns the message of the panic.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns file, line and column, if the hook is installed.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.location
            .iter()
            .try_for_each(|location| write!(f, " ({location})"))
    }
}

/// Runs `future` to its end or until it panics. A panic is logged and returned.
///
/// A panic in a task that `future` spawns is not caught here.
pub async fn catch<F: Future>(future: F) -> Result<F::Output, Panic> {
    let mut future = pin!(future);
    let result = std::future::poll_fn(|cx| {
        let _outer = Catching::begin();
        // After a panic `future` is only dropped, so its state is not used.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(payload) => Poll::Ready(Err(payload)),
        }
    })
    .await;
    result.map_err(|payload| {
        let panic = Panic {
            message: message_of(&*payload).to_owned(),
            location: LOCATION.take(),
        };
        error!(location = panic.location(), "caught a panic: {}", panic.message);
        panic
    })
}

/// Marks the thread while it polls, and restores the previous mark, because calls of [`catch`] may be nested.
struct Catching {
    before: bool,
}

impl Catching {
    fn begin() -> Self {
        Self {
            before: CATCHING.replace(true),
        }
    }
}

impl Drop for Catching {
    fn drop(&mut self) {
        CATCHING.set(self.before);
    }
}

/// Replaces the standard panic message by one in the format that the host expects.
pub fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        if CATCHING.get() {
            LOCATION.set(info.location().map(ToString::to_string));
        } else {
            // If standard error is closed, the message is dropped.
            let _ = std::io::stderr()
                .lock()
                .write_all(report(info, &Backtrace::capture()).as_bytes());
        }
    }));
}

fn report(info: &PanicHookInfo<'_>, backtrace: &Backtrace) -> String {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("unnamed");
    let location = info
        .location()
        .map(|location| format!(" at {location}"))
        .unwrap_or_default();
    let backtrace = if backtrace.status() == BacktraceStatus::Captured {
        backtrace.to_string()
    } else {
        String::new()
    };
    format!(
        "panic: {}\n\nthread {name:?}{location}\n{backtrace}",
        message_of(info.payload())
    )
}

fn message_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn catch_returns_the_result() {
        assert_eq!(catch(async { 7 }).await, Ok(7));
    }

    #[tokio::test]
    async fn catch_returns_a_panic_with_its_message() {
        let formatted = catch(async { panic!("no {}", "luck") }).await;
        assert_eq!(
            formatted.map_err(|panic: Panic| panic.message().to_owned()),
            Err::<(), _>("no luck".to_owned())
        );
        let literal = catch(async { panic!("literal") }).await;
        assert_eq!(
            literal.map_err(|panic: Panic| panic.message().to_owned()),
            Err::<(), _>("literal".to_owned())
        );
        let other = catch(async { std::panic::panic_any(7) }).await;
        assert_eq!(
            other.map_err(|panic: Panic| panic.message().to_owned()),
            Err::<(), _>("no message".to_owned())
        );
    }

    #[tokio::test]
    async fn catching_is_set_only_while_polling_also_when_nested() {
        let nested = catch(async {
            assert!(CATCHING.get());
            let inner = catch(async { panic!("inner") }).await;
            assert!(CATCHING.get(), "the outer call still catches panics");
            tokio::task::yield_now().await;
            inner
        });
        let inner: Result<(), Panic> = nested.await.expect("the outer future succeeds");
        assert!(inner.is_err());
        assert!(!CATCHING.get());
    }
}
