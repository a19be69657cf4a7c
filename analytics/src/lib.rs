//! Metric definitions, marts and their jobs.
