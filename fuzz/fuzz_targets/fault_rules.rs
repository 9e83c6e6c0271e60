#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(rules) = serde_json::from_slice(data) {
        let _ = motherduck_emulator::Faults::from_json(&rules);
    }
});
