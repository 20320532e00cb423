"""The HTTP/1.1 transport: pooled connections, timeouts, TLS, proxies, bodies. No provider in it.

Importing this package loads nothing; `SocketTransport` loads sockets, the parser and TLS with its
first request. Why this machinery: docs/adr/0002-http-machinery.md.
"""

from typing import TYPE_CHECKING

from cloud.common._lazy import lazy_exports

if TYPE_CHECKING:
    from cloud._wire._errors import BodyTruncatedError as BodyTruncatedError
    from cloud._wire._errors import ConnectError as ConnectError
    from cloud._wire._errors import ConnectionBrokenError as ConnectionBrokenError
    from cloud._wire._errors import ConnectTimeoutError as ConnectTimeoutError
    from cloud._wire._errors import InvalidHeaderError as InvalidHeaderError
    from cloud._wire._errors import ProtocolError as ProtocolError
    from cloud._wire._errors import ProxyError as ProxyError
    from cloud._wire._errors import ReadTimeoutError as ReadTimeoutError
    from cloud._wire._errors import RequestBodyError as RequestBodyError
    from cloud._wire._errors import ResponseTooLargeError as ResponseTooLargeError
    from cloud._wire._errors import TlsError as TlsError
    from cloud._wire._errors import TransportClosedError as TransportClosedError
    from cloud._wire._errors import WireError as WireError
    from cloud._wire._errors import WriteTimeoutError as WriteTimeoutError
    from cloud._wire._transport import SocketTransport as SocketTransport
    from cloud._wire._types import Body as Body
    from cloud._wire._types import HttpRequest as HttpRequest
    from cloud._wire._types import HttpResponse as HttpResponse
    from cloud._wire._types import Mark as Mark
    from cloud._wire._types import Origin as Origin
    from cloud._wire._types import Timeouts as Timeouts
    from cloud._wire._types import TlsOptions as TlsOptions
    from cloud._wire._types import Transport as Transport
    from cloud.common._bodies import FileRange as FileRange

__all__ = [
    "Body",
    "BodyTruncatedError",
    "ConnectError",
    "ConnectTimeoutError",
    "ConnectionBrokenError",
    "FileRange",
    "HttpRequest",
    "HttpResponse",
    "InvalidHeaderError",
    "Mark",
    "Origin",
    "ProtocolError",
    "ProxyError",
    "ReadTimeoutError",
    "RequestBodyError",
    "ResponseTooLargeError",
    "SocketTransport",
    "Timeouts",
    "TlsError",
    "TlsOptions",
    "Transport",
    "TransportClosedError",
    "WireError",
    "WriteTimeoutError",
]
__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Body": "._types",
        "BodyTruncatedError": "._errors",
        "ConnectError": "._errors",
        "ConnectTimeoutError": "._errors",
        "ConnectionBrokenError": "._errors",
        "FileRange": "cloud.common._bodies",
        "HttpRequest": "._types",
        "HttpResponse": "._types",
        "InvalidHeaderError": "._errors",
        "Mark": "._types",
        "Origin": "._types",
        "ProtocolError": "._errors",
        "ProxyError": "._errors",
        "ReadTimeoutError": "._errors",
        "RequestBodyError": "._errors",
        "ResponseTooLargeError": "._errors",
        "SocketTransport": "._transport",
        "Timeouts": "._types",
        "TlsError": "._errors",
        "TlsOptions": "._types",
        "Transport": "._types",
        "TransportClosedError": "._errors",
        "WireError": "._errors",
        "WriteTimeoutError": "._errors",
    },
)
