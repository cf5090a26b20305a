"""The client address of a request, which lock-outs, limits and logs share."""

import logging

import pytest
from django.test import RequestFactory

from observability import client

PEER = "172.18.0.5"


@pytest.fixture
def requested(settings):
    """Return a function that gives the address and the network of a request behind `proxies` proxies."""

    def fetch(proxies=0, forwarded=None, peer=PEER):
        settings.PROXY_COUNT = proxies
        header = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
        request = RequestFactory().get("/", REMOTE_ADDR=peer, **header)
        return client.address_of(request), client.network_of(request)

    return fetch


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, None, PEER),
        (0, "6.6.6.6", PEER),
        (1, "198.51.100.66", "198.51.100.66"),
        (1, "6.6.6.6, 198.51.100.66", "198.51.100.66"),
        (1, "6.6.6.6,7.7.7.7,8.8.8.8 , 198.51.100.66", "198.51.100.66"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (3, "203.0.113.9, 10.0.0.2, 10.0.0.1", "203.0.113.9"),
    ],
)
def test_address_is_the_nth_from_the_right(requested, proxies, forwarded, expected):
    assert requested(proxies, forwarded) == (expected, expected)


UNUSABLE = [
    None, "", ",", "unknown", "_hidden", "1.2.3", "1.2.3.4.5", "01.2.3.4", "a\0b", "::g", "٣.1.1",
    "203.0.113.9,", "for=203.0.113.9", "1.2.3.4 5.6.7.8", "2130706433", "0x1.2.3.4", "1.2.3.4/24",
    "[]:80", "2001:db8::1]", "'1.2.3.4'", "１.２.３.４",
]  # fmt: skip


@pytest.mark.parametrize("forwarded", UNUSABLE)
def test_address_without_a_usable_header_is_the_peers(requested, forwarded):
    assert requested(1, forwarded) == (PEER, PEER)


def test_address_with_fewer_entries_than_proxies_is_the_peers(requested):
    assert requested(3, "6.6.6.6, 7.7.7.7") == (PEER, PEER)


@pytest.mark.parametrize("peer", ["", None, "unix:", "/run/bobbin.sock"])
def test_address_of_a_unix_socket_is_never_none(requested, peer):
    assert requested(0, None, peer) == (client.UNKNOWN, client.UNKNOWN)
    assert requested(1, "203.0.113.9", peer) == ("203.0.113.9", "203.0.113.9")


@pytest.mark.parametrize(
    ("text", "address", "network"),
    [
        ("203.0.113.9:51234", "203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9", "203.0.113.9"),
        ("[::ffff:cb00:7109]:443", "203.0.113.9", "203.0.113.9"),
        ("64:ff9b::203.0.113.9", "203.0.113.9", "203.0.113.9"),
        ("64:ff9b:1::203.0.113.9", "203.0.113.9", "203.0.113.9"),
        ("[64:ff9b:1:7::cb00:7109]:443", "203.0.113.9", "203.0.113.9"),
        ("[203.0.113.9]:443", "203.0.113.9", "203.0.113.9"),
        ("2001:db8:2:7::1%25eth0", "2001:db8:2:7::1", "2001:db8:2:7::"),
        ("2001:db8:2::1", "2001:db8:2::1", "2001:db8:2::"),
        ("2001:DB8:2:0:ffff::50", "2001:db8:2:0:ffff::50", "2001:db8:2::"),
        ("2001:db8::1", "2001:db8::1", "2001:db8::"),
        ('"[2001:db8:2:7::1]:8080"', "2001:db8:2:7::1", "2001:db8:2:7::"),
        ("fe80::1%eth0", "fe80::1", "fe80::"),
        ("::1", "::1", "::"),
    ],
)
def test_address_is_canonical_and_ipv6_is_counted_by_64(requested, text, address, network):
    assert requested(1, text) == (address, network)
    if ":" in address:
        assert requested(0, None, text) == (address, network)


def test_missing_header_behind_a_proxy_is_logged_once(requested, caplog):
    client._warn_once.cache_clear()
    with caplog.at_level(logging.WARNING, "observability.client"):
        for _ in range(3):
            requested(1, None)

    assert [record.name for record in caplog.records] == ["observability.client"]
