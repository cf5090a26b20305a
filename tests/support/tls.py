"""Certificates, and the two directions of a TLS proxy in front of a server without TLS."""

import socket
import subprocess
from pathlib import Path


def make_certificates(folder: Path) -> None:
    """Make a CA, a certificate for localhost signed by it, and another CA."""
    run = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for name in ("ca", "other"):
        names = ["-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}", "-days", "2"]
        subprocess.run([*run, *names], cwd=folder, check=True, capture_output=True)
    names = ["-keyout", "server.key", "-out", "server.pem", "-subj", "/CN=localhost", "-days", "2"]
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=DNS:localhost"]
    signed += ["-addext", "basicConstraints=critical,CA:FALSE"]
    subprocess.run([*run, *names, *signed], cwd=folder, check=True, capture_output=True)


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    finally:
        for end in (source, target):
            end.close()
