"""A real S3 server with TLS for the archive. It is a project of its own, so `make down` does not stop it."""

import json
import subprocess

KEY, SECRET = "key-of-bobbin", "secret-of-bobbin"
NETWORK = "tests/deployment/compose/s3-network.yml"
SETTINGS = f"""repo1-type=s3
repo1-path=/bobbin
repo1-s3-bucket=backups
repo1-s3-endpoint=s3
repo1-s3-region=us-east-1
repo1-s3-uri-style=path
repo1-s3-key={KEY}
repo1-s3-key-secret={SECRET}
repo1-storage-port=8334
repo1-storage-ca-file=/archive/ca.pem"""
IDENTITY = {
    "name": "bobbin",
    "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
    "actions": ["Admin", "Read", "List", "Tagging", "Write"],
}


class ObjectStore:
    def __init__(self, stack) -> None:
        self.stack, self.folder = stack, stack.folder / "s3"
        self.certificate = self.folder / "ca.pem"
        self.folder.mkdir()
        subprocess.run(
            [
                "openssl", "req", "-x509", "-nodes",
                "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-subj", "/CN=s3", "-addext", "subjectAltName=DNS:s3",
                "-keyout", self.folder / "key.pem", "-out", self.certificate,
            ],
            check=True, capture_output=True,
        )  # fmt: skip
        (self.folder / "config.json").write_text(json.dumps({"identities": [IDENTITY]}))
        for file in self.folder.iterdir():
            file.chmod(0o644)

    def start(self) -> None:
        self.compose("up", "--detach", "--wait")
        shell = "echo s3.bucket.create -name backups | weed shell -master=s3:9333"
        self.compose("exec", "--no-TTY", "s3", "sh", "-c", shell)

    def remove(self) -> None:
        self.compose("down", "--volumes")

    def compose(self, *command: str) -> None:
        project = f"{self.stack.env['COMPOSE_PROJECT_NAME']}-s3"
        file = "tests/deployment/compose/s3.yml"
        self.stack.run("docker", "compose", "--project-name", project, "--file", file, *command)

    def write_settings(self) -> None:
        """Replace the folder by the store in pgbackrest.conf."""
        path = self.stack.folder / "secrets/pgbackrest.conf"
        settings = path.read_text().replace("repo1-path=/archive", SETTINGS)
        path.unlink()
        path.write_text(settings)
