"""The platform: submits each application until it is acknowledged, and draws under every approval."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from contracts.application import DrawdownWish
from hub.flows import outbound
from hub.flows.errors import WrongState
from hub.flows.idempotency import Reply
from tests.faults.simulation.hubs import Hub
from tests.faults.simulation.premises import Wish

if TYPE_CHECKING:
    from tests.faults.simulation.town import Town

Ask = Callable[[Hub], Reply]


class Platform:
    """Knows what was acknowledged to it: that is what must never be lost."""

    def __init__(self, town: Town, wishes: list[Wish]) -> None:
        self.town = town
        self.wishes = wishes
        self.acknowledged: dict[int, str] = {}
        """Application ids by our number."""
        self.drawn: dict[str, int] = {}
        """Acknowledged drawdowns by application."""
        self._drawing: set[str] = set()

    def open(self) -> None:
        """Submit everything in its time."""
        for wish in self.wishes:
            delay = self.town.random.choice((0.0, 1.0, 60.0, 3000.0)) * self.town.random.random()
            self.town.loop.after(delay, lambda wish=wish: self._submit(wish))  # type: ignore[misc]
            if self.town.weather.strikes("submitted twice"):
                self.town.loop.after(delay + self.town.random.random(), lambda w=wish: self._submit(w))  # type: ignore[misc]

    def _submit(self, wish: Wish) -> None:
        key = f"key-{wish.number}"

        def ask(hub: Hub) -> Reply:
            return outbound.submit(hub.context, wish.submission, owner="shop", key=key, sha256="x")

        def acknowledged(reply: Reply) -> None:
            id_ = str(reply.body["id"])
            before = self.acknowledged.setdefault(wish.number, id_)
            if before != id_:
                self.town.violation(f"one submission was taken twice, as {before} and {id_}")

        if wish.number not in self.acknowledged:
            self._until_acknowledged(f"submits {wish.number}", ask, acknowledged, lambda: self._submit(wish))

    def draw_what_is_approved(self, approved: list[str]) -> None:
        """Draw under each approval, once for each."""
        wishes = {self.acknowledged[w.number]: w for w in self.wishes if w.number in self.acknowledged}
        for application_id in approved:
            wish = wishes.get(application_id)
            if wish is None or not wish.draws or application_id in self._drawing:
                continue
            self._drawing.add(application_id)
            delay = self.town.random.choice((0.1, 5.0, 600.0))
            self.town.loop.after(delay, lambda a=application_id, w=wish: self._draw(a, w))  # type: ignore[misc]

    def _draw(self, application_id: str, wish: Wish) -> None:
        key = f"draw-{application_id}-{self.drawn.get(application_id, 0)}"
        amount = wish.submission.amount_fen

        def ask(hub: Hub) -> Reply:
            wants = DrawdownWish(amount_fen=amount)
            return outbound.request_drawdown(
                hub.context, application_id, wants, owner="shop", key=key, sha256="x"
            )

        def acknowledged(reply: Reply) -> None:
            self.drawn[application_id] = self.drawn.get(application_id, 0) + 1
            self._drawing.discard(application_id)

        what = f"draws {wish.number}"
        self._until_acknowledged(what, ask, acknowledged, lambda: self._draw(application_id, wish))

    def _until_acknowledged(
        self, what: str, ask: Ask, acknowledged: Callable[[Reply], None], again: Callable[[], None]
    ) -> None:
        town = self.town
        hub = town.any_hub()
        if hub is None:
            town.loop.after(1, again)
            return
        heard: list[Reply] = []

        def work() -> None:
            try:
                heard.append(ask(hub))
            except WrongState:
                raise
            except Exception as error:
                # The web answers with a failure, and the platform asks again under the same key.
                town.note(f"platform {what}: {type(error).__name__}")

        def ended() -> None:
            if heard and not town.weather.strikes("reply lost"):
                town.note(f"platform {what}: {heard[0].status}")
                acknowledged(heard[0])
                town.dirty = True
            else:
                town.loop.after(1 + town.random.random() * 9, again)

        town.loop.spawn(hub.process, work, ended)
