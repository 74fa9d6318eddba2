#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| officeless_fuzz::decode(data));
