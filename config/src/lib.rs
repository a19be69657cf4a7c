//! Typed settings, connections, channels, secrets, clock, money and time zones.
