//! End-to-end tests: the real binary over HTTP. The tests are in `tests/e2e/`.
