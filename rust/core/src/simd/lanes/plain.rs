//! Lanes in ordinary numbers, for tests: what runs here runs under Miri and on any processor.
