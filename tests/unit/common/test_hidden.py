"""Headers and request heads that debuggers and tracebacks show without their values."""

from __future__ import annotations

from cloud.common._redact import HiddenBytes, HiddenValues

CANARY = "canary-token"


def test_hidden_values_are_a_dict_that_shows_its_names_only() -> None:
    headers = HiddenValues(host="h", authorization=CANARY)
    assert headers == {"host": "h", "authorization": CANARY}
    assert repr(headers) == str(headers) == "{'host': ***, 'authorization': ***}"
    assert CANARY not in f"{[headers]} {headers!r} {headers}"


def test_joining_with_a_plain_dict_from_either_side_stays_hidden() -> None:
    plain, hidden = {"a": "1", "b": "2"}, HiddenValues(b=CANARY)
    for joined, value in ((plain | hidden, CANARY), (hidden | plain, "2")):
        assert isinstance(joined, HiddenValues)
        assert joined == {"a": "1", "b": value}
        assert CANARY not in repr(joined)
    hidden |= plain
    assert isinstance(hidden, HiddenValues)
    assert plain == {"a": "1", "b": "2"}


def test_hidden_bytes_are_bytes_that_show_their_number_only() -> None:
    head = HiddenBytes(CANARY.encode())
    assert head == CANARY.encode()
    assert repr(head) == str(head) == "<12 bytes>"
    assert CANARY not in f"{[head]}"
