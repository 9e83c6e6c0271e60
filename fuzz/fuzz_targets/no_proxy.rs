#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| motherduck_provider::fuzzing::no_proxy(data));
