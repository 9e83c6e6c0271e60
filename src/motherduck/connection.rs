//! The way from a resource to the API: what the provider's configuration makes possible.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};

use super::explain;
use crate::api::{Client, Settings};
use crate::framework::{Diagnostic, Diagnostics};

/// The API as the latest configuration reaches it. Clones share it.
#[derive(Clone, Default)]
pub struct Connection(Arc<Inner>);

#[derive(Default)]
struct Inner {
    target: RwLock<Target>,
    /// How often the provider was configured.
    configured: AtomicU64,
    /// A lock for each account whose Ducklings are being changed, by its lower-case name.
    accounts: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
}

/// Why the API cannot be called: said when a call is needed, not before, since much works without one.
pub type Unusable = Diagnostic;

#[derive(Clone)]
enum Target {
    Unusable(Unusable),
    Usable(Arc<Usable>),
}

struct Usable {
    settings: Settings,
    client: OnceLock<Result<Client, Diagnostic>>,
}

impl Default for Target {
    fn default() -> Self {
        Target::Unusable(Diagnostic::bug(
            "The API was needed before the provider was configured.",
        ))
    }
}

impl Connection {
    /// From now on the API is reached with these settings, or not at all.
    pub fn configure(&self, target: Result<Settings, Unusable>) {
        let target = match target {
            Ok(settings) => Target::Usable(Arc::new(Usable {
                settings,
                client: OnceLock::new(),
            })),
            Err(why) => Target::Unusable(why),
        };
        *self.0.target.write().unwrap_or_else(PoisonError::into_inner) = target;
        self.0.configured.fetch_add(1, Ordering::Relaxed);
    }

    /// Which run this is. Core configures a provider anew for every plan and every apply, so what belongs to
    /// one run is over when this number changes, even in a process that serves many.
    pub fn run(&self) -> u64 {
        self.0.configured.load(Ordering::Relaxed)
    }

    /// The client for a call that begins now. It is set up at the first use: most processes of a run never need
    /// it.
    pub fn client(&self) -> Result<Client, Diagnostics> {
        let target = self
            .0
            .target
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match target {
            Target::Unusable(why) => Err(why.into()),
            Target::Usable(usable) => Ok(usable.client()?.for_call()),
        }
    }

    /// Stops the calls that have begun: they send nothing more but what settles or undoes a write.
    pub fn interrupt(&self) {
        let target = self
            .0
            .target
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Target::Usable(usable) = target
            && let Some(Ok(client)) = usable.client.get()
        {
            client.interrupt();
        }
    }

    /// Waits until nobody else changes this account's Ducklings, and keeps others waiting while the guard
    /// lives: reading them and writing them back is one step.
    pub async fn lock_account(&self, username: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let lock = {
            let mut accounts = self.0.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            accounts.retain(|_, lock| lock.strong_count() > 0);
            let key = username.to_lowercase();
            accounts.get(&key).and_then(Weak::upgrade).unwrap_or_else(|| {
                let lock = Arc::new(tokio::sync::Mutex::new(()));
                accounts.insert(key, Arc::downgrade(&lock));
                lock
            })
        };
        lock.lock_owned().await
    }
}

impl Usable {
    fn client(&self) -> Result<Client, Diagnostic> {
        let make = || {
            Client::new(self.settings.clone()).map_err(|error| {
                let cause = error
                    .source()
                    .map(|source| format!(": {source}"))
                    .unwrap_or_default();
                Diagnostic::error(
                    "The connection to the MotherDuck API cannot be set up",
                    format!(
                        "{}\n\nNothing was sent. Correct the provider's configuration and run again.",
                        explain::ended(&format!("{error}{cause}"))
                    ),
                )
            })
        };
        self.client.get_or_init(make).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_account_is_changed_by_one_at_a_time_whatever_the_case_of_its_name() {
        let connection = Connection::default();
        let first = connection.lock_account("Ada").await;
        let other = connection.lock_account("bob").await;
        let mut second = pending(connection.lock_account("ada"));
        assert!(second.is_pending());
        drop((first, other));
        second.finish().await;
        assert!(connection.0.accounts.lock().unwrap().len() <= 2);
    }

    /// A future that is polled by hand.
    struct Pending<F>(std::pin::Pin<Box<F>>);

    fn pending<F: Future>(future: F) -> Pending<F> {
        Pending(Box::pin(future))
    }

    impl<F: Future> Pending<F> {
        fn is_pending(&mut self) -> bool {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            self.0.as_mut().poll(&mut context).is_pending()
        }

        async fn finish(self) -> F::Output {
            self.0.await
        }
    }
}
