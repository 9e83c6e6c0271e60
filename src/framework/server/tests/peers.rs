//! Peers: each has its own instance of the provider, which ends some time after the peer has disconnected.

use std::sync::{Arc, Mutex, Weak};

use tonic::Request;

use super::messages::{client, create, proto};
use super::provider::{Controls, TestProvider};
use crate::framework::server::ProviderService;
use crate::peer::{Peer, Peers};

/// Returns the request with this peer.
fn with_peer<T>(peer: &Peer, mut request: Request<T>) -> Request<T> {
    request.extensions_mut().insert(peer.clone());
    request
}

fn metadata() -> Request<proto::get_metadata::Request> {
    Request::new(proto::get_metadata::Request::default())
}

/// The controls of a created provider, and a weak reference that shows whether it still exists.
type CreatedProvider = (Controls, Weak<Mutex<Vec<String>>>);

/// Returns a service, and the providers that it has created.
fn service() -> (ProviderService, Arc<Mutex<Vec<CreatedProvider>>>) {
    let created = Arc::<Mutex<Vec<_>>>::default();
    let all = Arc::clone(&created);
    let service = ProviderService::new(move || {
        let controls = Controls::default();
        let alive = Arc::downgrade(&controls.undone);
        let without_it = Controls {
            undone: Arc::default(),
            ..controls.clone()
        };
        all.lock().unwrap().push((without_it, alive));
        TestProvider::new(controls)
    });
    (service, created)
}

async fn wait_until(so: impl Fn() -> bool) {
    while !so() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn provider_is_created_per_calling_peer_and_dropped_on_disconnect() {
    let (service, created) = service();
    let peers = Peers::default();
    let (silent, _guard) = peers.add();
    let (first, first_is_connected) = peers.add();
    let (second, _second_is_connected) = peers.add();
    for peer in [&first, &second, &first] {
        client(&service)
            .get_metadata(with_peer(peer, metadata()))
            .await
            .unwrap();
    }
    assert_eq!(created.lock().unwrap().len(), 2);
    assert_ne!(silent.id(), first.id());
    let alive = |number: usize| created.lock().unwrap()[number].1.upgrade().is_some();
    assert!(alive(0) && alive(1));
    drop(first_is_connected);
    wait_until(|| !alive(0)).await;
    assert!(alive(1));
}

#[tokio::test]
async fn provider_of_a_disconnected_peer_is_dropped_after_its_writes() {
    let (service, created) = service();
    let (peer, guard) = Peers::default().add();
    let call = {
        let service = service.clone();
        let request = with_peer(&peer, create("slow"));
        tokio::spawn(async move { client(&service).apply_resource_change(request).await })
    };
    wait_until(|| !created.lock().unwrap().is_empty()).await;
    let (controls, alive) = created.lock().unwrap()[0].clone();
    controls.entered.notified().await;
    call.abort();
    drop(guard);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(alive.upgrade().is_some());
    controls.proceed.notify_one();
    wait_until(|| alive.upgrade().is_none()).await;
}
