"""Health check of a container: exit with 0 if the URL returns 200, otherwise with a message.

The image has no curl, and Django takes a second to load. This script needs neither.
"""

import http.client
import sys
from urllib.parse import urlsplit

SECONDS = 4


def main(url: str) -> str | None:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=SECONDS)
    try:
        connection.request("GET", address.path or "/")
        answer = connection.getresponse()
        said = answer.read(300).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"{url}: {error}"
    finally:
        connection.close()
    return None if answer.status == 200 else f"{url}: {answer.status} {said}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
