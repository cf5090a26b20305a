"""PostgreSQL and Valkey, started and stopped together."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from scripts.embedded import service
from scripts.embedded.places import make_folder, programs, server_user, socket_folder
from scripts.embedded.postgres import start_postgres
from scripts.embedded.processes import Child
from scripts.embedded.valkey import start_valkey


@contextlib.contextmanager
def servers(
    base: Path, logs: Path, spare: Path, *, forgetful: bool = False
) -> Iterator[tuple[Path, list[Child]]]:
    """Run PostgreSQL and Valkey during the block. Yield the folder of their sockets, and the processes.

    The data are in `base`. If the user of the servers cannot run the installed programs, `spare` gets a copy.
    """
    user = server_user()
    where = programs(user, spare)
    make_folder(logs, 0o700)
    with contextlib.ExitStack() as ending:
        sockets = socket_folder(user)
        ending.callback(shutil.rmtree, sockets, ignore_errors=True)
        make_folder(sockets / service.METRICS, 0o700)
        valkey = start_valkey(where, sockets, logs / "valkey.log", user)
        ending.callback(valkey.end)
        postgres = start_postgres(
            where, base / "postgres", sockets, logs / "postgres.log", user, forgetful=forgetful
        )
        ending.callback(postgres.end)
        yield sockets, [valkey, postgres]
