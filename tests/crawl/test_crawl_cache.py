"""A memory with an end."""

from skybatch.crawl.cache import Cache


def test_a_value_is_there_until_it_expires() -> None:
    cache: Cache[int] = Cache(10)
    cache.put("a", 1, expires_at=5.0)
    assert cache.get("a", 4.9) == 1
    assert cache.get("a", 5.0) is None
    assert cache.get("a", 4.9) is None


def test_what_was_not_asked_for_longest_makes_room() -> None:
    cache: Cache[int] = Cache(2)
    cache.put("a", 1, expires_at=9.0)
    cache.put("b", 2, expires_at=9.0)
    assert cache.get("a", 0.0) == 1
    cache.put("c", 3, expires_at=9.0)
    assert cache.get("b", 0.0) is None
    assert cache.get("a", 0.0) == 1
