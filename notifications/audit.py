"""Who did what to which object. Append-only; written in the transaction of the deed."""

from typing import Any

from notifications.models import AuditEntry


def record(
    actor: Any,
    action: str,
    obj: Any = None,
    facts: dict[str, Any] | None = None,
    ip: str | None = None,
    *,
    name: str = "",
) -> AuditEntry:
    """`actor` is a member of staff, an ApiKey, or None for Beckon itself. `action` is a verb in
    the past as a reader would say it: "confirmed", "paused", "made a key"."""
    is_staff = getattr(actor, "is_authenticated", False)
    return AuditEntry.objects.create(
        actor=actor if is_staff else None,
        actor_name=actor.get_username() if is_staff else str(actor or "Beckon")[:150],
        action=action,
        object_type=obj._meta.model_name if obj is not None else "",
        object_id=str(getattr(obj, "uuid", None) or getattr(obj, "pk", "") or ""),
        object_name=(name or str(obj if obj is not None else ""))[:200],
        facts=facts or {},
        ip=ip,
    )
