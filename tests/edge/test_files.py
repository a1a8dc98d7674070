"""Files of ours are whole at any time, and open to nobody but those whom the operator lets in."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from labsbot.edge import files
from tests.neighbour import as_root, done_by_neighbour, mode, public_folder


@pytest.fixture(params=[0o000, 0o022, 0o077])
def _any_umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_any_umask")
@pytest.mark.parametrize("permissions", [0o600, 0o644])
def test_a_file_has_just_the_permissions_that_were_asked_for(tmp_path: Path, permissions: int) -> None:
    files.replace(tmp_path / "new", "text", permissions=permissions, durable=True)
    assert mode(tmp_path / "new") == permissions
    assert [each.name for each in tmp_path.iterdir()] == ["new"]


def test_a_file_that_cannot_be_replaced_stays_as_it_was_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="directory"):
        files.replace(tmp_path / "folder", "text", permissions=0o600, durable=True)
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    ("folder", "before", "after"),
    [
        (0o755, 0o644, 0o600),  # by the umask
        (0o755, 0o664, 0o660),  # its group may more than others: on purpose
        (0o755, 0o640, 0o640),
        (0o750, 0o644, 0o640),  # the folder is open to a group, and to nobody else
        (0o2770, 0o660, 0o660),
        (0o700, 0o644, 0o600),
        (0o700, 0o600, 0o600),
    ],
)
def test_what_was_open_to_others_is_closed_and_a_group_that_was_let_in_stays(
    tmp_path: Path, folder: int, before: int, after: int
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    place.chmod(folder)
    path = place / "file"
    path.touch()
    path.chmod(before)
    files.tighten(path)
    assert oct(mode(path)) == oct(after)
    files.tighten(place / "not there")


@pytest.mark.usefixtures("_any_umask")
@pytest.mark.parametrize(("folder", "permissions"), [(0o755, 0o600), (0o700, 0o600), (0o750, 0o640), (0o2770, 0o640)])
def test_a_new_file_can_be_read_by_the_group_of_a_folder_that_is_open_to_it_alone(
    tmp_path: Path, folder: int, permissions: int
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    place.chmod(folder)
    os.close(files.open_ours(place / "file"))
    assert oct(mode(place / "file")) == oct(permissions)


def test_folders_that_we_make_are_for_us_alone_and_others_stay_as_they_are(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    files.make_folder(tmp_path / "a" / "b")
    files.make_folder(tmp_path)
    assert [oct(mode(each)) for each in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")] == ["0o755", "0o700", "0o700"]


def test_others_can_read_a_file_only_where_no_folder_keeps_them_out() -> None:
    with public_folder() as folder:
        path = folder / "file"
        path.touch()
        path.chmod(0o644)
        assert files.others_can_read(path)
        folder.chmod(0o750)
        assert not files.others_can_read(path)
        folder.chmod(0o755)
        path.chmod(0o640)
        assert not files.others_can_read(path)
    assert not files.others_can_read(path)


@as_root
def test_what_keeps_a_user_from_writing_is_said_with_its_place() -> None:
    with public_folder() as folder:
        (folder / "file").touch()
        assert files.obstacle(folder / "file") is None
        assert files.obstacle(folder / "new" / "deep" / "file") is None
        assert files.obstacle(folder) == f"{folder} is a folder"
        (folder / "file").chmod(0o600)
        denied = f"{folder}: permission denied (it is of user 0, mode 0755)"
        assert done_by_neighbour(lambda: files.obstacle(folder / "file")) == denied
        assert done_by_neighbour(lambda: files.obstacle(folder / "new" / "file")) == denied
        folder.chmod(0o777)
        assert done_by_neighbour(lambda: files.obstacle(folder / "file")) == (
            f"{folder}/file: permission denied (it is of user 0, mode 0600)"
        )
        assert done_by_neighbour(lambda: files.obstacle(folder / "new" / "file")) == "None"


@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_WRONLY, os.O_RDWR])
@pytest.mark.parametrize("links", [False, True])
def test_what_is_no_regular_file_is_not_opened_and_holds_nobody_up(tmp_path: Path, flags: int, links: bool) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "to a fifo").symlink_to("fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for path in (tmp_path / "fifo", tmp_path / "socket", Path(os.devnull)):
            with pytest.raises(OSError, match="it is no regular file"):
                files.open_regular(path, flags, links=links)
    with pytest.raises(OSError, match="it is no regular file" if links else "it is a link"):
        files.open_regular(tmp_path / "to a fifo", flags, links=links)
    with pytest.raises(IsADirectoryError):
        files.open_regular(tmp_path, flags, links=links)


def test_a_file_is_read_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 10)
    assert files.read(path, most=10) == b"x" * 10
    with pytest.raises(OSError, match="more than 9 bytes"):
        files.read(path, most=9)
    (tmp_path / "link").symlink_to(path)
    assert files.read(tmp_path / "link", links=True) == b"x" * 10
    with pytest.raises(OSError, match="it is a link"):
        files.read(tmp_path / "link")
    assert files.read(Path("/proc/self/status"), most=100_000)  # of no size, and yet it has content
    with pytest.raises(OSError, match="more than 10 bytes"):
        files.read(Path("/proc/self/status"), most=10)


def test_what_is_for_us_alone_is_so_whatever_its_folder_and_it_were(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    path = tmp_path / "lock"
    for before in (None, 0o640, 0o666):
        if before is not None:
            path.chmod(before)
        os.close(files.open_private(path))
        assert oct(mode(path)) == "0o600"


@as_root
def test_a_device_stays_as_open_as_it_is(tmp_path: Path) -> None:
    """Who calls /dev/null the journal would take it from every program of the machine."""
    device = tmp_path / "null"
    os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    device.chmod(0o666)
    (tmp_path / "link").symlink_to(device)
    for path in (device, tmp_path / "link"):
        files.tighten(path)
    assert oct(mode(device)) == "0o666"


def test_a_link_that_leads_to_itself_is_read_by_nobody(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert not files.others_can_read(loop)
