"""The one module that finds files: in a folder and its zip files, in a zip file, among uploads.

Which of them are recordings is decided by their content. What is left out is kept with its reason.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath

from ser_core.audio.decoding import MAX_BYTES, AudioError
from ser_core.corpora.signatures import HEAD_BYTES, Kind, is_system_file, kind_of
from ser_core.corpora.utterance import CorpusError

# Reasons for leaving out a file, in the words of the report.
SYSTEM, NOT_AUDIO = "hidden or system files", "not audio"
NESTED, PICTURES = "archives inside archives", "pictures"
ARCHIVES = "archives that are not zip files"

_TABLES = ("labels.csv", "labels.tsv")
# What every zip program writes. With bzip2 and LZMA, zipfile unpacks a whole read at once: a
# thousand times as much as was requested.
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ZIP_ERRORS = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)
_UTF8_NAME = 0x800  # flag of a member whose name is declared as UTF-8
_READ_BYTES = 2**20
_SAMPLE_BYTES = 4096


@dataclass(frozen=True, eq=False)
class File:
    """A file, wherever it lies.

    Attributes:
        name: within what was given; folders are separated by `/`.
        path: on disk; inside a zip file, `archive.zip!member`; of an upload, its name.
        read: returns its bytes; raises AudioError if it cannot.
        kind: by its content.
        size: bytes, as its folder states them.
        checksum: CRC-32 that its archive states; None outside an archive.
        archive: the zip file around it; empty if there is none.
    """

    name: str
    path: Path
    read: Callable[[], bytes]
    kind: Kind = "audio"
    size: int = 0
    checksum: int | None = None
    archive: str = ""

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders around the file, outermost first."""
        return PurePosixPath(self.name).parts[:-1]


@dataclass
class Files:
    """Files in a place.

    Attributes:
        recordings: audio; with pictures of spectrograms where these were asked for.
        tables: `labels.csv` and what else may state labels.
        left_out: names by reason.
    """

    recordings: list[File] = field(default_factory=list)
    tables: list[File] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def leave_out(self, reason: str, name: str) -> None:
        self.left_out.setdefault(reason, []).append(name)

    def add(self, file: File) -> None:
        """Sort in a file by its name and kind."""
        path = PurePosixPath(file.name)
        if any(is_system_file(part) for part in path.parts):
            self.leave_out(SYSTEM, file.name)
        elif is_table(path):
            self.tables.append(file)
        elif file.kind in ("audio", "picture"):
            self.recordings.append(file)
        elif file.kind == "archive":
            self.leave_out(NESTED if file.checksum is not None else ARCHIVES, file.name)
        else:
            self.leave_out(NOT_AUDIO, file.name)


def is_table(path: PurePosixPath) -> bool:
    """Whether a file of this name states labels: `labels.csv`, or IEMOCAP's annotations."""
    evaluation = path.suffix.lower() == ".txt" and "EmoEvaluation" in path.parts
    return path.name.lower() in _TABLES or evaluation


def slashed(name: str) -> str:
    """A name whose folders are separated by `/`, also where Windows wrote `\\`."""
    return name.replace("\\", "/")


def files_in(place: Path) -> Files:
    """All files of a folder and, after them, of its zip files; or of a zip file. Each part sorted.

    Raises:
        CorpusError: there is no such place, or a zip file in it cannot be opened.
    """
    files = Files()
    if place.suffix.lower() == ".zip" and place.is_file():
        _add_members(files, place)
        return _without_pictures(files)
    if not place.is_dir():
        raise CorpusError(
            f"There is no folder {place}. Choose a folder of recordings, or fetch RAVDESS with "
            "`python -m ser_core download`."
        )
    paths = sorted(_walk(place, files))
    archives = []
    for path in paths:
        name = path.relative_to(place).as_posix()
        if path.suffix.lower() == ".zip" and not is_system_file(path.name):
            archives.append(path)
        else:
            files.add(_on_disk(path, name))
    for archive in archives:
        _add_members(files, archive)
    return _without_pictures(files)


def recordings_in(folder: Path) -> Files:
    """Recordings and pictures below a folder, not inside zip files; sorted."""
    files = Files()
    for path in sorted(_walk(folder, files)):
        files.add(_on_disk(path, path.relative_to(folder).as_posix()))
    return files


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, also of `archive.zip!member`.

    Raises:
        AudioError: it cannot be read, or is too large.
    """
    archive, member = _parts(path)
    if not member:
        try:
            return path.read_bytes()
        except OSError as error:
            raise AudioError(f"{path.name} cannot be read. Copy it again.") from error
    try:
        opened, infos = _open_zip(archive, Path(archive).stat().st_mtime_ns, os.getpid())
        info = infos[member]
    except (*_ZIP_ERRORS, KeyError) as error:
        raise AudioError(
            f"{member} cannot be read from {archive}. Download the zip file again."
        ) from error
    return read_member(opened, info, MAX_BYTES)


def is_member(path: Path) -> bool:
    """Whether a path leads into a zip file: `archive.zip!member`."""
    return bool(_parts(path)[1])


def members(archive: zipfile.ZipFile) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """The files in a zip file and their names, as the program meant them that wrote them."""
    for info in archive.infolist():
        name = slashed(_decoded(info))
        if name not in ("", ".") and not info.is_dir() and not info.filename.endswith("\\"):
            yield name, info


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, max_bytes: int) -> bytes:
    """Unpack one file of a zip file.

    Raises:
        AudioError: it is locked, packed in a rare way, too large or damaged.
    """
    if info.flag_bits & 1:
        raise AudioError("The archive is password-protected. Create it again without a password.")
    if info.compress_type not in _ZIP_METHODS:
        raise AudioError("The archive uses a rare compression method. Create an ordinary zip file.")
    if info.file_size > max_bytes:
        raise AudioError(
            f"The file unpacks to {info.file_size / 2**20:.0f} MB; at most "
            f"{max_bytes // 2**20} MB can be read from an archive. Save it as FLAC or MP3, or "
            "take it out of the archive."
        )
    content = io.BytesIO()
    try:
        # In blocks: one read would unpack everything before cutting it to the stated size.
        # This way a false size ends the read there, with a checksum error.
        with archive.open(info) as member:
            shutil.copyfileobj(member, content, _READ_BYTES)
    except _ZIP_ERRORS as error:
        raise AudioError(
            "The file is damaged in the archive. Create or download the archive again."
        ) from error
    return content.getvalue()


def member_kind(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Kind:
    """The kind of a file in a zip file; by its name alone where it cannot be unpacked."""
    suffix = PurePosixPath(name).suffix.lower()
    known = kind_of(suffix, b"")
    if known != "other" or info.flag_bits & 1 or info.compress_type not in _ZIP_METHODS:
        return known
    try:
        with archive.open(info) as member:
            return kind_of(suffix, member.read(HEAD_BYTES))
    except _ZIP_ERRORS:
        return known


def equal_files(files: Iterable[File]) -> list[list[File]]:
    """Groups of files that are equal byte by byte, in their order."""
    by_size: dict[int, list[File]] = {}
    for file in files:
        if file.size:
            by_size.setdefault(file.size, []).append(file)
    groups: list[list[File]] = []
    for same_size in by_size.values():
        if len(same_size) == 1:
            continue
        stated = any(file.checksum is not None for file in same_size)
        by_sample: dict[tuple[int, bytes], list[File]] = {}
        for file in same_size:
            by_sample.setdefault(_sample(file, stated), []).append(file)
        groups += [group for similar in by_sample.values() for group in _equal(similar)]
    return groups


def _equal(files: list[File]) -> Iterator[list[File]]:
    """Files that may be equal, in groups that are."""
    by_hash: dict[bytes, list[File]] = {}
    for file in files if len(files) > 1 else ():
        with suppress(AudioError):  # whoever reads it says so
            by_hash.setdefault(hashlib.sha256(file.read()).digest(), []).append(file)
    yield from (group for group in by_hash.values() if len(group) > 1)


def _sample(file: File, stated: bool) -> tuple[int, bytes]:
    """What copies share and few other files of their size do.

    Args:
        stated: whether some of these files lie in archives, which state their checksums.
    """
    if file.checksum is not None:
        return file.checksum, b""
    try:
        if stated:
            return zlib.crc32(file.read()), b""
        with file.path.open("rb") as opened:
            opened.seek(file.size // 2)
            return 0, opened.read(_SAMPLE_BYTES)
    except (AudioError, OSError):
        return -1, b""


def _without_pictures(files: Files) -> Files:
    """Pictures have no samples, so no corpus has them."""
    for file in files.recordings:
        if file.kind == "picture":
            files.leave_out(PICTURES, file.name)
    files.recordings = [file for file in files.recordings if file.kind == "audio"]
    return files


def _walk(folder: Path, files: Files) -> Iterator[Path]:
    visited = set()
    for place, subfolders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in visited:  # a link back up would never end
            subfolders.clear()
            continue
        visited.add(real)
        for name in [name for name in subfolders if is_system_file(name)]:
            files.leave_out(SYSTEM, f"{name}/")
            subfolders.remove(name)
        yield from (Path(place, name) for name in names)


def _on_disk(path: Path, name: str) -> File:
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 (Path costs ten times more)
    kind, size = kind_of(suffix, b""), 0
    try:
        size = path.stat().st_size
        if kind == "other":
            with path.open("rb") as file:
                kind = kind_of(suffix, file.read(HEAD_BYTES))
    except OSError:
        pass  # whoever reads it says so
    return File(name, path, lambda: read_bytes(path), kind, size)


def _add_members(files: Files, archive: Path) -> None:
    try:
        opened, infos = _open_zip(str(archive), archive.stat().st_mtime_ns, os.getpid())
    except _ZIP_ERRORS as error:
        raise CorpusError(
            f"{archive} is not a readable zip file; perhaps its download broke off. "
            "Download it again or move it away."
        ) from error
    for name, info in sorted(infos.items()):
        path = Path(f"{archive}!{name}")
        kind = member_kind(opened, info, name)
        read = _reader(path)
        files.add(File(name, path, read, kind, info.file_size, info.CRC, str(archive)))


def _reader(path: Path) -> Callable[[], bytes]:
    return lambda: read_bytes(path)


def _parts(path: Path) -> tuple[str, str]:
    """The archive and the member that `archive.zip!member` names; no member outside archives."""
    text = path.as_posix()
    place = text.lower().find(".zip!")
    return (text, "") if place < 1 else (text[: place + 4], text[place + 5 :])


@lru_cache(maxsize=4)
def _open_zip(
    archive: str, mtime_ns: int, process: int
) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    # Kept open, since listing its 1440 members costs more than decoding one. Forked processes
    # would share one file position, hence one each; and a new one when the file changes.
    opened = zipfile.ZipFile(archive)
    # Without the doubled slashes and dots that a path does not keep.
    return opened, {PurePosixPath(name).as_posix(): info for name, info in members(opened)}


def _decoded(info: zipfile.ZipInfo) -> str:
    """The name of a member; several programs write UTF-8 without saying so."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename
