"""The dashboard: modules for the browser, and the files that serve them."""
