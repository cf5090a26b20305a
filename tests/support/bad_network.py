"""A slow and lossy network: a TCP proxy on the loopback address between a browser and a site."""

import asyncio
import random
import struct
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, TypeVar

T = TypeVar("T")

DELAY = 0.1  # Seconds in each direction, so a round trip takes 200 ms.
LOST = 0.03  # The share of chunks that are lost.
CUTS = 0.5  # The share of lost chunks that end their connection. The others are sent again, as TCP does.
AGAIN = (0.2, 0.6)  # Seconds until a lost chunk is sent again.
ABORT = struct.pack("ii", 1, 0)  # The value of SO_LINGER that closes a socket with RST.


@dataclass(eq=False)
class Link:
    """One connection of the browser, with its connection to the site."""

    near: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    far: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    is_frozen: bool = False
    loses_answer: bool = False

    def cut(self) -> None:
        for _, writer in (self.near, self.far):
            with suppress(OSError):  # The socket may be closed already.
                writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, ABORT)
            writer.transport.abort()


@dataclass(eq=False)
class BadNetwork:
    """The proxy. `seed` decides which chunks are lost.

    `port` is the port of the proxy, and `site_port` that of the site. `counts` are the numbers of chunks that
    were sent, sent late or cut, and of lost answers.
    """

    site_port: int
    seed: int
    delay: float = 0
    lost: float = 0
    cuts: float = CUTS
    port: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._is_down = False
        self._lost_answer = threading.Event()
        self._mark: tuple[bytes, bool] | None = None
        self._links: set[Link] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bad network", daemon=True)

    # --- For the thread of the test ---
    def start(self) -> None:
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def begin(self, delay=DELAY, lost=LOST, cuts=CUTS) -> None:
        """Make the network bad. Until then it is perfect, so that pages load quickly."""
        self.delay, self.lost, self.cuts = delay, lost, cuts

    def end(self) -> None:
        self.begin(delay=0, lost=0)

    def go_down(self) -> None:
        """Cut all connections, and refuse new ones until `come_back`."""
        self._loop.call_soon_threadsafe(self._go_down)

    def come_back(self) -> None:
        self._is_down = False

    def freeze(self) -> None:
        """Forward nothing more on the open connections, as a router that has lost them. New ones work."""
        for link in list(self._links):
            link.is_frozen = True

    def thaw(self) -> None:
        """Deliver what waits on frozen connections, which may be late."""
        for link in list(self._links):
            link.is_frozen = False

    def lose_answer(self, request: bytes, *, go_down=False) -> None:
        """Cut the connection of the next request that begins with these bytes when its answer comes.

        The site has handled the request then. With `go_down`, the network stays down. Otherwise Chromium
        repeats the request by itself if its connection was used before.
        """
        self._lost_answer.clear()
        self._mark = (request, go_down)

    def wait_for_lost_answer(self) -> None:
        assert self._lost_answer.wait(20), "No such request was answered."

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    # --- In the thread of the loop ---
    async def _end(self) -> None:
        self._server.close()
        self._go_down()
        if tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(tasks, timeout=5)

    def _go_down(self) -> None:
        self._is_down = True
        for link in list(self._links):
            link.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_down:
            return writer.transport.abort()
        link = Link((reader, writer), await asyncio.open_connection("127.0.0.1", self.site_port))
        self._links.add(link)
        try:
            await asyncio.gather(
                self._forward(link, link.near[0], link.far[1], self._request),
                self._forward(link, link.far[0], link.near[1], self._answer),
            )
        finally:
            self._links.discard(link)
            for each in (link.near, link.far):
                each[1].close()

    async def _forward(self, link: Link, reader, writer, examine) -> None:
        """Read chunks, and write each one after its delay. Further chunks are read meanwhile."""
        chunks: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        sending = asyncio.create_task(self._write(link, chunks, writer))
        at = 0.0
        try:
            while chunk := await reader.read(65536):
                examine(link, chunk)
                at = max(at, self._loop.time() + self.delay + self._loss(link))
                chunks.put_nowait((at, chunk))
        except ConnectionError:
            pass  # Cut here or by the browser.
        chunks.put_nowait((at, b""))
        await sending

    async def _write(self, link: Link, chunks: asyncio.Queue, writer: asyncio.StreamWriter) -> None:
        while True:
            at, chunk = await chunks.get()
            await asyncio.sleep(at - self._loop.time())
            while link.is_frozen and not writer.is_closing():
                await asyncio.sleep(0.02)
            if not chunk or writer.is_closing():
                return writer.close()
            writer.write(chunk)
            self.counts["sent"] += 1

    def _loss(self, link: Link) -> float:
        """Return the additional delay of a chunk, or cut its connection."""
        if self._random.random() >= self.lost:
            return 0
        if self._random.random() < self.cuts:
            self.counts["cut"] += 1
            link.cut()
            return 0
        self.counts["late"] += 1
        return self._random.uniform(*AGAIN)

    def _request(self, link: Link, chunk: bytes) -> None:
        if self._mark and chunk.startswith(self._mark[0]):
            link.loses_answer = True

    def _answer(self, link: Link, _chunk: bytes) -> None:
        if not link.loses_answer or not self._mark:
            return
        go_down = self._mark[1]
        self._mark = None
        self.counts["answers lost"] += 1
        link.cut()
        if go_down:
            self._go_down()
        self._lost_answer.set()


@contextmanager
def bad_network(site_port: int, seed: int = 12) -> Iterator[BadNetwork]:
    """Run the proxy in a thread of its own until the end of the block."""
    network = BadNetwork(site_port, seed)
    network.start()
    try:
        yield network
    finally:
        network.stop()
