"""The sites of a torture, and what their log tells."""

import http.client
import re
import socket
import threading
import time
import tomllib

import pytest

from skybatch.torture.origin import Origin


@pytest.fixture
def origin():
    with Origin(pages=6, latency_s=0.001) as origin:
        yield origin


def address(origin: Origin, port: int = 80) -> tuple[str, int]:
    host, _, number = tomllib.loads(origin.connect_to)["connect_to"][f"*:{port}"].partition(":")
    return host, int(number)


def get(origin: Origin, path: str, host: str = "a.group") -> tuple[int, str]:
    connection = http.client.HTTPConnection(*address(origin), timeout=10)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def wait_until(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "not within 10 s"
        time.sleep(0.002)


def test_every_page_is_reached_from_the_start_page_and_there_are_no_others(origin):
    seen, queue = {"/"}, ["/"]
    while queue:
        status, text = get(origin, queue.pop())
        assert status == 200
        new = set(re.findall(r'href="(.*?)"', text)) - seen
        seen |= new
        queue += new
    assert seen == {"/", "/1", "/2", "/3", "/4", "/5"}
    assert [get(origin, path)[0] for path in ("/6", "/x", "/robots.txt")] == [404, 404, 404]


def test_repeats_are_counted_by_host_and_path_and_without_robots(origin):
    for path, host in (("/", "a.group"), ("/", "b.group"), ("/1", "a.group"), ("/", "a.group")):
        get(origin, path, host)
    for _ in range(3):
        get(origin, "/robots.txt")
    assert origin.repeats() == {("a.group", "/"): 1}
    assert origin.pages_of_hosts() == {"a.group": 2, "b.group": 1}


def test_what_was_under_way_at_a_time_or_later_is_known(origin):
    get(origin, "/")
    between = time.monotonic()
    assert origin.under_way_since(between) == set()
    assert not origin.has_begun_since(between)
    get(origin, "/1")
    assert origin.under_way_since(between) == {("a.group", "/1")}
    assert origin.has_begun_since(between)
    origin.latency_s = 60
    with socket.create_connection(address(origin)) as client:
        client.sendall(b"GET /2 HTTP/1.1\r\nHost: a.group\r\n\r\n")
        wait_until(lambda: origin.in_flight() == 1)
        assert origin.under_way_since(time.monotonic()) == {("a.group", "/2")}  # not answered yet


def test_an_odd_answer_is_sent_as_it_is_and_left_out_of_the_log():
    odd = {"/": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nodd"}
    with Origin(pages=6, odd=lambda host, path: odd.get(path) if host == "a.group" else None) as it:
        assert get(it, "/") == (200, "odd")
        assert not it.asked
        assert get(it, "/1")[0] == get(it, "/", "b.group")[0] == 200
        assert it.asked.keys() == {("a.group", "/1"), ("b.group", "/")}


def test_what_is_asked_at_a_time_is_counted_by_host_and_by_group(origin):
    origin.latency_s = 0.5
    asked = [("/", "a.group"), ("/1", "a.group"), ("/", "b.group"), ("/", "c.other")]
    threads = [threading.Thread(target=get, args=(origin, *request)) for request in asked]
    for thread in threads:
        thread.start()
    wait_until(lambda: origin.in_flight() == 4)
    for thread in threads:
        thread.join()
    assert origin.in_flight() == 0
    assert origin.most_per_host == {"a.group": 2, "b.group": 1, "c.other": 1}
    assert origin.most_per_group == {"group": 2, "other": 1}


def test_a_client_that_is_gone_is_not_in_flight_any_more(origin):
    origin.latency_s = 60
    with socket.create_connection(address(origin)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a.group\r\n\r\n")
        wait_until(lambda: origin.in_flight() == 1)
    wait_until(lambda: origin.in_flight() == 0)


def test_https_is_refused(origin):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address(origin, 443))
