"""The bank played from memory: takes forms, decides by notification, collects every night at noon."""

from __future__ import annotations

from connectors.phrasebook import Phrase
from connectors.port import Unreadable
from connectors.simulation.counter import Counter
from connectors.simulation.desk import Notice, notice_no
from connectors.sorted_form import services, wire
from connectors.sorted_form.connector import PROFILE, SortedFormConnector
from connectors.words import Words
from signing.envelope import Opened
from signing.profile import load_profile

_ASKS = {path: kind for kind, path in wire.PATHS.items()}


class SortedFormSimulator(Counter):
    """Decides and pays as `Habits` says; tells everything by notification and answers every query."""

    dialect = "sorted_form"
    prefix = "B"
    book = services.BOOK
    speaks = SortedFormConnector
    profile = load_profile(PROFILE)

    def _request_no(self, opened: Opened) -> str:
        return opened.fields.get("msg_id", "")

    def _asked(self, path: str, opened: Opened) -> str:
        if path not in _ASKS:
            raise Unreadable("no such service")
        return _ASKS[path]

    def _reply(self, kind: str, code: str, message: str, news: Phrase | None, request_no: str) -> Words:
        head = {"return_code": code, "return_msg": message or "success", "msg_id": request_no}
        return (news or wire.Form()).model_copy(update=head)

    def _notice(self, kind: str, news: Phrase, identity: tuple[str, ...]) -> Notice:
        number = notice_no("N", kind, *identity)
        words = news.model_copy(update={"msg_id": number})
        app_id = self.partner.settings.get("app_id", self.partner.id)
        return Notice(kind, words.to_bytes(), number, {"app_id": app_id})

    def _believes(self, notice: Notice, opened: Opened) -> bool:
        said = wire.Acknowledgement.read(opened.payload)
        return said.return_code == 0 and said.msg_id == notice.message_id
