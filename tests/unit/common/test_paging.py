"""Lazy listings: nothing lost, nothing twice, and a failure never looks like the end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common import _paging
from cloud.common._paging import MAX_EMPTY_PAGES, Page, Pager, sifted
from cloud.common.errors import InvalidRequestError, ServiceUnavailableError, UnknownServiceError


class Service:
    """Gives pages by token: page n is asked for by ``t<n>``, the first by None."""

    def __init__(self, pages: list[list[int]], fails_at: int | None = None) -> None:
        self.pages = pages
        self.fails_at = fails_at
        self.asked: list[str | None] = []

    def fetch(self, token: str | None) -> Page[int]:
        self.asked.append(token)
        number = 0 if token is None else int(token[1:])
        if number == self.fails_at:
            raise ServiceUnavailableError("busy")
        following = f"t{number + 1}" if number + 1 < len(self.pages) else None
        return Page(tuple(self.pages[number]), (f"p{number}/",), following)


@given(st.lists(st.lists(st.integers(), max_size=4), min_size=1, max_size=8))
def test_every_item_of_every_page_comes_once_and_in_order(pages: list[list[int]]) -> None:
    service = Service(pages)
    pager = Pager(service.fetch)
    assert service.asked == []
    everything = [item for page in pages for item in page]
    assert list(pager) == everything
    assert len(service.asked) == len(pages)
    assert pager.to_list() == everything  # each iteration starts anew
    assert [list(page.items) for page in pager.pages()] == pages
    assert list(pager.prefixes()) == [f"p{number}/" for number in range(len(pages))]
    assert pager.first() == (everything[0] if everything else None)


@given(st.integers(0, 12))
def test_a_limit_cuts_items_and_asks_for_no_page_too_many(limit: int) -> None:
    service = Service([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    assert list(Pager(service.fetch, limit=limit)) == list(range(1, 10))[:limit]
    assert len(service.asked) == min(3, -(-limit // 3))


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="limit"):
        Pager(Service([[1]]).fetch, limit=-1)


def test_the_first_item_costs_one_request() -> None:
    service = Service([[1, 2], [3]])
    assert Pager(service.fetch).first() == 1
    assert service.asked == [None]


def test_empty_pages_in_the_middle_do_not_end_the_listing() -> None:
    assert list(Pager(Service([[], [1], [], [], [2], []]).fetch)) == [1, 2]


@pytest.mark.parametrize("number", [0, 1, 3])
def test_an_error_on_page_n_carries_the_token_to_go_on_from(number: int) -> None:
    pages = [[1, 2], [3, 4], [5], [6, 7], [8]]
    seen: list[int] = []
    broken = Pager(Service(pages, fails_at=number).fetch)
    with pytest.raises(ServiceUnavailableError) as caught:
        seen.extend(broken)
    assert caught.value.resume_token == (f"t{number}" if number else None)
    rest = Pager(Service(pages).fetch, token=caught.value.resume_token)
    assert [item for page in pages[:number] for item in page] + list(rest) == list(range(1, 9))


def test_a_page_s_token_resumes_behind_it() -> None:
    service = Service([[1], [2], [3]])
    first = next(Pager(service.fetch).pages())
    assert list(Pager(service.fetch, token=first.next_token)) == [2, 3]


def test_the_same_token_twice_is_an_error_and_no_loop() -> None:
    asked: list[str | None] = []

    def fetch(token: str | None) -> Page[int]:
        asked.append(token)
        return Page((len(asked),), (), "same")

    got: list[int] = []
    with pytest.raises(UnknownServiceError, match="same page token twice") as caught:
        got.extend(Pager(fetch))
    assert got == [1, 2]
    assert caught.value.resume_token == "same"
    assert asked == [None, "same"]


def test_a_bug_while_fetching_is_not_dressed_up() -> None:
    def fetch(_token: str | None) -> Page[int]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(Pager(fetch))


def test_an_abandoned_iteration_asks_for_nothing_more() -> None:
    service = Service([[1, 2], [3]])
    iterator: Any = iter(Pager(service.fetch))
    next(iterator)
    iterator.close()
    assert service.asked == [None]


class Hollow:
    """Gives page after page, each with a new token and, but for every `every`th, with nothing on it."""

    def __init__(self, every: int = 0, listed: int = 0) -> None:
        self.asked: list[str | None] = []
        self._every = every
        self._listed = listed

    def fetch(self, token: str | None) -> Page[int]:
        self.asked.append(token)
        number = len(self.asked)
        if self._every and number % self._every == 0:
            return Page((number,), (), f"t{number}")
        return sifted((), self._listed, f"t{number}")


def test_empty_pages_without_end_are_an_error_that_says_where_to_go_on() -> None:
    hollow = Hollow()
    with pytest.raises(UnknownServiceError, match="10000 empty pages in a row") as caught:
        Pager(hollow.fetch).to_list()
    assert len(hollow.asked) == MAX_EMPTY_PAGES
    assert caught.value.resume_token == f"t{MAX_EMPTY_PAGES}"
    assert not caught.value.retryable


@pytest.mark.parametrize(
    "hollow", [Hollow(every=5), Hollow(listed=1)], ids=["an item now and then", "left out"]
)
def test_gaps_and_what_this_client_leaves_out_are_not_given_up(
    hollow: Hollow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_paging, "MAX_EMPTY_PAGES", 5)
    pages = Pager(hollow.fetch).pages()
    for _ in range(40):
        next(pages)
    assert len(hollow.asked) == 40


def test_prefixes_alone_are_no_empty_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_paging, "MAX_EMPTY_PAGES", 5)
    assert len(list(Pager(Service([[] for _ in range(20)]).fetch).prefixes())) == 20
