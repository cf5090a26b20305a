"""The command line behind `make run`, `stop`, `manage`, `test`, `bench`, `move-database` and `reset`."""

import os
import shlex
import sys

from scripts.embedded import stack, state, temporary
from scripts.embedded.errors import Failure
from scripts.embedded.terminal import Stop, stopping


def main(command: str, arguments: list[str]) -> int:
    if command == "run":
        stack.run(os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000")
        return 0
    if command == "stop":
        print(state.stop_running())
        return 0
    if command == "manage":
        return stack.manage(arguments or _typed(os.environ.get("CMD", "help")))
    if command == "test":
        return temporary.test(arguments)
    if command == "bench":
        return temporary.bench(arguments)
    if command == "move-database":
        stack.move_database()
        return 0
    if command == "reset":
        print(stack.reset(sure=os.environ.get("YES") == "1"))
        return 0
    raise Failure(f"there is no command {command!r}; see `make help-all`.")


def _typed(line: str) -> list[str]:
    """Split a command line as a shell does: make manage CMD="changepassword alice"."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise Failure(f"CMD={line} cannot be read: {error}.") from None


if __name__ == "__main__":
    # PGPORT, PGSERVICE and similar variables select another PostgreSQL server.
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    try:
        with stopping():
            sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "", sys.argv[2:]))
    except Stop:
        sys.exit(0 if sys.argv[1:2] == ["run"] else 130)
    except (Failure, OSError) as failure:
        # OSError: for example a full disk, or a folder without write permission. Its text names the file.
        sys.exit(f"Bobbin: {failure}")
