"""One request through `FaultProxy`: read it, forward it, answer it, with the fault that it drew."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cloud.testing import _http1 as http1
from cloud.testing._fault_kinds import Fault, FaultKind, SeenRequest
from cloud.testing._made_answers import JUNK, MAKERS, MadeAnswer, s3_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

Kind = FaultKind
_HOP_BY_HOP = ("connection", "keep-alive", "proxy-connection", "transfer-encoding")
_RANGE_HEADERS = ("range", "x-ms-range")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_UPLOAD_CUTS = {Kind.RESET_UPLOAD, Kind.STALL_UPLOAD}
# These need the body's length before its first byte is sent.
_NEED_LENGTH = {
    *(Kind.RESET_BODY, Kind.TRUNC_FIN, Kind.TRUNC_CL, Kind.TRUNC_CHUNKED, Kind.TRUNC_CHUNKED_OK),
    *(Kind.TRUNC_CLOSE, Kind.PAD_CL, Kind.CORRUPT, Kind.STALL_BODY, Kind.DUP_REPLY),
}


@dataclass
class Answer:
    """The upstream's answer on its way to the client.

    Attributes:
        start: its first line.
        headers: but those of the framing and of the upstream's connection.
        length: of its body; None where the upstream did not say.
        pieces: the body.
        bodiless: whether it has no body whatever its Content-Length says (HEAD, 204, 304).
    """

    start: str
    headers: list[tuple[str, str]]
    length: int | None
    pieces: AsyncIterator[bytes]
    bodiless: bool


@dataclass
class Exchange:
    """One request and its answer.

    Attributes:
        client: where the request came from.
        head: of the request.
        fault: what shall go wrong; None for nothing.
        upstream: host and port.
        sleep: waits for a number of seconds.
        rewrites_host: whether the upstream is told its own address as Host.
        seen: the record so far.
    """

    client: http1.Connection
    head: http1.Head
    fault: Fault | None
    upstream: tuple[str, int]
    sleep: Callable[[float], Awaitable[None]]
    rewrites_host: bool = field(default=False, kw_only=True)
    seen: SeenRequest = field(init=False)

    def __post_init__(self) -> None:
        self.method, self.path, *_ = [*self.head.start.split(" "), "", ""]
        self.seen = SeenRequest(self.method, self.path, self.head.headers, self.kind)
        self.keep = self.head.keeps_connection

    @property
    def kind(self) -> FaultKind | None:
        """What shall go wrong."""
        return self.fault.kind if self.fault else None

    async def run(self) -> bool:
        """Answer the request, or fail as told; return whether the connection can be used again.

        Raises:
            PeerGoneError: the client or the upstream ended its connection early.
            ConnectionError: likewise.
        """
        if self.kind in {Kind.RESET_CONNECT, Kind.REFUSE}:
            await self.client.reset()
            return False
        if (self.head.get("expect") or "").lower() == "100-continue":
            await self.client.write(_CONTINUE)
        if self.fault and self.kind in _UPLOAD_CUTS:
            return await self._cut_upload(self.fault)
        body = self._counted(http1.request_body(self.client.reader, self.head))
        if self.fault and (self.kind in MAKERS or self.kind in {Kind.FIN_UPLOAD, Kind.JUNK}):
            async for _ in body:
                pass
            return await self._answer_alone(self.fault)
        async with AsyncExitStack() as stack:
            try:
                answer = await self._forward(body, stack)
            except OSError as error:
                async for _ in body:
                    pass
                reason = f"the fault proxy cannot reach its upstream: {error}".encode()
                await self._send_made(MadeAnswer(502, [("Content-Type", "text/plain")], reason))
                return False
            return await self._deliver(answer, stack)

    # --- the request

    async def _counted(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in pieces:
            self.seen = replace(self.seen, received=self.seen.received + len(piece))
            yield piece

    async def _cut_upload(self, fault: Fault) -> bool:
        pieces = self._counted(http1.request_body(self.client.reader, self.head))
        async for _ in http1.first(pieces, fault.at or 0):
            pass
        if fault.kind is Kind.STALL_UPLOAD:
            await self.sleep(fault.seconds)
        await self.client.reset()
        return False

    async def _answer_alone(self, fault: Fault) -> bool:
        if fault.kind is Kind.JUNK:
            await self.client.write(JUNK)
        if fault.kind not in MAKERS:
            return False
        await self._send_made(MAKERS[fault.kind](fault, self.path))
        return self.keep

    async def _send_made(self, answer: MadeAnswer) -> None:
        self.seen = replace(self.seen, status=answer.status)
        await self.client.write(answer.head())
        if self.method != "HEAD":
            for piece in answer.pieces:
                await self._send_body(piece)

    # --- to the upstream

    async def _forward(self, body: AsyncIterator[bytes], stack: AsyncExitStack) -> Answer:
        """Give the upstream the request and return the head of its answer with its body to come."""
        if self.kind is Kind.CORRUPT_UPLOAD and self.fault:
            body = http1.flipped(body, self.fault.at or 0)
        if self.kind is not Kind.DUP_REQUEST:
            return await self._forward_once(body, stack)
        spool = await self._spooled(body, stack)
        unread = await self._forward_once(spool.pieces(), stack)
        async for _ in unread.pieces:
            pass
        return await self._forward_once(spool.pieces(), stack)

    async def _forward_once(self, body: AsyncIterator[bytes], stack: AsyncExitStack) -> Answer:
        reader, writer = await asyncio.open_connection(*self.upstream, limit=http1.READ_LIMIT_BYTES)
        stack.callback(writer.close)
        self.seen = replace(self.seen, forwarded=self.seen.forwarded + 1)
        upload = asyncio.create_task(self._upload(body, writer))
        stack.push_async_callback(_end_task, upload)
        head = await http1.read_head(reader)
        while head.status < 200:  # an interim answer
            head = await http1.read_head(reader)
        if not upload.done():
            self.keep = False  # answered before the whole request was read: what follows is no request
        self.seen = replace(self.seen, status=head.status)
        return Answer(
            head.start,
            head.without(*_HOP_BY_HOP, "content-length"),
            head.length,
            http1.answer_body(reader, head, self.method),
            bodiless=not http1.has_body(head, self.method),
        )

    async def _upload(self, body: AsyncIterator[bytes], writer: asyncio.StreamWriter) -> None:
        """Send the request. An upstream that answers early may close before it has read all of it."""
        headers = self.head.without(*_HOP_BY_HOP, "expect")
        if self.rewrites_host:
            host, port = self.upstream
            headers = [header for header in headers if header[0].lower() != "host"]
            headers.insert(0, ("Host", f"{host}:{port}"))
        if self.head.chunked:
            headers.append(("Transfer-Encoding", "chunked"))
        start = http1.encode_head(self.head.start, [*self._requested(headers), ("Connection", "close")])
        writer.transport.set_write_buffer_limits(high=0)
        try:
            writer.write(start)
            async for piece in body:
                writer.write(_chunk(piece) if self.head.chunked else piece)
                await writer.drain()
            if self.head.chunked:
                writer.write(_chunk(b""))
            await writer.drain()
        except http1.PeerGoneError:
            writer.transport.abort()  # the client hung up, and so does the proxy

    def _requested(self, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        if self.kind is Kind.DROP_RANGE:
            return [header for header in headers if header[0].lower() not in _RANGE_HEADERS]
        if self.kind is Kind.WRONG_RANGE:
            shift = self._range_shift()
            return [
                (name, _shifted(value, r"bytes=(\d+)-(\d*)", "bytes={}-{}", shift))
                if name.lower() in _RANGE_HEADERS
                else (name, value)
                for name, value in headers
            ]
        return headers

    def _range_shift(self) -> int:
        """Return how far the range is moved: backwards, or forwards where it begins too early for that."""
        value = self.head.get("range") or self.head.get("x-ms-range") or ""
        start = re.match(r"bytes=(\d+)-", value)
        shift = self.fault.shift if self.fault else 0
        return -shift if start and int(start[1]) >= shift else shift

    # --- the answer

    async def _deliver(self, answer: Answer, stack: AsyncExitStack) -> bool:
        """Send the upstream's answer as the fault wants it; return whether the connection stays."""
        fault = self.fault
        if fault is None:
            return await self._send_whole(answer)
        if fault.kind in {Kind.LOST_REPLY, Kind.LOST_REPLY_FIN, Kind.LOST_REPLY_503}:
            return await self._lose(answer)
        if fault.kind in _NEED_LENGTH and answer.length is None and not answer.bodiless:
            spool = await self._spooled(answer.pieces, stack)
            answer.pieces, answer.length = spool.pieces(), spool.length
        length = 0 if answer.bodiless else answer.length or 0
        cutter = self._cutter(fault.kind)
        if cutter is not None:
            return await cutter(answer, fault, fault.cut(length))
        if fault.kind is Kind.DUP_REPLY:
            spool = await self._spooled(answer.pieces, stack)
            await self._send_whole(replace(answer, pieces=spool.pieces()))
            return await self._send_whole(replace(answer, pieces=spool.pieces()))
        if fault.kind is Kind.TRICKLE:
            answer.pieces = self._trickled(answer.pieces, fault.rate)
        await self._alter(answer, fault, length)
        return await self._send_whole(answer)

    async def _alter(self, answer: Answer, fault: Fault, length: int) -> None:
        if fault.kind is Kind.SLOW_HEAD:
            await self.sleep(fault.seconds)
        elif fault.kind is Kind.CORRUPT:
            answer.pieces = http1.flipped(answer.pieces, fault.cut(length))
        elif fault.kind is Kind.BAD_GZIP:
            answer.headers.append(("Content-Encoding", "gzip"))
        elif fault.kind is Kind.PAD_CL and not answer.bodiless:
            answer.pieces = _padded(answer.pieces, fault.extra)
            answer.length = length + fault.extra
        elif fault.kind is Kind.WRONG_RANGE:
            shift = -self._range_shift()
            answer.headers = [
                (name, _shifted(value, r"bytes (\d+)-(\d+)", "bytes {}-{}", shift))
                if name.lower() == "content-range"
                else (name, value)
                for name, value in answer.headers
            ]

    async def _lose(self, answer: Answer) -> bool:
        async for _ in answer.pieces:
            pass  # the upstream has done its work when its answer is complete
        if self.kind is Kind.LOST_REPLY:
            await self.client.reset()
        if self.kind is not Kind.LOST_REPLY_503:
            return False
        executed = self.seen.status
        await self._send_made(s3_error(503, "SlowDown"))
        self.seen = replace(self.seen, status=executed)
        return self.keep

    async def _send_whole(self, answer: Answer) -> bool:
        chunked = answer.length is None and not answer.bodiless
        framing = [("Transfer-Encoding", "chunked")] if chunked else _length_header(answer.length)
        await self._send_head(answer, framing if self.keep else [*framing, ("Connection", "close")])
        async for piece in answer.pieces:
            await self._send_body(piece, chunked=chunked)
        if chunked:
            await self.client.write(_chunk(b""))
        return self.keep

    def _cutter(self, kind: FaultKind) -> Callable[[Answer, Fault, int], Awaitable[bool]] | None:
        return {
            Kind.RESET_BODY: self._cut_framed,
            Kind.TRUNC_FIN: self._cut_framed,
            Kind.STALL_BODY: self._cut_framed,
            Kind.TRUNC_CL: self._cut_length,
            Kind.TRUNC_CHUNKED: self._cut_chunked,
            Kind.TRUNC_CHUNKED_OK: self._cut_chunked,
            Kind.TRUNC_CLOSE: self._cut_closing,
        }.get(kind)

    async def _cut_framed(self, answer: Answer, fault: Fault, at: int) -> bool:
        """RESET_BODY, TRUNC_FIN, STALL_BODY: the right Content-Length and too few bytes."""
        await self._send_head(answer, _length_header(answer.length))
        await self._send_pieces(http1.first(answer.pieces, at))
        if fault.kind is Kind.STALL_BODY:
            await self.sleep(fault.seconds)
        if fault.kind is not Kind.TRUNC_FIN:
            await self.client.reset()
        return False

    async def _cut_length(self, answer: Answer, _fault: Fault, at: int) -> bool:
        await self._send_head(answer, _length_header(at))
        await self._send_pieces(http1.first(answer.pieces, at))
        return self.keep

    async def _cut_chunked(self, answer: Answer, fault: Fault, at: int) -> bool:
        await self._send_head(answer, [("Transfer-Encoding", "chunked")])
        await self._send_pieces(http1.first(answer.pieces, at), chunked=True)
        if fault.kind is Kind.TRUNC_CHUNKED:
            return False
        await self.client.write(_chunk(b""))
        return self.keep

    async def _cut_closing(self, answer: Answer, _fault: Fault, at: int) -> bool:
        await self._send_head(answer, [("Connection", "close")])
        await self._send_pieces(http1.first(answer.pieces, at))
        return False

    # --- sending

    async def _send_head(self, answer: Answer, framing: list[tuple[str, str]]) -> None:
        await self.client.write(http1.encode_head(answer.start, [*answer.headers, *framing]))

    async def _send_pieces(self, pieces: AsyncIterator[bytes], *, chunked: bool = False) -> None:
        async for piece in pieces:
            await self._send_body(piece, chunked=chunked)

    async def _send_body(self, piece: bytes, *, chunked: bool = False) -> None:
        # Counted first: who has read the last byte finds it in the record.
        self.seen = replace(self.seen, sent=self.seen.sent + len(piece))
        await self.client.write(_chunk(piece) if chunked else piece)

    async def _trickled(self, pieces: AsyncIterator[bytes], rate: int) -> AsyncIterator[bytes]:
        async for piece in pieces:
            for start in range(0, len(piece), rate):
                yield piece[start : start + rate]
                await self.sleep(1)

    @staticmethod
    async def _spooled(pieces: AsyncIterator[bytes], stack: AsyncExitStack) -> http1.Spool:
        spool = http1.Spool()
        stack.callback(spool.close)
        await spool.fill(pieces)
        return spool


async def _end_task(task: asyncio.Task[None]) -> None:
    """End `task`; what stopped it is known already to whoever reads the other side of its connection."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled() and not isinstance(error := task.exception(), ConnectionError | None):
        raise error


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def _length_header(length: int | None) -> list[tuple[str, str]]:
    return [] if length is None else [("Content-Length", str(length))]


def _shifted(value: str, pattern: str, form: str, shift: int) -> str:
    """Return a Range or Content-Range with both ends moved by `shift`."""

    def move(match: re.Match[str]) -> str:
        return form.format(*(str(max(0, int(end) + shift)) if end else "" for end in match.groups()))

    return re.sub(pattern, move, value, count=1)


async def _padded(pieces: AsyncIterator[bytes], extra: int) -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield piece
    yield b"Z" * extra
