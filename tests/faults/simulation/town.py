"""One run: a hub of several processes, its partners and its platform, from one seed, on simulated time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy.exc import OperationalError

from connectors.exchange.names import Marker
from connectors.simulation.lender import Lender
from hub.flows.context import Desk
from hub.store.mailbox import LOCAL
from tests.faults.simulation import premises, weather
from tests.faults.simulation.books import UNSEEN, Oracle
from tests.faults.simulation.fibres import Loop, Process
from tests.faults.simulation.hubs import LEASES, WATCH, Hub
from tests.faults.simulation.memory import Calm, Memory, database
from tests.faults.simulation.network import PATIENT, Files, Post, Road
from tests.faults.simulation.platform import Platform
from tests.faults.simulation.premises import START, Seat
from tests.faults.simulation.trace import Trace
from tests.faults.simulation.weather import Leaps

WINDOWS = (300, 3_600, 3_600, 20_000, 100_000, 8_640_000)
"""Seconds during which things go wrong; the last is long enough for a whole loan of three terms."""
GRACE = timedelta(hours=24)
"""Within this time after the faults everything is resolved."""
MOST_STEPS = 60_000


class Violated(Exception):
    """An invariant does not hold."""


class Town:
    """Everything of one run. `step` is the loop; what is checked is in `books` and `ending`."""

    def __init__(
        self,
        seed: int,
        *,
        dialects: tuple[str, ...] = premises.DIALECTS,
        windows: tuple[int, ...] = WINDOWS,
        leaps: bool = False,
    ) -> None:
        self.seed = seed
        self.leaps = Leaps(seed) if leaps else None
        self.leapt = timedelta()
        """How far the clock of the hub's machine is from the true time, beside what each process is ahead."""
        self.random = Random(f"town-{seed}")
        self.trace = Trace()
        self.loop = Loop(START, self.random, self.trace)
        self.database: Memory = database()
        self.database.restore()
        seats = self.random.choice((2, 2, 3))
        self.window = timedelta(seconds=self.random.choice(windows))
        self.stop_at = START + self.window
        self.catalogue = premises.catalogue(seats, self.random.choice((100_000_000, 5_000_000)))
        self.weather = weather.drawn(self.random, premises.SEATS[:seats], START, self.window)
        if self.leaps is not None:
            # What a leap endangers most: a request is under way while the partner says that it has none.
            self.weather.likely["request late"] = max(self.weather.likely["request late"], 0.5)
        self.vault = premises.vault(self.random)
        self.seats = [self._seat(name, self.random.choice(dialects)) for name in premises.SEATS[:seats]]
        self.files = {seat.name: Files(Marker(seat.connector.file_marker)) for seat in self.seats}
        self.roads = {seat.name: Road(self, seat) for seat in self.seats}
        self.desks: Mapping[str, Desk] = {
            s.name: Desk(premises.terms_of(s.name), s.connector, self.roads[s.name], self.files[s.name])
            for s in self.seats
        }
        self.post = Post(self)
        self.oracle = Oracle(self)
        self.platform = Platform(self, premises.wishes(self.random, long=self.window > GRACE))
        self.dirty = True
        self._looking = self._watching = False
        self.quiet_until: dict[str, datetime] = {}
        """Until when nobody looks into a queue in which nothing was due by the clock of who looked."""
        self._poked: dict[str, datetime] = {}
        self._pumped: dict[str, datetime] = {}
        self._leases_seen: datetime | None = None
        self.last_told = START
        self.hubs: dict[str, Hub] = {}
        self.grace = GRACE + abs(self.leaps.away) if self.leaps else GRACE

    def oracle_lender(self, name: str) -> Lender:
        """A partner's own books."""
        return next(seat for seat in self.seats if seat.name == name).desk.lender

    def note(self, text: str) -> None:
        """Add a line to the trace."""
        self.trace.note(self.loop.now, text)

    def violation(self, what: str) -> None:
        """Stop the run. Raises Violated."""
        raise Violated(what)

    # Furnishing

    def _seat(self, name: str, dialect: str) -> Seat:
        desk = premises.simulator(name, dialect, self.random, self.seed)
        desk.tries = PATIENT  # type: ignore[misc]
        return Seat(name, dialect, premises.connector(name, dialect), desk)

    def _open(self) -> None:
        self.database.interference = self
        self.loop.die = self._died
        for number in range(self.random.choice((2, 2, 3))):
            self._start_hub(f"hub{number}")
        for seat in self.seats:
            self.oracle.watch(seat)
        self.platform.open()

    def _start_hub(self, name: str) -> None:
        skew = self.random.choice((0.0, 0.0, 0.4, -1.5, 3.0))
        self.hubs[name] = Hub(self, name, timedelta(seconds=skew))
        self.dirty = True

    def any_hub(self) -> Hub | None:
        """A living process, as a load balancer chooses."""
        living = [hub for hub in self.hubs.values() if hub.process.alive]
        return self.random.choice(living) if living else None

    def _died(self, process: Process) -> None:
        self.note(f"{process.name} is dead")
        down = self.random.choice((0.5, 5.0, 40.0, 120.0))
        self.loop.after(down, lambda: self._start_hub(process.name))

    # What happens around a transaction

    def before(self, *, writing: bool) -> None:
        """Between transactions others have their turn, and a process may stall, die or lose its database."""
        process = self.loop.here()
        if process is None:
            return
        if self.leaps is not None and not self.weather.calm and self.leaps.due():
            self._leap(self.leaps.away if not self.leapt else -self.leapt)
        strikes = self.weather.strikes
        if strikes("process killed"):
            self._hub_of(process).die()
        if strikes("process stalled"):
            stall = self.random.choice((3.0, 40.0, 200.0, 2000.0))
            process.stalled_until = self.loop.now + timedelta(seconds=stall)
            self.note(f"{process.name} stalls for {stall} s")
        self.loop.pause(self.random.random() * 0.01)
        if strikes("database gone"):
            self._lose_connection()

    def _leap(self, by: timedelta) -> None:
        """The machine's clock leaps: what was to happen at a time of its own happens at another."""
        self.leapt += by
        self.note(f"the clock leaps by {by}")
        self._poked.clear()
        self.quiet_until.clear()
        self._leases_seen = None
        self.dirty = True

    def at_commit(self) -> None:
        """All that was done in the transaction may be for nothing."""
        process = self.loop.here()
        if process is not None and self.weather.strikes("killed at commit"):
            self._hub_of(process).die()

    def after_commit(self) -> None:
        """It is committed, and its process may not live to know, or not be told."""
        self.dirty = True
        process = self.loop.here()
        if process is None:
            return
        if self.weather.strikes("killed at commit"):
            self._hub_of(process).die()
        if self.weather.strikes("commit unanswered"):
            self._lose_connection()

    def wait(self, seconds: float) -> None:
        """A unit of work waits before it begins again."""
        self.loop.pause(seconds)

    def _lose_connection(self) -> None:
        gone = Exception("server closed the connection")
        raise OperationalError("any", None, gone, connection_invalidated=True)

    def _hub_of(self, process: Process) -> Hub:
        self.note(f"{process.name} is killed")
        return self.hubs[process.name]

    # Waking: who has something to do

    def look(self) -> None:
        """See what the last step left to be done, and let somebody do it when it is due."""
        self.dirty = False
        now = self.loop.now
        if any(files.complete() for files in self.files.values()):
            self._poke(LOCAL, now)
        rows = self.database.ask("SELECT queue, min(due_at) FROM work WHERE state = 'ready' GROUP BY queue")
        for queue, due in rows:
            self._poke(queue, _time(due) - self.leapt)
        ((lease,),) = self.database.ask("SELECT min(lease_until) FROM work WHERE state = 'leased'")
        if lease is not None and _time(lease) - self.leapt != self._leases_seen:
            self._leases_seen = ends = _time(lease) - self.leapt
            seen = max(ends, now) + timedelta(seconds=0.1 + self.random.random() * 5)
            self.loop.at(seen, self._ended_leases)
        if not self._watching and self.database.ask(UNSEEN):
            self._watching = True
            self.loop.after(self.random.random() * 5, self._watch)
        approved = self.database.ask("SELECT id FROM application WHERE state = 'approved' ORDER BY id")
        self.platform.draw_what_is_approved([id_ for (id_,) in approved])

    def _poke(self, queue: str, due: datetime) -> None:
        before = self._poked.get(queue)
        if before is not None and before <= due:
            return
        self._poked[queue] = due
        quiet = self.quiet_until.get(queue, due)
        self.loop.at(
            max(due, quiet) + timedelta(seconds=self.random.random() * 0.05), lambda: self._wake(queue, due)
        )

    def _wake(self, queue: str, due: datetime) -> None:
        if self._poked.get(queue) == due:
            del self._poked[queue]
        free = [hub for hub in self.hubs.values() if hub.has_hands_for(queue)]
        self.random.shuffle(free)
        for hub in free[: self.random.choice((1, 1, 2))]:
            hub.work_on(queue)
        if not free:
            self._look_again_soon()

    def _look_again_soon(self) -> None:
        if not self._looking:
            self._looking = True
            # Where everybody stalls there is nobody to wake before the first of them goes on.
            stalled = [hub.stalled_until() for hub in self.hubs.values() if hub.process.alive]
            pause = timedelta(seconds=2)
            self.loop.at(max(self.loop.now + pause, min(stalled, default=self.loop.now)), self._look_again)

    def _look_again(self) -> None:
        self._looking = False
        self.dirty = True

    def _ended_leases(self) -> None:
        self._leases_seen = None
        free = [hub for hub in self.hubs.values() if hub.has_hands_for(LEASES)]
        if free:
            self.random.choice(free).look_after_leases()
        else:
            self._look_again_soon()

    def _watch(self) -> None:
        self._watching = False
        free = [hub for hub in self.hubs.values() if hub.has_hands_for(WATCH)]
        if free:
            self.random.choice(free).watch()
        else:
            self._look_again_soon()

    def found_nothing(self, queue: str) -> None:
        """What is due by the true time is not yet by somebody's clock, which looks again as in life."""
        self.quiet_until[queue] = self.loop.now + timedelta(seconds=0.5)

    def pump_when_due(self, seat: Seat) -> None:
        """Send out what the partner has to tell when it falls due."""
        due = seat.desk.next_due()
        if due is None or self._pumped.get(seat.name, datetime.max.replace(tzinfo=UTC)) <= due:
            return
        self._pumped[seat.name] = due

        def act() -> None:
            self._pumped.pop(seat.name, None)
            self.post.pump(seat)
            self.pump_when_due(seat)

        self.loop.at(due, act)

    # The run

    def run(self) -> None:
        """Play the run to its end, checking after every step. Raises Violated."""
        self._open()
        try:
            while not self._ended():
                if self.dirty:
                    self.look()
                    self.oracle.look()
                if self.loop.next_at() is None:
                    continue
                self.loop.step()
                if self.loop.steps > MOST_STEPS:
                    self.violation(f"no end after {MOST_STEPS} steps, at {self.loop.now}")
            self.oracle.settle()
        finally:
            self.database.interference = _CALM
            self.loop.close()

    def _ended(self) -> bool:
        if self.dirty:
            return False
        upcoming = self.loop.next_at()
        if not self.weather.calm:
            if upcoming is None or upcoming >= self.stop_at:
                self._calm_down()
            return False
        return upcoming is None or upcoming > max(self.stop_at, self.last_told) + self.grace

    def _calm_down(self) -> None:
        self.note("the faults end")
        if self.leapt:
            self._leap(-self.leapt)
        self.weather.calm = True
        self.loop.now = max(self.loop.now, self.stop_at)
        for hub in self.hubs.values():
            hub.process.stalled_until = None
        self.dirty = True


_CALM = Calm()


def _time(stored: str) -> datetime:
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)
