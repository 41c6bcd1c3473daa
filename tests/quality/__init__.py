"""How right the extractors are: pages with labels that were written from the page alone."""
