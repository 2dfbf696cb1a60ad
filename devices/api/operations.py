"""How each operation is told in the OpenAPI description. Apart from `schema`, because the framework
loads this before its own views."""

import json
from typing import Any

from drf_spectacular.openapi import AutoSchema


class Operation(AutoSchema):
    """The docstring's first sentence stands in lists; what follows it is the description."""

    def get_summary(self) -> str:
        return self._told()[0].replace("`", "")  # where no mark-up is read

    def get_description(self) -> str:  # type: ignore[override]
        return self._told()[1]

    def get_extensions(self) -> dict[str, Any]:
        allowed: Any = self.view.get_permissions()[0]
        kinds = [kind for kind in ("client", "server") if getattr(allowed, kind, False)]
        return {"x-key-kinds": kinds, "x-scopes": list(getattr(allowed, "scopes", ()))}

    def _told(self) -> tuple[str, str]:
        beginning, _, more = (super().get_description() or "").partition("\n\n")
        first, _, rest = " ".join(beginning.split()).partition(". ")
        return first.removesuffix("."), "\n\n".join(filter(None, [rest, more]))


def without_defaults(result: Any, **_: Any) -> Any:
    """Clients that are generated would send a default as if somebody had said it, and some make
    the field required. So it is told in words."""
    for name, shape in result["components"]["schemas"].items():
        fields = shape.get("properties", {}).values() if name.endswith("Request") else ()
        for field in fields:
            if "default" in field:
                told = f"{json.dumps(field.pop('default'))} unless said"
                field["description"] = "; ".join(filter(None, [field.get("description"), told]))
    return result


def with_retry_after(result: Any, **_: Any) -> Any:
    told = {"description": "Seconds to wait before the next call.", "schema": {"type": "integer"}}
    for methods in result["paths"].values():
        for operation in methods.values():
            for status in {"429", "503"} & operation["responses"].keys():
                operation["responses"][status]["headers"] = {"Retry-After": told}
    return result
