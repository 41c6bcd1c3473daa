"""Which addresses are dialled."""

import socket
from ipaddress import ip_address

import pytest

from skybatch.crawl.guard import Guard, NotDialled, is_public
from skybatch.model.reason import Reason

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "172.15.255.255",
    "172.32.0.1",
    "100.63.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:82b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]
NOT_PUBLIC = [
    # this host, this network
    *("0.0.0.1", "0.1.2.3", "127.0.0.1", "127.1.2.3", "127.255.255.254", "::", "::1"),
    # private
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1"),
    *("fc00::1", "fd12:3456:789a::1", "fec0::1"),
    # link local, with the metadata services of clouds
    *("169.254.0.1", "169.254.169.254", "fe80::1", "fd00:ec2::254", "100.100.100.200"),
    # documentation, benchmarking, special purposes
    *("192.0.0.1", "192.0.0.192", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1"),
    *("192.88.99.1", "2001:db8::1", "3fff::1", "100::1", "2001:10::1", "5f00::1"),
    # multicast, reserved, broadcast
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "ff02::1", "ff0e::1"),
    # IPv4 in IPv6
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1"),
    *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "fe80::5efe:7f00:1"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_dialled(address: str) -> None:
    assert is_public(ip_address(address))
    assert Guard().may_dial(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_nothing_else_is_dialled(address: str) -> None:
    assert not is_public(ip_address(address))
    assert not Guard().may_dial(address)


def test_an_allowed_network_is_dialled_in_whatever_form() -> None:
    guard = Guard(["127.1.0.0/16", "fd00::/8"])
    assert guard.may_dial("127.1.2.3")
    assert guard.may_dial("::ffff:127.1.2.3")
    assert guard.may_dial("fd00::1")
    assert not guard.may_dial("127.2.0.1")
    assert not guard.may_dial("fc00::1")


def test_what_is_no_address_is_not_dialled() -> None:
    assert not Guard(["0.0.0.0/0"]).may_dial("localhost")
    assert not Guard().may_dial("fe80::1%eth0")


def make(guard: Guard, address: str, port: int) -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))
    guard.make_socket(info).close()


def test_a_socket_is_made_only_for_what_may_be_dialled() -> None:
    make(Guard(["127.0.0.0/8"]), "127.0.0.1", 80)
    with pytest.raises(NotDialled) as caught:
        make(Guard(), "127.0.0.1", 80)
    assert caught.value.reason is Reason.BLOCKED_ADDRESS


def test_the_refusal_does_not_tell_the_address() -> None:
    with pytest.raises(NotDialled) as caught:
        make(Guard(), "10.11.12.13", 80)
    assert "10.11.12.13" not in str(caught.value) + caught.value.detail


def test_a_vouched_address_is_vouched_for_at_its_port_only() -> None:
    guard = Guard()
    guard.vouch("127.0.0.1", 8080)
    make(guard, "127.0.0.1", 8080)
    for address, port in (("127.0.0.1", 8081), ("127.0.0.2", 8080)):
        with pytest.raises(NotDialled):
            make(guard, address, port)
    assert not guard.may_dial("127.0.0.1")
