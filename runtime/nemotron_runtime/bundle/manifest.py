"""``bundle.json``: what a bundle holds. Whatever is read from one is checked before it is believed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nemotron_runtime.errors import BundleCorrupt

NAME, SUMS = "bundle.json", "SHA256SUMS"
_MAX_BYTES = 16 << 20

Size = Annotated[int, Field(ge=0, lt=1 << 50)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Checked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class File(_Checked):
    """A file of weights. The name is one segment of a path, and so are those of the kinds below.

    Attributes:
        sha256: In hexadecimal.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._+-]{0,200}$")]
    bytes: Size
    sha256: Sha256


class Wheel(File):
    """A wheel, in the folder ``wheels``."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+!-]{0,250}\.whl$")]


class Part(File):
    """A piece of a tar archive that holds weights and caches."""

    name: Annotated[str, Field(pattern=r"^bundle\.tar\.[0-9]{3,6}$")]


class Target(_Checked):
    """What machine a bundle is for. CUDA follows from the wheel of vLLM, whose release is pinned.

    Attributes:
        python: Such as ``3.12``.
        machine: As ``uname -m`` says.
        card: A name of ``configs/profiles``; compiled caches are of use on no other. None: not named.
    """

    python: Annotated[str, Field(pattern=r"^3\.[0-9]{1,2}$")]
    machine: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,20}$")]
    card: Annotated[str, Field(max_length=80)] | None

    def __str__(self) -> str:
        return f"Python {self.python}, {self.machine}, {self.card or 'any card'}"


class Weights(_Checked):
    """A model as it was pulled.

    Attributes:
        revision: What was asked for.
        commit: What that was then.
    """

    repo: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$")]
    revision: Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]{1,200}$")]
    commit: Annotated[str, Field(pattern="^[0-9a-f]{40}$")]
    licence: Annotated[str, Field(max_length=500)]
    files: tuple[File, ...]

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(file.bytes for file in self.files)


class Manifest(_Checked):
    """What a bundle holds.

    Attributes:
        version: Of this distribution, whose wheel is inside.
        caches_bytes: Of all files of caches; 0 where there are none.
    """

    format: Literal[1] = 1
    version: Annotated[str, Field(max_length=80)]
    target: Target
    weights: Weights | None
    caches_bytes: Size
    wheels: tuple[Wheel, ...]
    parts: tuple[Part, ...]

    def files(self, folder: Path) -> dict[Path, File]:
        """Every file beside this one, by its place."""
        wheels = {folder / "wheels" / wheel.name: wheel for wheel in self.wheels}
        return {**wheels, **{folder / part.name: part for part in self.parts}}


def read(folder: Path) -> Manifest:
    """The manifest of the bundle in a folder.

    Raises:
        BundleCorrupt: There is none, or it is not to be trusted.
    """
    path = folder / NAME
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        sums = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BundleCorrupt(
            f"{folder}: {NAME} or {SUMS} can't be read, so this is no whole bundle. Copy all of it, or run "
            "`nemotron bundle` again where it was made."
        ) from error
    if len(data) > _MAX_BYTES or line(NAME, hashlib.sha256(data).hexdigest()) not in sums:
        raise BundleCorrupt(f"{path} is not what {SUMS} says: copy both again from where the bundle was made")
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BundleCorrupt(f"{path}: {place}: {first['msg']}: pack the bundle again") from error


def line(name: str, sha256: str) -> str:
    """A line of ``SHA256SUMS``, as ``sha256sum`` writes it."""
    return f"{sha256}  {name}"
