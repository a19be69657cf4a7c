//! Job boards on loopback: recorded payloads, and a world with known truth.
