"""HTML in, facts out: pure functions, no await, no network, no clock."""
