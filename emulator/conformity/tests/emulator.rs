//! The suite against the emulator.
use motherduck_conformity::{Suite, Target, Time, table};
use motherduck_emulator::{DEFAULT_ADMIN_TOKEN, Emulator};

#[tokio::test]
async fn show() {
    let emulator = Emulator::builder().start().await.unwrap();
    emulator
        .seed(&serde_json::json!({ "users": [{ "username": "grace", "is_service_account": false }] }))
        .unwrap();
    let suite = Suite::new(Target {
        base_url: emulator.url(),
        token: DEFAULT_ADMIN_TOKEN.into(),
        time: Time::Emulator,
        person: Some("grace".into()),
    })
    .unwrap();
    let began = std::time::Instant::now();
    let rows = suite.run(|_| ()).await;
    println!("{}", table(&rows));
    println!("{} requests {:?}", suite.requests(), began.elapsed());
    assert!(suite.clean_up().await.is_empty());
    println!("{} requests {:?}", suite.requests(), began.elapsed());
    println!("{}", emulator.state()["accounts"].as_array().unwrap().len());
}
