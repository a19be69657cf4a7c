//! End-to-end, conformance, crash and contract tests.
