"""Records: frozen, mappings, JSON, hashable, picklable; times aware and in UTC."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import json
import pickle
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.common import models
from cloud.common._observe import CallEvent, MetricsSnapshot
from cloud.common._redact import Secret
from cloud.common.enums import CloudProvider, InstanceState, ResourceType, parse_enum
from cloud.common.errors import NotFoundError
from cloud.common.models import EMPTY, FrozenMap, Record, utc

WHEN = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
INFO = models.ObjectInfo(
    bucket="b", key="k", size=3, etag="e", modified_at=WHEN, metadata=FrozenMap({"a": "1"}), raw={"canary": 1}
)
FUNCTION = models.FunctionInfo(name="f", runtime="python3.12", handler="m.f", modified_at=WHEN, raw="canary")
RECORDS: list[Record] = [
    models.CloudResource(
        id="i", name="n", resource_type=ResourceType.STORAGE, provider=CloudProvider.AWS,
        tags=FrozenMap({"t": "v"}), metadata=FrozenMap({"n": FrozenMap({"deep": (1, 2)})}), created_at=WHEN, raw="canary",
    ),
    INFO,
    models.DownloadResult(path=PurePosixPath("/x/y"), info=INFO, bytes_written=3),  # type: ignore[arg-type]  # a path of no particular system
    models.DeleteResult(key="k", error=NotFoundError("gone")),
    models.DeleteResult(key="k"),
    models.PresignedPost(url="https://h", fields=FrozenMap({"policy": "canary"}), expires_at=WHEN),
    models.UnfinishedUpload(bucket="b", key="k", upload_id="u", started_at=WHEN),
    models.Instance(
        id="i", name="n", state=InstanceState.RUNNING, raw_state="running", instance_type="t", public_addresses=("::1",),
        raw="canary",
    ),
    models.Image(id="i", name="n", status="active", created_at=WHEN, tags=FrozenMap({"t": "v"}), raw="canary"),
    models.InstanceType(id="i", name="n", vcpus=2, memory_bytes=1 << 30, architectures=("arm64",), raw="canary"),
    models.KeyPair(name="k", fingerprint="aa:bb", private_key=Secret("canary"), created_at=WHEN, raw="canary"),
    models.Quota(name="cores", limit=None, used=2),
    FUNCTION,
    models.Deployment(function=FUNCTION, action="created", code_changed=True),
    models.FunctionAlias(function_name="f", name="live", version="1", weights=FrozenMap({"2": 0.5}), raw="canary"),
    models.FunctionUrl(function_name="f", url="https://h/", public=False, created_at=WHEN, raw="canary"),
    models.InvokeResult(value=FrozenMap({"a": (1,)}), request_id="r"),
    models.LayerVersion(name="l", version=1, id="arn", runtimes=("python3.12",), created_at=WHEN, raw="canary"),
    models.LogEvent(id="1", at=WHEN, message="m"),
    CallEvent(provider="aws", service="s3", operation="o", resource="r", attempt=1, seconds=0.5),
    MetricsSnapshot(errors=FrozenMap({"NotFoundError": 1})),
]  # fmt: skip  # a record in a few lines
ids = [type(record).__name__ for record in RECORDS]


def test_every_record_class_is_tried_here() -> None:
    classes = {
        kind for kind in vars(models).values()
        if inspect.isclass(kind) and issubclass(kind, Record) and kind is not Record
    }  # fmt: skip  # one line for the condition
    assert classes <= {type(record) for record in RECORDS}


@pytest.mark.parametrize("record", RECORDS, ids=ids)
def test_a_record_is_also_a_mapping_of_its_fields(record: Any) -> None:
    shown = [field.name for field in dataclasses.fields(record) if field.name != "raw"]
    assert isinstance(record, Mapping)
    assert list(record) == shown
    assert len(record) == len(shown)
    assert dict(record) == {name: getattr(record, name) for name in shown}
    assert "raw" not in record
    for name in ("raw", "to_dict", "__init__", "nope"):
        with pytest.raises(KeyError):
            record[name]
        assert record.get(name) is None


@pytest.mark.parametrize("record", RECORDS, ids=ids)
def test_a_record_cannot_be_changed(record: Any) -> None:
    name = next(iter(record))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, name, "other")
    with pytest.raises(TypeError):
        record[name] = "other"
    assert not hasattr(record, "__dict__")


@pytest.mark.parametrize("record", RECORDS, ids=ids)
def test_a_record_is_json(record: Any) -> None:
    data = json.loads(json.dumps(record.to_dict(), allow_nan=False))
    assert list(data) == [name for name in record if not isinstance(record[name], Secret)]
    assert "raw" not in data


@pytest.mark.parametrize("record", RECORDS, ids=ids)
def test_a_repr_shows_neither_the_raw_record_nor_a_form_s_grant(record: Any) -> None:
    assert "canary" not in repr(record)
    assert type(record).__name__ in repr(record)


@pytest.mark.parametrize("record", [record for record in RECORDS if not getattr(record, "error", None)])
def test_records_travel_and_compare(record: Any) -> None:
    for same in (copy.copy(record), copy.deepcopy(record), pickle.loads(pickle.dumps(record))):  # noqa: S301  # ours
        assert same == record
        assert hash(same) == hash(record)
        assert same.to_dict() == record.to_dict()


def test_the_raw_record_counts_for_nothing_but_is_there() -> None:
    other = dataclasses.replace(INFO, raw="something else")
    assert other == INFO
    assert hash(other) == hash(INFO)
    assert other.raw == "something else"


def test_values_become_json_by_their_kind() -> None:
    data = RECORDS[0].to_dict()
    assert data["resource_type"] == "storage"
    assert data["provider"] == "aws"
    assert data["created_at"] == "2030-01-02T03:04:05+00:00"
    assert data["metadata"] == {"n": {"deep": [1, 2]}}
    assert RECORDS[2].to_dict()["path"] == "/x/y"
    assert RECORDS[2].to_dict()["info"]["key"] == "k"
    assert models.to_json(b"\x00\xff") == "00ff"
    assert RECORDS[3].to_dict()["error"] == "gone"


def test_a_delete_result_says_whether_it_went_well() -> None:
    assert [record.ok for record in RECORDS if isinstance(record, models.DeleteResult)] == [False, True]


# -- FrozenMap -----------------------------------------------------------------------------------------------
@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=5))
def test_a_frozen_map_is_the_dict_that_it_was_made_from(items: dict[str, str]) -> None:
    frozen = FrozenMap(items)
    assert frozen == items
    assert dict(frozen) == items
    assert repr(frozen) == repr(items)
    assert hash(frozen) == hash(FrozenMap(dict(reversed(items.items()))))
    assert pickle.loads(pickle.dumps(frozen)) == frozen  # noqa: S301  # ours
    items["new"] = "x"
    assert "new" not in frozen


def test_a_frozen_map_cannot_change() -> None:
    frozen: Any = FrozenMap({"a": "1"})
    with pytest.raises(TypeError):
        frozen["a"] = "2"
    with pytest.raises(TypeError):
        del frozen["a"]
    assert EMPTY == {}
    assert frozen != "text"


# -- times and enums -----------------------------------------------------------------------------------------
@given(st.datetimes(min_value=datetime(1970, 1, 3), max_value=datetime(2200, 1, 1)), st.integers(-720, 720))  # noqa: DTZ001  # the zone follows
def test_times_come_out_in_utc_and_mean_the_same_moment(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert utc(aware) == aware
    assert utc(aware).tzinfo is timezone.utc


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        utc(datetime(2030, 1, 1))  # noqa: DTZ001  # what is refused


def test_an_unknown_enum_value_becomes_the_default() -> None:
    assert parse_enum(InstanceState, "running", InstanceState.UNKNOWN) is InstanceState.RUNNING
    assert parse_enum(InstanceState, "hibernating", InstanceState.UNKNOWN) is InstanceState.UNKNOWN
    assert parse_enum(InstanceState, None, InstanceState.UNKNOWN) is InstanceState.UNKNOWN


def test_presigned_url_is_its_text_with_headers_and_travels() -> None:
    url = models.PresignedUrl("https://h/k?sig=1", {"x-ms-blob-type": "BlockBlob"})
    assert (url, url.headers["x-ms-blob-type"]) == ("https://h/k?sig=1", "BlockBlob")
    copy = pickle.loads(pickle.dumps(url))  # noqa: S301  # our own
    assert (copy, copy.headers) == (url, url.headers)
    assert models.PresignedUrl("https://h/k").headers == {}
