"""TempURL and FormPost signatures, against Swift's own middleware and python-swiftclient as oracles."""

from __future__ import annotations

import io
import secrets
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from swiftclient.utils import generate_temp_url

from cloud._dialects.swift._tempurl import (
    DIGESTS,
    KeyCache,
    TempUrlSigner,
    checked_ip_range,
    choose_digest,
    signed_path,
)
from cloud._wire._types import Origin
from cloud.common import InvalidRequestError, Secret, UnsupportedOperationError

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of eventlet, about itself
    from swift.common.digest import extract_digest_and_algorithm, get_hmac
    from swift.common.middleware.formpost import FormPost
    from swift.common.middleware.tempurl import TempURL
    from swift.common.swob import Request, Response
    from swift.proxy.controllers.base import get_cache_key

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "k" * 20
ORIGIN = Origin("https", "swift.example.com", 443)
STORAGE = "/v1/AUTH_a"
NOW = 1_790_000_000
FUTURE = 4_000_000_000  # the middleware asks the real clock
ODD = [
    "a b+c%2F?d=é&#",
    "ü/🎉.txt",
    "/leading",
    "a//b",
    "trailing/",
    "new\nline",
    "a=b&temp_url_sig=x",
    "..",
    "'\"\\",
    "\x01",
]
keys = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=60
).filter(lambda key: key.strip("/"))
containers = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="/\0"), min_size=1, max_size=30
)
METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE"]
digests = st.sampled_from(DIGESTS)


def signer(digest: str = "sha256", path: str = STORAGE) -> TempUrlSigner:
    return TempUrlSigner(ORIGIN, path, Secret(KEY), digest)


def parameters(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}


class Counters:
    """The part of Swift's logger that its filters count with; a real one opens a syslog socket."""

    def increment(self, name: str) -> None:
        assert name


class Middleware:
    """Swift's own filter in front of an app that answers 200 to what it is let through."""

    def __init__(self, kind: Callable[..., Any], container: str, digests: tuple[str, ...] = DIGESTS) -> None:
        self.seen: list[Request] = []
        self._filter = kind(self._app, {"allowed_digests": list(digests), "methods": METHODS}, Counters())
        self._container = container

    def _app(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        self.seen.append(request)
        if environ["REQUEST_METHOD"] == "PUT":
            environ["wsgi.input"].read()
        return Response(body=b"body", request=request)(environ, start_response)

    def send(self, method: str, url: str, body: bytes = b"", **environ: Any) -> tuple[int, dict[str, str]]:
        parts = urlsplit(url)
        path = unquote(parts.path)
        raw = path.encode().decode("latin-1")
        container = self._container.encode().decode("latin-1")
        meta = {"meta": {"temp-url-key": KEY}, "status": 200, "sysmeta": {}}
        known = {
            get_cache_key("AUTH_a"): {**meta, "meta": {}},
            get_cache_key("AUTH_a", container): meta,
            get_cache_key("AUTH_a", self._container): meta,
        }
        request = Request.blank("/", environ={"REQUEST_METHOD": method, "swift.infocache": known, **environ})
        request.environ["PATH_INFO"] = raw
        request.environ["QUERY_STRING"] = parts.query
        request.environ["wsgi.input"] = io.BytesIO(body)
        answer = request.get_response(self._filter)
        return answer.status_int, dict(answer.headers)


@given(st.sampled_from(["GET", "PUT", "DELETE", "HEAD"]), containers, keys, digests)
def test_url_is_the_one_that_swiftclient_makes(method: str, container: str, key: str, digest: str) -> None:
    url = signer(digest).url(method, container, key, NOW)
    theirs = generate_temp_url(f"{STORAGE}/{container}/{key}", NOW, KEY, method, absolute=True, digest=digest)
    query = theirs[len(f"{STORAGE}/{container}/{key}") :]
    assert url.startswith(f"https://swift.example.com{STORAGE}/")
    assert url.endswith(query)
    assert unquote(urlsplit(url).path) == f"{STORAGE}/{container}/{key}"


@given(containers, keys, st.integers(0, 60), digests)
def test_prefix_url_is_the_one_that_swiftclient_makes(
    container: str, key: str, length: int, digest: str
) -> None:
    prefix = key[:length]
    mine = parameters(signer(digest).url("GET", container, key, NOW, prefix=prefix))
    theirs = generate_temp_url(
        f"{STORAGE}/{container}/{prefix}", NOW, KEY, "GET", absolute=True, prefix=True, digest=digest
    )
    assert mine["temp_url_sig"] == theirs.partition("temp_url_sig=")[2].partition("&")[0]
    assert mine["temp_url_prefix"] == prefix


@given(keys, st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fd00::/8"), digests)
def test_signature_is_the_hmac_that_swift_computes(key: str, address: Any, digest: str) -> None:
    found = parameters(signer(digest).url("PUT", "c", key, NOW, ip_range=str(address)))
    algorithm, mac = extract_digest_and_algorithm(found["temp_url_sig"])
    assert algorithm == digest
    path = f"{STORAGE}/c/{key}"
    assert mac == get_hmac("PUT", path, NOW, KEY, digest=digest, ip_range=str(address))
    assert found["temp_url_ip_range"] == str(address)


@given(containers, keys, digests, st.sampled_from(["GET", "PUT", "DELETE"]))
def test_middleware_lets_through_what_was_signed_and_nothing_else(
    container: str, key: str, digest: str, method: str
) -> None:
    assume(container not in {".", ".."})
    swift = Middleware(TempURL, container)
    url = signer(digest).url(method, container, key, FUTURE)
    assert swift.send(method, url)[0] == 200
    for other in {"GET", "PUT", "DELETE", "POST"} - {method}:
        assert swift.send(other, url)[0] == 401
    assert swift.send("HEAD", url)[0] == (401 if method == "DELETE" else 200)
    path, _, query = url.partition("?")
    assert swift.send(method, f"{path}x?{query}")[0] == 401
    changed = query.replace(str(FUTURE), str(FUTURE + 1))
    assert swift.send(method, f"{path}?{changed}")[0] == 401
    assert swift.send(method, signer(digest).url(method, container, key, NOW - 10**9))[0] == 401


@pytest.mark.parametrize("key", ODD)
def test_odd_keys_pass_the_middleware_byte_for_byte(key: str) -> None:
    swift = Middleware(TempURL, "c")
    assert swift.send("GET", signer().url("GET", "c", key, FUTURE))[0] == 200
    assert swift.seen[-1].environ["PATH_INFO"].encode("latin-1").decode() == f"{STORAGE}/c/{key}"


@given(keys, keys)
def test_prefix_url_reads_everything_below_its_prefix_only(prefix: str, rest: str) -> None:
    swift = Middleware(TempURL, "c")
    url = signer().url("GET", "c", prefix + rest, FUTURE, prefix=prefix)
    assert swift.send("GET", url)[0] == 200
    path, _, query = url.partition("?")
    assert swift.send("GET", f"{path}/more?{query}")[0] == 200
    assert swift.send("GET", f"https://h{STORAGE}/c/{'y' if prefix[0] != 'y' else 'z'}?{query}")[0] == 401


@pytest.mark.parametrize(
    ("allowed", "inside", "outside"),
    [("192.0.2.7", "192.0.2.7", "192.0.2.8"), ("2001:db8::/32", "2001:db8::9", "2001:db9::9")],
)
def test_ip_range_is_kept_by_the_middleware(allowed: str, inside: str, outside: str) -> None:
    swift = Middleware(TempURL, "c")
    url = signer().url("GET", "c", "k", FUTURE, ip_range=allowed)
    assert swift.send("GET", url, REMOTE_ADDR=inside)[0] == 200
    assert swift.send("GET", url, REMOTE_ADDR=outside)[0] == 401
    stripped = url.partition("&temp_url_ip_range")[0]
    assert swift.send("GET", stripped, REMOTE_ADDR=outside)[0] == 401


@pytest.mark.parametrize("text", ["", "here", "192.0.2.1/24", "192.0.2.0/33", "1.2.3.4\n"])
def test_ip_range_that_swift_would_refuse_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        checked_ip_range(text)
    with pytest.raises(InvalidRequestError):
        signer().url("GET", "c", "k", NOW, ip_range=text)


def test_filename_and_inline_become_the_answers_disposition() -> None:
    swift = Middleware(TempURL, "c")
    sign = signer()
    saved = swift.send("GET", sign.url("GET", "c", "k", FUTURE, filename="a b+ü&.txt"))[1]
    assert saved["Content-Disposition"].startswith("attachment;")
    assert unquote(saved["Content-Disposition"].partition("UTF-8''")[2]) == "a b+ü&.txt"
    shown = swift.send("GET", sign.url("GET", "c", "k", FUTURE, inline=True))[1]
    assert shown["Content-Disposition"] == "inline"


def test_path_before_the_version_is_sent_but_not_signed() -> None:
    assert signed_path("/v1/AUTH_a") == "/v1/AUTH_a"
    assert signed_path("/object/v1/AUTH_a%20b") == "/v1/AUTH_a b"
    assert signed_path("/swift/v1") == "/v1"
    plain = signer().url("GET", "c", "k", NOW)
    behind = signer(path="/object/v1/AUTH_a/").url("GET", "c", "k", NOW)
    assert parameters(plain) == parameters(behind)
    assert behind.startswith("https://swift.example.com/object/v1/AUTH_a/c/k?")


def test_key_of_slashes_only_is_refused_as_swift_would_refuse_it() -> None:
    swift = Middleware(TempURL, "c")
    mac = get_hmac("GET", f"{STORAGE}/c//", FUTURE, KEY, digest="sha256")
    query = f"temp_url_sig={mac}&temp_url_expires={FUTURE}"
    assert swift.send("GET", f"https://h{STORAGE}/c//?{query}")[0] == 401
    with pytest.raises(UnsupportedOperationError):
        signer().url("GET", "c", "/", NOW)


def test_key_outside_of_its_prefix_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        signer().url("GET", "c", "other", NOW, prefix="key")


def test_digest_is_the_best_that_the_cluster_allows() -> None:
    assert choose_digest(["sha1", "sha256", "sha512"]) == "sha256"
    assert choose_digest(["sha512", "sha1"]) == "sha512"
    assert choose_digest(["sha1"]) == "sha1"
    assert choose_digest(None) == "sha1"
    for names in ([], ["md5"]):
        with pytest.raises(UnsupportedOperationError):
            choose_digest(names)
    with pytest.raises(InvalidRequestError):
        signer("md5")


# -- FormPost ------------------------------------------------------------------------------------------------
def form_body(fields: dict[str, str], *files: tuple[str, bytes]) -> tuple[bytes, str]:
    boundary = secrets.token_hex(8)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts += [
        f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for name, data in files
    ]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def post(swift: Middleware, url: str, fields: dict[str, str], *files: tuple[str, bytes]) -> int:
    body, kind = form_body(fields, *files)
    return swift.send("POST", url, body, CONTENT_TYPE=kind, CONTENT_LENGTH=str(len(body)))[0]


@given(
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r\n"), max_size=30),
    digests,
    st.sampled_from(["", "https://example.com/done?a=b"]),
)
def test_form_passes_the_middleware(prefix: str, digest: str, redirect: str) -> None:
    swift = Middleware(FormPost, "c")
    url, fields = signer(digest).form(
        "c", prefix, FUTURE, max_file_size=4, max_file_count=1, redirect=redirect
    )
    assert post(swift, url, fields, ("name", b"1234")) == (303 if redirect else 200)
    assert swift.seen[-1].environ["PATH_INFO"].encode("latin-1").decode() == f"{STORAGE}/c/{prefix}name"


def test_form_is_refused_when_it_was_changed_or_its_limits_are_passed() -> None:
    swift = Middleware(FormPost, "c")
    url, fields = signer().form("c", "up/", FUTURE, max_file_size=4, max_file_count=1)
    assert post(swift, url, fields, ("n", b"12345")) == 400
    assert post(swift, url, fields, ("n", b"1"), ("m", b"2")) == 400
    assert post(swift, url, {**fields, "max_file_size": "5"}, ("n", b"12345")) == 401
    assert post(swift, f"{url}other", fields, ("n", b"1")) == 401
    assert post(swift, url, {**fields, "redirect": "https://evil.example.com"}, ("n", b"1")) == 401


def test_form_that_could_be_read_as_another_one_is_refused() -> None:
    # Swift signs lines: what was signed for "a\nb" and "https://r" is also good for "a" and "b\nhttps://r".
    swift = Middleware(FormPost, "c")
    numbers = {"max_file_size": "4", "max_file_count": "1", "expires": str(FUTURE)}
    signature = signer()._sign([f"{STORAGE}/c/a\nb", "https://r", *numbers.values()])
    forged = {"redirect": "b\nhttps://r", **numbers, "signature": signature}
    assert post(swift, f"https://h{STORAGE}/c/a", forged, ("n", b"1")) == 303
    assert swift.seen[-1].environ["PATH_INFO"] == f"{STORAGE}/c/an"
    for prefix, redirect in (("a\nb", ""), ("a\rb", ""), ("a", "b\n"), ("a", "https://x/-")):
        with pytest.raises(InvalidRequestError):
            signer().form("c", prefix, FUTURE, max_file_size=4, max_file_count=1, redirect=redirect)


# -- keys ----------------------------------------------------------------------------------------------------
def test_signer_and_cache_never_show_the_key() -> None:
    cache = KeyCache()
    cache.put("c", Secret("planted-key"))
    sign = TempUrlSigner(ORIGIN, STORAGE, Secret("planted-key"))
    assert "planted-key" not in f"{cache!r} {vars(cache)!r} {sign!r} {sign._key!r}"


def test_keys_are_read_again_in_time() -> None:
    now = 100.0
    cache = KeyCache(60.0, clock=lambda: now)
    stored: list[Secret | None] = [Secret("1"), None, Secret("3")]
    assert cache.get("a", lambda: stored[0]) == Secret("1")
    now = 159.9
    assert cache.get("a", lambda: stored[2]) == Secret("1")
    assert cache.get("b", lambda: stored[1]) is None
    assert cache.get("b", lambda: stored[2]) is None  # that there is none is known, too
    now = 160.0
    assert cache.get("a", lambda: stored[2]) == Secret("3")
    assert set(cache._keys) == {"a", "b"}
    now = 219.9
    cache.put("c", Secret("4"))
    assert set(cache._keys) == {"a", "c"}  # what is too old is forgotten
    cache.clear()
    assert cache.get("a", lambda: None) is None
