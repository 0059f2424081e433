"""Examples: an integration to test, a demo that tests it, and documents to feed it."""
