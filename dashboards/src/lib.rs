//! Built-in web page and JSON API.
