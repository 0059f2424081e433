"""A live plant: systems, links and transports wired up, its conductor, and its actions."""
