"""The questions about everything but an honest partner: forgers, gateways, broken bytes, strange codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote_plus

import pytest

from connectors.conformance.rig import Rig, Talk, application, need, person
from connectors.exchange import Marker
from connectors.port import Answer, Call, Capability, Forged, Uncertain, Unreadable, Verdict
from connectors.simulation.desk import Desk
from contracts.messages import Hint, QueryCredit, Unclear

GATEWAY_PAGES = (
    Answer(200, {"content-type": "text/html"}, b"<html><body>504 Gateway Time-out</body></html>"),
    Answer(404, {"content-type": "text/html"}, b"<html><body>Not Found</body></html>"),
    Answer(200, {"content-type": "application/json"}, b'{"code":"500","message":"system error"}'),
    Answer(200, {"content-type": "application/json"}, b"{}"),
    Answer(200, {"content-type": "application/json"}, b""),
    Answer(200, {}, b"\xff\xfe\x00"),
    Answer(200, {"content-type": "text/html; charset=gbk"}, "系统繁忙，请稍后再试".encode("gbk")),
    Answer(200, {}, b"[" * 100_000),
)
"""What stands between us and a partner answers like this, and it proves nothing either way."""

CALLBACK_KINDS = ("credit", "drawdown", "plan", "repayment", "compensation", "refund")


class HostilePartner(Rig):
    """Nothing unproven is believed, nothing unknown is taken for a yes or a no."""

    @pytest.mark.parametrize("page", GATEWAY_PAGES)
    def test_apply_answered_by_a_gateway_is_uncertain(self, talk: Talk, page: Answer) -> None:
        """An error page after a submission proves nothing: ask before anything else."""
        need(talk.connector, Capability.APPLY)
        with pytest.raises(Uncertain):
            talk.connector.read_answer(application(1), page, now=talk.now)

    def test_apply_answer_is_believed_only_whole(self, talk: Talk) -> None:
        """No changed or missing byte of an answer goes unnoticed."""
        need(talk.connector, Capability.APPLY)
        ask = application(1)
        request = talk.connector.write(ask, request_no="R1", now=talk.now, random=talk.random)
        answer = talk.simulator.handle(request, now=talk.now)
        for body in _damaged(answer.body):
            with pytest.raises(Uncertain):
                talk.connector.read_answer(ask, replace(answer, body=body), now=talk.now)

    def test_apply_answered_with_another_key_is_uncertain(self, talk: Talk, stranger: Desk) -> None:
        """Another partner's answer proves nothing."""
        need(talk.connector, Capability.APPLY)
        answer = talk.answered(application(1), self.strange_answer, stranger)
        with pytest.raises(Uncertain):
            talk.connector.read_answer(application(1), answer, now=talk.now)

    def test_apply_with_another_key_is_refused(self, talk: Talk, stranger: Desk) -> None:
        """The partner takes no request it cannot verify, and its complaint proves nothing to us."""
        need(talk.connector, Capability.APPLY)
        ask = application(1)
        request = talk.connector.write(ask, request_no="R1", now=talk.now, random=talk.random)
        with pytest.raises(Uncertain):
            talk.connector.read_answer(ask, stranger.handle(request, now=talk.now), now=talk.now)
        assert stranger.next_due() is None or not stranger.callbacks(now=talk.now + timedelta(days=1))

    def test_apply_with_an_unknown_code_is_uncertain(self, talk: Talk) -> None:
        """The partner may have taken it."""
        need(talk.connector, Capability.APPLY)
        answer = talk.answered(application(1), self.strange_answer)
        with pytest.raises(Uncertain):
            talk.connector.read_answer(application(1), answer, now=talk.now)

    def test_apply_shows_no_personal_value(self, talk: Talk) -> None:
        """Whoever sees the request sees no name, number, phone or card."""
        need(talk.connector, Capability.APPLY, Capability.SEALED_REQUESTS)
        request = talk.connector.write(application(1), request_no="R1", now=talk.now, random=talk.random)
        seen = request.body + request.path.encode() + repr(dict(request.headers)).encode()
        who = person(1)
        for value in (who.name, who.id_number, who.mobile, who.bank_card, who.address):
            assert value is not None
            plain = value.reveal()
            assert plain.encode() not in seen
            assert quote_plus(plain).encode() not in seen

    def test_credit_query_with_an_unknown_code_is_unclear(self, talk: Talk) -> None:
        """Neither a yes nor a no: everything stays pending."""
        need(talk.connector, Capability.CREDIT_QUERY)
        answer = talk.answered(QueryCredit(subject="att_1"), self.strange_answer)
        facts = talk.connector.read_answer(QueryCredit(subject="att_1"), answer, now=talk.now)
        assert [type(fact) for fact in facts] == [Unclear]

    def test_credit_query_answered_about_another_is_unreadable(self, talk: Talk) -> None:
        """An authentic answer about somebody else decides nothing for this one."""
        need(talk.connector, Capability.CREDIT_QUERY)
        asked, other = application(1), application(2)
        talk.decided(asked)
        query = QueryCredit(subject=asked.subject)
        request = talk.connector.write(query, request_no="Q1", now=talk.now, random=talk.random)
        answer = talk.simulator.handle(request, now=talk.now)
        with pytest.raises((Unreadable, Uncertain)):
            talk.connector.read_answer(QueryCredit(subject=other.subject), answer, now=talk.now)

    def test_credit_callback_with_an_unknown_status_is_unclear(self, talk: Talk) -> None:
        """Neither a yes nor a no."""
        need(talk.connector, Capability.CREDIT_CALLBACK)
        call = self.strange_call(talk.simulator, talk.now)
        heard = talk.connector.read_callback("credit", call, now=talk.now)
        assert [type(fact) for fact in heard.facts] == [Unclear]

    def test_credit_callback_is_believed_only_whole(self, talk: Talk) -> None:
        """No changed or missing byte of a callback goes unnoticed."""
        kind, call = self._decision(talk)
        for body in _damaged(call.body):
            with pytest.raises(Forged):
                talk.connector.read_callback(kind, replace(call, body=body), now=talk.now)

    def test_credit_callback_with_another_key_is_forged(self, talk: Talk, stranger: Desk) -> None:
        """What another partner signs says nothing about this one's applications."""
        need(talk.connector, Capability.CREDIT_CALLBACK)
        with pytest.raises(Forged):
            talk.connector.read_callback("credit", self.strange_call(stranger, talk.now), now=talk.now)

    def test_credit_callback_moved_to_another_kind_tells_nothing(self, talk: Talk) -> None:
        """A message for one address cannot be posted to another."""
        _, call = self._decision(talk)
        for kind in CALLBACK_KINDS[1:]:
            moved = replace(call, path=call.path.replace("/credit", f"/{kind}"))
            with pytest.raises((Forged, Unreadable)):
                talk.connector.read_callback(kind, moved, now=talk.now)

    @pytest.mark.parametrize("skew", [timedelta(hours=1), timedelta(hours=-1)])
    def test_credit_callback_out_of_time_is_forged(self, talk: Talk, skew: timedelta) -> None:
        """A message kept for later, or from the future, is refused."""
        kind, call = self._decision(talk)
        with pytest.raises(Forged):
            talk.connector.read_callback(kind, call, now=talk.now + skew)

    def test_credit_hint_is_no_more_than_a_hint(self, talk: Talk, stranger: Desk) -> None:
        """Whatever such a callback claims, and whoever sent it, it makes us ask and nothing else."""
        need(talk.connector, Capability.CREDIT_HINT)
        talk.ask(application(1))
        talk.now = talk.simulator.next_due() or talk.now
        ((kind, call),) = talk.simulator.callbacks(now=talk.now)
        (told,) = talk.connector.read_callback(kind, call, now=talk.now).facts
        assert isinstance(told, Hint)
        assert told.subject == application(1).subject
        for hostile in (self.strange_call(stranger, talk.now), *_bodies(call)):
            try:
                facts = talk.connector.read_callback(kind, hostile, now=talk.now).facts
            except (Forged, Unreadable):
                continue
            assert {type(fact) for fact in facts} <= {Hint}

    def test_callback_acknowledged_by_a_stranger_is_not_believed(self, talk: Talk) -> None:
        """The partner goes on sending until our own acknowledgement arrives."""
        kind, call = self._decision(talk)
        for page in GATEWAY_PAGES[:3]:
            assert not talk.simulator.accepts(kind, call, page, now=talk.now)
            ((kind, call),) = talk.simulator.callbacks(now=talk.now)
        answer = talk.connector.acknowledge(kind, call, Verdict.RECEIVED, now=talk.now, random=talk.random)
        assert talk.simulator.accepts(kind, call, answer, now=talk.now)

    def test_callback_refused_is_acknowledged_as_refused(self, talk: Talk) -> None:
        """Our answer to a forgery is never mistaken for a receipt."""
        kind, call = self._decision(talk)
        forged = replace(call, body=next(_damaged(call.body)))
        for verdict in Verdict:
            answer = talk.connector.acknowledge(kind, forged, verdict, now=talk.now, random=talk.random)
            assert isinstance(answer, Answer)
        refusal = talk.connector.acknowledge(kind, call, Verdict.REFUSED, now=talk.now, random=talk.random)
        assert refusal.status >= 400
        assert not talk.simulator.accepts(kind, call, refusal, now=talk.now)

    def test_daily_file_damaged_is_unreadable(self, talk: Talk) -> None:
        """A file cut short, grown, or of another day is not booked."""
        need(talk.connector, Capability.APPLY, Capability.DAILY_FILE)
        talk.ask(talk.drawing())
        talk.now += timedelta(days=2)
        files = [
            (name, content)
            for name, content in talk.simulator.files(now=talk.now)
            if not Marker(talk.connector.file_marker).is_marker(name) and content.count(b"\n") > 1
        ]
        assert files
        for name, content in files:
            lines = content.splitlines(keepends=True)
            for damaged in (b"", b"".join(lines[:-1]), content + lines[-1], content[:-3], b"\xff" + content):
                with pytest.raises((Forged, Unreadable)):
                    talk.connector.read_file(name, damaged, now=talk.now)
            with pytest.raises((Forged, Unreadable)):
                talk.connector.read_file("../" + name, content, now=talk.now)

    def _decision(self, talk: Talk) -> tuple[str, Call]:
        need(talk.connector, Capability.APPLY, Capability.CREDIT_CALLBACK)
        talk.ask(application(1))
        talk.now = talk.simulator.next_due() or talk.now
        ((kind, call),) = talk.simulator.callbacks(now=talk.now)
        return kind, call


def _bodies(call: Call) -> Iterator[Call]:
    for body in _damaged(call.body):
        yield replace(call, body=body)


def _damaged(body: bytes) -> Iterator[bytes]:
    """Yield the body cut short in many places, with bytes changed in many places, and with bytes added."""
    step = max(1, len(body) // 60)
    for at in range(0, len(body), step):
        yield body[:at]
        yield body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    yield body + b"x"
