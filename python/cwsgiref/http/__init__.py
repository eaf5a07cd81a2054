"""http in C: only http.server."""
