"""The job that carries out an order once it is confirmed."""

from __future__ import annotations

from uuid import UUID

import django_tasks

from muniment.lifecycle import executing


@django_tasks.task()
def perform(tenant: str, erasure_id: str) -> str:
    """Carry out a confirmed order; done twice, it is done once."""
    return str(executing.carry_out(UUID(tenant), UUID(erasure_id)).state)
