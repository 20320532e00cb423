"""What Heat says about stacks, their resources and events, typed. https://docs.openstack.org/api-ref/orchestration/v1/."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloud.common.models import EMPTY, FrozenMap, Record
from cloud.infomaniak._errors import ResourceFailedError
from cloud.infomaniak._planning import moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack(Record):
    """One stack.

    Attributes:
        id: Heat's id.
        name: unique in the project.
        status: action and state in Heat's words: ``CREATE_IN_PROGRESS``, ``UPDATE_COMPLETE``, ``DELETE_FAILED``.
        status_reason: why it is in that state.
        description: of the template.
        parameters: what it was made with; hidden ones are ``******``. Empty in listings.
        outputs: what the template gives out; those that failed are missing. Empty in listings.
        output_errors: why an output failed, by its name.
        tags: labels.
        timeout_minutes: how long an action may take; None for the service's own limit.
        rolls_back: whether a failed creation is undone.
        parent_id: the stack that this one is nested in.
        created_at: when it was made.
        updated_at: when it was last updated.
        deleted_at: when it was deleted.
        raw: the service's own record.
    """

    id: str
    name: str
    status: str
    status_reason: str = ""
    description: str | None = None
    parameters: Mapping[str, Any] = field(default=EMPTY, hash=False)
    outputs: Mapping[str, Any] = field(default=EMPTY, hash=False)
    output_errors: Mapping[str, str] = field(default=EMPTY, hash=False)
    tags: tuple[str, ...] = ()
    timeout_minutes: int | None = None
    rolls_back: bool | None = None
    parent_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)

    @property
    def action(self) -> str:
        """What is or was done: ``CREATE``, ``UPDATE``, ``DELETE``, ``SUSPEND``, ``RESUME``, ``CHECK``, ``ROLLBACK``."""
        return self.status.partition("_")[0]

    @property
    def state(self) -> str:
        """How far that is: ``IN_PROGRESS``, ``COMPLETE`` or ``FAILED``."""
        return self.status.partition("_")[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class StackResource(Record):
    """One resource of a stack.

    Attributes:
        name: its name in the template.
        type: such as ``OS::Nova::Server``.
        status: action and state in Heat's words.
        status_reason: why it is in that state.
        physical_id: id of the thing itself; empty before it is there.
        stack_id: the stack that it is in: a nested one's resources have that one's.
        stack_name: its name.
        required_by: names of the resources that need it.
        attributes: what it says about itself; only where one resource is asked for.
        created_at: when it was made.
        updated_at: when it changed last.
        raw: the service's own record.
    """

    name: str
    type: str
    status: str
    status_reason: str = ""
    physical_id: str = ""
    stack_id: str | None = None
    stack_name: str | None = None
    required_by: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default=EMPTY, hash=False)
    created_at: datetime | None = None
    updated_at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class StackEvent(Record):
    """Something that happened to a stack or one of its resources.

    Attributes:
        id: Heat's id; also the token to list from.
        resource_name: the resource, or the stack's own name.
        status: action and state in Heat's words.
        status_reason: why.
        physical_id: id of the thing itself.
        at: when.
        raw: the service's own record.
    """

    id: str
    resource_name: str
    status: str
    status_reason: str = ""
    physical_id: str = ""
    at: datetime | None = None
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class StackChanges(Record):
    """What an update would do, by name of the resource.

    Attributes:
        added: made.
        updated: changed in place.
        replaced: deleted, and made anew.
        deleted: deleted.
        unchanged: left alone.
    """

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.added or self.updated or self.replaced or self.deleted)


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateParameter(Record):
    """One parameter of a template.

    Attributes:
        name: its name.
        type: ``String``, ``Number``, ``CommaDelimitedList``, ``Json`` or ``Boolean``.
        description: free text.
        default: what it is when nothing is given; None also when it must be given.
        is_required: whether it must be given.
        is_hidden: whether Heat shows its value to nobody.
        raw: the service's own record, with its constraints.
    """

    name: str
    type: str
    description: str = ""
    default: Any = None
    is_required: bool = True
    is_hidden: bool = False
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateInfo(Record):
    """A template that Heat accepts.

    Attributes:
        description: of the template.
        parameters: what it takes.
        raw: the service's own record.
    """

    description: str = ""
    parameters: tuple[TemplateParameter, ...] = ()
    raw: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class StackFailure(Record):
    """One resource that failed.

    Attributes:
        stack_name: the stack that it is in, which may be a nested one.
        resource_name: its name in the template.
        type: such as ``OS::Nova::Server``; empty where only an event tells of it.
        status: action and state in Heat's words.
        reason: what the service behind it said.
        physical_id: id of the thing itself; empty where there is none.
    """

    stack_name: str
    resource_name: str
    type: str
    status: str
    reason: str
    physical_id: str = ""


class StackFailedError(ResourceFailedError):
    """A stack failed; the message has the reasons of the resources that did, nested ones too.

    Attributes:
        failures: the resources that failed, those that caused others first.
    """

    failures: tuple[StackFailure, ...] = ()


def stack_of(body: Mapping[str, Any]) -> Stack:
    """Return the record of a stack, of a listing or of its own request."""
    outputs = body.get("outputs") or ()
    rollback = body.get("disable_rollback")
    errors = {each["output_key"]: str(each["output_error"]) for each in outputs if each.get("output_error")}
    return Stack(
        id=body["id"],
        name=body["stack_name"],
        status=body.get("stack_status") or "",
        status_reason=body.get("stack_status_reason") or "",
        description=body.get("description"),
        parameters=FrozenMap(body.get("parameters") or {}),
        outputs=FrozenMap(
            {
                each["output_key"]: each.get("output_value")
                for each in outputs
                if each["output_key"] not in errors
            }
        ),
        output_errors=FrozenMap(errors),
        tags=tuple(body.get("tags") or ()),
        timeout_minutes=body.get("timeout_mins"),
        rolls_back=None if rollback is None else not rollback,
        parent_id=body.get("parent"),
        created_at=moment(body.get("creation_time")),
        updated_at=moment(body.get("updated_time")),
        deleted_at=moment(body.get("deletion_time")),
        raw=body,
    )


def stack_resource_of(body: Mapping[str, Any]) -> StackResource:
    """Return the record of a resource."""
    href = next((each["href"] for each in body.get("links") or () if each.get("rel") == "stack"), "")
    name, _, stack_id = href.rpartition("/")
    status = body.get("resource_status") or ""
    if body.get("resource_action"):  # previews write both apart
        status = f"{body['resource_action']}_{status}"
    return StackResource(
        name=body["resource_name"],
        type=body.get("resource_type") or "",
        status=status,
        status_reason=body.get("resource_status_reason") or "",
        physical_id=body.get("physical_resource_id") or "",
        stack_id=stack_id or None,
        stack_name=name.rpartition("/")[2] or body.get("stack_name"),
        required_by=tuple(body.get("required_by") or ()),
        attributes=FrozenMap(body.get("attributes") or {}),
        created_at=moment(body.get("creation_time")),
        updated_at=moment(body.get("updated_time")),
        raw=body,
    )


def stack_event_of(body: Mapping[str, Any]) -> StackEvent:
    """Return the record of an event."""
    return StackEvent(
        id=body["id"],
        resource_name=body["resource_name"],
        status=body.get("resource_status") or "",
        status_reason=body.get("resource_status_reason") or "",
        physical_id=body.get("physical_resource_id") or "",
        at=moment(body.get("event_time")),
        raw=body,
    )


def stack_changes_of(body: Mapping[str, Any]) -> StackChanges:
    """Return the record of what an update would do."""
    return StackChanges(
        **{
            kind: tuple(each["resource_name"] for each in body.get(kind) or ())
            for kind in ("added", "updated", "replaced", "deleted", "unchanged")
        }
    )


def template_info_of(body: Mapping[str, Any]) -> TemplateInfo:
    """Return the record of a template that was validated."""
    found = body.get("Parameters") or {}
    return TemplateInfo(
        description=body.get("Description") or "",
        parameters=tuple(
            TemplateParameter(
                name=name,
                type=each.get("Type") or "",
                description=each.get("Description") or "",
                default=each.get("Default"),
                is_required="Default" not in each,
                is_hidden=str(each.get("NoEcho")).lower() == "true",
                raw=each,
            )
            for name, each in found.items()
        ),
        raw=body,
    )
