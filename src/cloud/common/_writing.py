"""A writable file over one object that publishes nothing when the writer dies."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from cloud.common.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud.common._engine import PartWriter


class ObjectWriter(io.BufferedIOBase):
    """What `open_file(..., "wb")` returns. Closing it publishes the object.

    Nothing is published when the ``with`` block is left by an exception, when the file is closed while an
    exception is being handled that was not there at the opening (a wrapper such as `io.TextIOWrapper` closes
    it so), when `abort` is called, or when the file is thrown away without closing.

    Args:
        put: stores a short object by one request.
        start_parts: begins a multipart upload.
        part_size: gives the size of part n.
        name: what the file is called, as io's wrappers ask of one: the object's URI.
    """

    def __init__(
        self,
        put: Callable[[bytes], object],
        start_parts: Callable[[], PartWriter],
        part_size: Callable[[int], int],
        *,
        name: str = "",
    ) -> None:
        super().__init__()
        self.name = name
        self._put = put
        self._start_parts = start_parts
        self._part_size = part_size
        self._buffer = bytearray()
        self._writer: PartWriter | None = None
        self._position = 0
        self._thrown_away = False
        self._outer_error = sys.exc_info()[1]

    def writable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._position

    def write(self, data: object) -> int:
        """Take `data` and return its length; parts are sent as they fill."""
        if self.closed:
            raise InvalidRequestError("the file is closed")
        if isinstance(data, str):
            raise InvalidRequestError("the file takes bytes, not text", hint="wrap it in io.TextIOWrapper")
        view = memoryview(data).cast("B")  # type: ignore[arg-type]  # io's own type is private
        self._buffer += view
        self._position += len(view)
        while len(self._buffer) >= (
            size := self._part_size(1 if self._writer is None else self._writer.next_number)
        ):
            if self._writer is None:
                self._writer = self._start_parts()
            part = bytes(memoryview(self._buffer)[:size])
            del self._buffer[:size]
            self._add(self._writer, part)
        return len(view)

    def _add(self, writer: PartWriter, part: bytes) -> None:
        try:
            writer.add(part)
        except BaseException:
            self._give_up()
            raise

    def close(self) -> None:
        """Publish the object, once; after `abort` or a failure this does nothing."""
        if self.closed:
            return
        if self._thrown_away:
            _warn("thrown away without closing: nothing was published")
            self._give_up()
            return
        error = sys.exc_info()[1]
        if error is not None and error is not self._outer_error:
            _warn(f"closed while a {type(error).__name__} was being handled: nothing was published")
            self._give_up()
            return
        try:
            self._publish()
        except BaseException:
            self._give_up()
            raise
        super().close()

    def _publish(self) -> None:
        if self._writer is None:
            self._put(bytes(self._buffer))
            return
        if self._buffer:
            self._writer.add(bytes(self._buffer))
        self._writer.complete()

    def abort(self) -> None:
        """Publish nothing and remove the parts that were sent."""
        writer = self._shut()
        if writer is not None:
            writer.abort()

    def _give_up(self) -> None:
        """Abort because of an error that is being raised, which a failure to abort must not hide."""
        writer = self._shut()
        if writer is not None:
            writer.give_up()

    def _shut(self) -> PartWriter | None:
        """Close the file and return the upload that is to be ended, if there is one."""
        if self.closed:
            return None
        writer, self._writer = self._writer, None
        self._buffer.clear()
        super().close()
        return writer

    def _dealloc_warn(self, _source: object) -> None:
        """Take note that a wrapper was thrown away: io's wrappers say so before their finalizer closes us."""
        self._thrown_away = True

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Publish, or abort when the block was left by an exception."""
        if kind is None:
            self.close()
        else:
            self._give_up()

    def __del__(self) -> None:
        """Abort instead of publishing: nobody said that the object is whole."""
        self._give_up()


def _warn(message: str) -> None:
    import logging

    logging.getLogger("cloud.writer").warning(message)
