"""Sample company sites, made up, and a server for them on loopback."""
