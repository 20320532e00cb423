"""What Heat would do with a template, asked without anything being made or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloud.infomaniak._service import given, read_inner
from cloud.infomaniak.heat import _records as r
from cloud.infomaniak.heat._stacks import StackOperations
from cloud.infomaniak.heat._templates import Bundle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class StackPreviews(StackOperations):
    """What stacks would become, and what a template takes."""

    def preview_stack(
        self,
        name: str,
        template: str | Path | Mapping[str, Any],
        parameters: Mapping[str, Any] | None = None,
        environment: str | Path | Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, str] | None = None,
    ) -> list[r.StackResource]:
        """Return the resources that `create_stack` would make. Nothing is made."""
        bundle = Bundle(template, environment, files)
        return self._preview(given({"stack_name": name, **bundle.body(), "parameters": parameters}))

    def preview_update(
        self,
        stack_id: str,
        template: str | Path | Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        environment: str | Path | Mapping[str, Any] | None = None,
        *,
        clear_parameters: Sequence[str] = (),
        files: Mapping[str, str] | None = None,
    ) -> r.StackChanges:
        """Return what `update_stack` would do. Nothing is changed."""
        body = given(
            {
                **Bundle(template, environment, files).body(),
                "parameters": dict(parameters) if parameters else None,
                "clear_parameters": list(clear_parameters) or None,
            }
        )
        path = f"{self._stack_path('preview_update', stack_id)}/preview"
        return self._read(
            read_inner("resource_changes", r.stack_changes_of),
            "preview_update",
            stack_id,
            "PATCH",
            path,
            json={**body, "existing": True},
            idempotent=True,
        )

    def validate_template(
        self,
        template: str | Path | Mapping[str, Any],
        environment: str | Path | Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, str] | None = None,
    ) -> r.TemplateInfo:
        """Return what a template takes, when Heat accepts it.

        Raises:
            InvalidRequestError: Heat does not; it says why.
        """
        body = Bundle(template, environment, files).body()
        read = r.template_info_of
        return self._read(read, "validate_template", "", "POST", "/validate", json=body, idempotent=True)

    def _preview(self, body: Mapping[str, Any]) -> list[r.StackResource]:
        name = str(body["stack_name"])
        return self._read(
            read_inner(
                "stack",
                lambda stack: [r.stack_resource_of(each) for each in _flat(stack.get("resources") or ())],
            ),
            "preview_stack",
            name,
            "POST",
            "/stacks/preview",
            json=body,
            idempotent=True,
        )


def _flat(resources: Any) -> list[Mapping[str, Any]]:
    """Return the resources of a preview, those of nested stacks after them."""
    found: list[Mapping[str, Any]] = []
    for each in resources:
        found += _flat(each) if isinstance(each, list) else [each]
    return found
