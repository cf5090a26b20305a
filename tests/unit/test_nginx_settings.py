"""The entrypoint of the nginx container checks its settings and computes others from them."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.nginx_site import NGINX, computed

DEFAULTS = dict(re.findall(r"([A-Z_]+)=([^ \n\\]+)", (NGINX / "Dockerfile").read_text()))


def _computed(**settings: str) -> dict[str, str]:
    return computed(DEFAULTS | settings)


@pytest.mark.parametrize(
    ("entries", "networks"),
    [
        ("127.0.0.1", ["127.0.0.1"]),
        ("10.0.0.0/8,192.0.2.1 fc00::/7, 10.0.0.0/8", ["10.0.0.0/8", "192.0.2.1", "fc00::/7"]),
        ("localhost", ["127.0.0.1"]),
        ("", []),
    ],
)
def test_trusted_proxies_are_a_list_of_addresses_networks_and_names(entries, networks):
    values = _computed(TRUSTED_PROXY=entries)
    found = [line.removeprefix("set_real_ip_from ") for line in values["REAL_IP_FROM"].split(";\n")]
    assert [one.rstrip(";") for one in found if one and one != "::1"] == networks
    assert values["IS_FROM_PROXY"].count(" 1;") == values["REAL_IP_FROM"].count(";")


def test_gateway_is_the_gateway_of_the_default_route():
    routes = [line.split() for line in Path("/proc/net/route").read_text().splitlines()]
    gateways = [bytes.fromhex(route[2])[::-1] for route in routes if route[1] == route[7] == "00000000"]
    if gateways:
        assert _computed(TRUSTED_PROXY="gateway")["IS_FROM_PROXY"] == f"{'.'.join(map(str, gateways[0]))} 1;"
    else:
        with pytest.raises(ValueError, match="Its address is not known here"):
            _computed(TRUSTED_PROXY="gateway")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"TRUSTED_PROXY": "nowhere.invalid"},
            "TRUSTED_PROXY has the entry nowhere.invalid. Its address is not known",
        ),
        ({"TRUSTED_PROXY": "10.0.0.0/8 300.1.1.1"}, "the entry 300.1.1.1. It is no address"),
        ({"TRUSTED_PROXY": "0.0.0.0/0"}, "It would trust every client"),
        ({"TRUSTED_PROXY": "10.0.0.0/33"}, "The prefix must be 1 to 32"),
        ({"TRUSTED_PROXY": "proxy;"}, "neither an address, a network, a name nor gateway"),
        ({"LOG_IN_RATE": "60"}, "LOG_IN_RATE=60 must have a unit"),
        ({"SEND_BURST": "ten"}, "SEND_BURST=ten must be a whole number"),
        ({"STREAMS": "0"}, "STREAMS=0 must be a whole number"),
        ({"HSTS_SUBDOMAINS": "maybe"}, "HSTS_SUBDOMAINS=maybe must be true or false"),
    ],
)
def test_wrong_setting_stops_the_start_with_one_line(wrong, said):
    with pytest.raises(ValueError, match=re.escape(said)) as refused:
        _computed(**wrong)
    assert str(refused.value).count("\n") == 1


def test_low_limit_of_open_files_lowers_the_number_of_streams():
    script = f"ulimit -n 4096; . {NGINX}/entrypoint/18-settings.envsh; echo $NGINX_MOST_STREAMS $WORKER_FILES"
    env = DEFAULTS | {"PATH": "/usr/bin:/bin", "TRUSTED_PROXY": ""}
    done = subprocess.run(["sh", "-ec", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["768", "4096"]
    assert "takes 768 streams instead of 2000" in done.stderr
