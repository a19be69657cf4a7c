//! Rules of channel spend, as a controller wants them: ledger lines in, a balanced journal out; no store, no clock, no input or output.
