"""SFTP against a real server on loopback: pinned keys, resumption, restatement, and hostile folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.exchange import Settling
from connectors.exchange.sftp import Account, After, Place, Sftp, upload
from connectors.port import Forged, Rejected, Unreachable, Unreadable
from connectors.sandbox.sftp import Faults, Login, serve_sftp, throwaway_key

OURS, OURS_PUBLIC = throwaway_key()
OUT = Place("/out")


class Partner:
    """The partner's side: its folder, its server, and the account it gave us."""

    def __init__(self, root: Path, account: Account, faults: Faults) -> None:
        self.root = root
        self.account = account
        self.faults = faults

    def place(
        self, name: str, content: bytes, *, marker: bytes | None = b"", mtime: int = 1_767_000_000
    ) -> None:
        path = self.root / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (mtime, mtime))
        if marker is not None:
            path.with_name(path.name + ".ok").write_bytes(marker)


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[Partner]:
    root = tmp_path / "partner"
    (root / "out").mkdir(parents=True)
    faults = Faults()
    with serve_sftp(root, Login("loanhub", OURS_PUBLIC, "secret"), faults=faults) as served:
        account = Account(served.host, served.port, "loanhub", (served.host_key,), OURS)
        yield Partner(root, account, faults)


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    return tmp_path / "mirror"


def contents(sftp: Sftp) -> dict[str, bytes]:
    """What has arrived, then taken."""
    found = {name: sftp.read(name) for name in sftp.complete()}
    for name in found:
        sftp.take(name)
    return found


def visited(sftp: Sftp) -> dict[str, bytes]:
    sftp.visit()
    return contents(sftp)


def quiet(partner: Partner, mirror: Path, place: Place = OUT) -> Sftp:
    """An exchange that makes no visits of its own."""
    return Sftp(partner.account, place, mirror, monotonic=iter([1.0] + [0.0] * 10_000).__next__)


def test_a_complete_file_is_fetched_once(partner: Partner, mirror: Path) -> None:
    sftp = quiet(partner, mirror)
    partner.place("a.txt", b"one")
    partner.place("b.txt", b"two", marker=None)
    assert visited(sftp) == {"a.txt": b"one"}
    assert visited(sftp) == {}
    partner.place("b.txt", b"two", marker=b"b.txt")
    assert visited(sftp) == {"b.txt": b"two"}
    assert visited(quiet(partner, mirror)) == {}  # nor after a restart


def test_a_restated_file_comes_again(partner: Partner, mirror: Path) -> None:
    sftp = quiet(partner, mirror)
    partner.place("a.txt", b"one")
    assert visited(sftp) == {"a.txt": b"one"}
    partner.place("a.txt", b"two", mtime=1_767_000_001)
    assert visited(sftp) == {"a.txt": b"two"}


def test_a_file_restated_before_it_was_taken_waits_its_turn(partner: Partner, mirror: Path) -> None:
    sftp = quiet(partner, mirror)
    partner.place("a.txt", b"one")
    sftp.visit()
    partner.place("a.txt", b"two", mtime=1_767_000_001)
    assert visited(sftp) == {"a.txt": b"one"}
    assert visited(sftp) == {"a.txt": b"two"}


def test_a_stored_file_is_put_away_at_the_partner(partner: Partner, mirror: Path) -> None:
    sftp = quiet(partner, mirror, Place("/out", after=After.MOVE))
    partner.place("a.txt", b"one")
    sftp.visit()
    sftp.visit()
    assert (partner.root / "out" / "a.txt").exists()  # not stored yet
    assert contents(sftp) == {"a.txt": b"one"}
    sftp.visit()
    assert sorted(p.name for p in (partner.root / "out").iterdir()) == ["taken"]
    taken = partner.root / "out" / "taken"
    assert sorted(p.name for p in taken.iterdir()) == ["a.txt", "a.txt.ok"]
    partner.place("a.txt", b"two", mtime=1_767_000_001)
    assert visited(sftp) == {"a.txt": b"two"}
    sftp.visit()
    assert sorted(p.name for p in (partner.root / "out").iterdir()) == ["taken"]
    assert (taken / "a.txt").read_bytes() == b"one"
    assert (taken / "a.txt.3-1767000001").read_bytes() == b"two"


def test_a_fetch_that_breaks_off_is_resumed(partner: Partner, mirror: Path) -> None:
    content = os.urandom(5 << 20)
    partner.place("a.txt", content)
    sftp = quiet(partner, mirror)
    partner.faults.drop_after = 3 << 20
    with pytest.raises(Unreachable):
        sftp.visit()
    (part,) = (mirror / "parts").iterdir()
    assert 0 < part.stat().st_size < len(content)
    # Less than the whole is let through: only a resumed fetch can end.
    partner.faults.drop_after = len(content) - part.stat().st_size + (1 << 20)
    assert visited(sftp) == {"a.txt": content}
    assert not list((mirror / "parts").iterdir())


def test_files_in_folders_of_days_are_known_by_their_day(partner: Partner, mirror: Path) -> None:
    sftp = quiet(partner, mirror, Place("/out", day_folders=True))
    partner.place("20260105/open.csv", b"one")
    partner.place("20260106/open.csv", b"two")
    partner.place("other/open.csv", b"three")
    partner.place("open.csv", b"four")
    assert visited(sftp) == {"20260105.open.csv": b"one", "20260106.open.csv": b"two"}


def test_without_markers_a_file_counts_once_it_has_stopped_growing(partner: Partner, mirror: Path) -> None:
    now = [0.0]
    settling = Settling(60, lambda: now[0])
    ticks = iter([1.0] + [0.0] * 100)
    sftp = Sftp(
        partner.account, Place("/out", marker=""), mirror, settling=settling, monotonic=ticks.__next__
    )
    partner.place("a.dat", b"on", marker=None)
    assert visited(sftp) == {}
    now[0] = 60
    partner.place("a.dat", b"one", marker=None)
    assert visited(sftp) == {}
    now[0] = 120
    assert visited(sftp) == {"a.dat": b"one"}


def test_complete_visits_in_the_background_and_keeps_its_distance(partner: Partner, mirror: Path) -> None:
    now = [0.0]
    sftp = Sftp(partner.account, Place("/out"), mirror, poll_seconds=60, monotonic=lambda: now[0])
    partner.place("a.txt", b"one")
    sftp.complete()
    sftp.join()
    assert contents(sftp) == {"a.txt": b"one"}
    partner.place("b.txt", b"two")
    now[0] = 59
    sftp.complete()
    sftp.join()
    assert contents(sftp) == {}
    now[0] = 60
    sftp.complete()
    sftp.join()
    assert contents(sftp) == {"b.txt": b"two"}


def test_trouble_is_told_once_and_does_not_hide_what_has_come(partner: Partner, mirror: Path) -> None:
    now = [0.0]
    sftp = Sftp(partner.account, Place("/out"), mirror, monotonic=lambda: now[0])
    partner.place("a.txt", b"one")
    partner.place("b.txt", b"two", marker=b"c.txt")
    sftp.complete()
    sftp.join()
    with pytest.raises(Unreadable, match=r"b\.txt: the marker names another file"):
        sftp.complete()
    assert contents(sftp) == {"a.txt": b"one"}


# Who the server is and who we are


def test_another_servers_key_is_not_believed(partner: Partner, mirror: Path) -> None:
    _, strange = throwaway_key()
    account = replace(partner.account, host_keys=(strange,))
    with pytest.raises(Forged, match="host key"):
        Sftp(account, Place("/out"), mirror).visit()
    with pytest.raises(Forged):
        upload(account, "/out", "a.txt", b"one")
    assert not list((partner.root / "out").iterdir())


def test_one_of_several_pinned_keys_is_enough(partner: Partner, mirror: Path) -> None:
    _, next_key = throwaway_key()
    account = replace(partner.account, host_keys=(next_key, *partner.account.host_keys))
    partner.place("a.txt", b"one")
    assert visited(quiet(Partner(partner.root, account, partner.faults), mirror)) == {"a.txt": b"one"}


def test_a_password_will_do_and_a_wrong_one_will_not(partner: Partner, mirror: Path) -> None:
    partner.place("a.txt", b"one")
    account = replace(partner.account, key=None, password="secret")
    assert visited(quiet(Partner(partner.root, account, partner.faults), mirror)) == {"a.txt": b"one"}
    with pytest.raises(Rejected, match="login"):
        Sftp(replace(account, password="other"), Place("/out"), mirror).visit()
    assert "secret" not in repr(account)


def test_another_key_than_the_one_agreed_is_refused(partner: Partner, mirror: Path) -> None:
    private, _ = throwaway_key()
    with pytest.raises(Rejected, match="login"):
        Sftp(replace(partner.account, key=private), Place("/out"), mirror).visit()


def test_a_server_that_is_not_there_is_unreachable(partner: Partner, mirror: Path) -> None:
    with pytest.raises(Unreachable):
        Sftp(replace(partner.account, port=1), Place("/out"), mirror).visit()


def test_a_folder_that_is_not_there_is_told(partner: Partner, mirror: Path) -> None:
    with pytest.raises(Rejected, match="NoSuchFile"):
        Sftp(partner.account, Place("/absent"), mirror).visit()


@pytest.mark.parametrize("change", [{"host_keys": ("ssh-ed25519 rubbish",)}, {"key": b"rubbish"}])
def test_keys_that_cannot_be_read_are_refused_at_once(
    partner: Partner, mirror: Path, change: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match="host key or our own"):
        Sftp(replace(partner.account, **change), Place("/out"), mirror)  # type: ignore[arg-type]


# What a hostile partner may place


def test_links_folders_and_odd_names_are_not_files(partner: Partner, mirror: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    out = partner.root / "out"
    for name in ("link", "folder", "名.txt", ".hidden", "a b", "-rf", "taken"):
        (out / f"{name}.ok").write_bytes(b"")
    (out / "link").symlink_to(tmp_path / "secret")
    (out / "folder").mkdir()
    for name in ("名.txt", ".hidden", "a b", "-rf"):
        (out / name).write_bytes(b"x")
    partner.place("good.txt", b"one")
    assert visited(quiet(partner, mirror)) == {"good.txt": b"one"}


def test_a_file_named_as_our_own_folder_does_not_stop_the_others(partner: Partner, mirror: Path) -> None:
    partner.place("taken", b"x")
    partner.place("z.txt", b"one")
    sftp = quiet(partner, mirror)
    with pytest.raises(Unreadable, match="folder's own"):
        sftp.visit()
    assert contents(sftp) == {"z.txt": b"one"}


def test_a_file_too_long_is_not_fetched(partner: Partner, mirror: Path) -> None:
    partner.place("a.txt", b"x" * 101)
    partner.place("b.txt", b"x" * 100)
    sftp = quiet(partner, mirror, Place("/out", max_bytes=100))
    with pytest.raises(Unreadable, match=r"a\.txt: the file is longer than 100"):
        sftp.visit()
    assert contents(sftp) == {"b.txt": b"x" * 100}


def test_a_marker_too_long_is_not_a_marker(partner: Partner, mirror: Path) -> None:
    partner.place("a.txt", b"one", marker=b"a.txt " * 1000)
    with pytest.raises(Unreadable, match="marker is longer"):
        quiet(partner, mirror).visit()


# Uploads


def test_an_upload_appears_whole_and_once(partner: Partner) -> None:
    content = os.urandom(3 << 20)
    upload(partner.account, "/out", "a.txt", content)
    upload(partner.account, "/out", "a.txt", content)
    assert [path.name for path in (partner.root / "out").iterdir()] == ["a.txt"]
    assert (partner.root / "out" / "a.txt").read_bytes() == content


def test_an_upload_that_breaks_off_has_not_appeared_and_is_resumed(partner: Partner) -> None:
    content = os.urandom(5 << 20)
    partner.faults.drop_after = 3 << 20
    with pytest.raises(Unreachable):
        upload(partner.account, "/out", "a.txt", content)
    (part,) = (partner.root / "out").iterdir()
    done = part.stat().st_size
    assert part.name.startswith(".a.txt.")
    assert 0 < done < len(content)
    partner.faults.drop_after = len(content) - done + 1
    upload(partner.account, "/out", "a.txt", content)
    assert [path.name for path in (partner.root / "out").iterdir()] == ["a.txt"]
    assert (partner.root / "out" / "a.txt").read_bytes() == content


def test_an_upload_replaces_only_when_it_restates(partner: Partner) -> None:
    upload(partner.account, "/out", "a.txt", b"one")
    with pytest.raises(FileExistsError):
        upload(partner.account, "/out", "a.txt", b"two")
    assert (partner.root / "out" / "a.txt").read_bytes() == b"one"
    upload(partner.account, "/out", "a.txt", b"two", replace=True)
    assert (partner.root / "out" / "a.txt").read_bytes() == b"two"


def test_an_upload_has_a_plain_name(partner: Partner) -> None:
    with pytest.raises(Unreadable):
        upload(partner.account, "/out", "../a.txt", b"one")
