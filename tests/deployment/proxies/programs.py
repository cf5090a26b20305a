"""Runs each snippet of deploy/proxies in its real program, with other ports, certificates and addresses."""

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.nginx_site import free_port, program, start
from tests.support.repository import ROOT

DOMAIN = "messages.example.org"
INFRA = Path(os.environ.get("PROXIES", ROOT / ".venv-infra/bin"))
CADDY_OPTIONS = "admin off\n\tskip_install_trust\n\thttp_port {http}\n\thttps_port {https}\n"


def caddy(name: str, folder: Path, https: int) -> list:
    text = (ROOT / "deploy/proxies" / name).read_text()
    options = CADDY_OPTIONS.format(http=free_port(), https=https)
    text = text.replace(f"{DOMAIN} {{", f"{DOMAIN} {{\n\ttls internal")
    text = text.replace("static 173", "static 127.0.0.1/32 173")
    # A file has at most one block of global options.
    text = (
        text.replace("{\n\tservers", f"{{\n\t{options}\tservers")
        if "servers" in text
        else f"{{\n\t{options}}}\n{text}"
    )
    (folder / "Caddyfile").write_text(text)
    return [INFRA / "caddy", "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"]


def traefik(name: str, folder: Path, https: int) -> list:
    text = (ROOT / "deploy/proxies" / name).read_text()
    (folder / name).write_text(text.replace("{certResolver: letsencrypt}", "{}"))
    return [
        INFRA / "traefik", f"--entryPoints.websecure.address=127.0.0.1:{https}",
        f"--providers.file.filename={folder / name}", "--log.level=ERROR",
    ]  # fmt: skip


def nginx(name: str, folder: Path, https: int) -> list:
    text = (ROOT / "deploy/proxies" / name).read_text()
    certificate = [
        "-keyout",
        folder / "privkey.pem",
        "-out",
        folder / "fullchain.pem",
        "-subj",
        f"/CN={DOMAIN}",
    ]
    make = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subprocess.run([*make, *certificate], check=True, capture_output=True)
    text = text.replace(f"/etc/letsencrypt/live/{DOMAIN}", str(folder)).replace(
        "    listen [::]", "    # listen [::]"
    )
    text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};").replace(
        "443 ssl", f"127.0.0.1:{https} ssl"
    )
    (folder / name).write_text(text)
    http = f"access_log off; include {folder}/{name};"
    main = f"daemon off; pid {folder}/pid; error_log {folder}/log; events {{}} http {{ {http} }}"
    (folder / "main.conf").write_text(main)
    return [
        shutil.which("nginx", path="/usr/sbin:/usr/bin") or program(),
        "-p",
        folder,
        "-c",
        folder / "main.conf",
    ]


SNIPPETS = {"Caddyfile": caddy, "cloudflare.Caddyfile": caddy, "traefik.yml": traefik, "nginx.conf": nginx}


@contextmanager
def running(name: str, folder: Path, site: int) -> Iterator[str]:
    """Run the snippet in front of this port of Bobbin, and yield its address."""
    https = free_port()
    command = SNIPPETS[name](name, folder, https)
    for file in folder.iterdir():
        if file.suffix in {".yml", ".conf"} or file.name == "Caddyfile":
            file.write_text(file.read_text().replace("127.0.0.1:8000", f"127.0.0.1:{site}"))
    child = start(
        folder, command, https, env=os.environ | {"XDG_DATA_HOME": str(folder), "HOME": str(folder)}
    )
    try:
        wait_for_the_route(https)
        yield f"https://{DOMAIN}:{https}"
    finally:
        child.terminate()
        child.wait(25)


def wait_for_the_route(port: int) -> None:
    """Wait until the proxy has its certificate and its route; without one, Traefik answers 404."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            line = socket.create_connection(("127.0.0.1", port), timeout=5)
            with line, unverified().wrap_socket(line, server_hostname=DOMAIN) as encrypted:
                encrypted.sendall(f"HEAD / HTTP/1.1\r\nHost: {DOMAIN}\r\nConnection: close\r\n\r\n".encode())
                encrypted.settimeout(1)
                if b" 404 " not in encrypted.recv(64):
                    return
        except TimeoutError:  # It waits for a server.
            return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"no route to {DOMAIN}")


def unverified() -> ssl.SSLContext:
    """The certificates here are made by the programs themselves."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
