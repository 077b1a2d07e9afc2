"""A person closes a parked message: who, when and why stay with it; nothing of the message is applied."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, select, update

from hub import logs
from hub.flows.context import Context
from hub.flows.errors import NotKnown, WrongState
from hub.store.tables import T

log = logs.get(__name__)


def dismiss(context: Context, parked_id: str, *, why: str, who: str) -> None:
    """Close an open parked message with a stated reason.

    The same person stating the same reason again changes nothing. Raises NotKnown, or WrongState when
    it was closed otherwise.
    """
    p, now = T.parked.c, context.now()

    def close(tx: Connection) -> RowMapping | None:
        tx.execute(
            update(T.parked)
            .where(p.id == parked_id, p.state == "open")
            .values(state="dismissed", closed_at=now, closed_by=who, closed_why=why)
        )
        return tx.execute(select(T.parked).where(p.id == parked_id)).mappings().one_or_none()

    row = context.database.run(close, repeatable=True)
    if row is None:
        raise NotKnown("parked_unknown", "挂起消息不存在", "there is no such parked message")
    if (row["closed_by"], row["closed_why"]) != (who, why):
        raise WrongState(
            "parked_closed",
            f"该消息已由 {row['closed_by']} 处理",
            f"{row['closed_by']} has closed this message already",
        )
    log.info("dismissed", parked=parked_id, who=who)
