"""The nouns of skybatch: standard library only, no I/O, no await."""
