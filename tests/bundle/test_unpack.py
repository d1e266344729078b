"""An archive whose sums are right, and which was made to do harm."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from nemotron_runtime.bundle import manifest
from nemotron_runtime.bundle.install import Places, install
from nemotron_runtime.bundle.manifest import read
from nemotron_runtime.bundle.parts import PartWriter
from nemotron_runtime.errors import BundleCorrupt, SetupError
from nemotron_runtime.weights import receipt
from support.bundles import REPO, reseal


def forge(bundle: Path, *members: tarfile.TarInfo, data: bytes = b"evil") -> None:
    """Puts another archive in the place of the bundle's own."""
    for part in read(bundle).parts:
        (bundle / part.name).unlink()
    with PartWriter(bundle, 1 << 20) as out, tarfile.open(fileobj=out, mode="w|") as archive:
        for member in members:
            member.size = len(data) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(data))
    reseal(bundle, parts=[part.model_dump() for part in out.parts])


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize(
    "info",
    [
        member("caches/../../evil"),
        member("caches//evil"),
        member("caches/a/../../../evil"),
        member("caches/"),
        member("caches/."),
        member("caches/link", tarfile.SYMTYPE, "/"),
        member("caches/link", tarfile.LNKTYPE, "/etc/passwd"),
        member("caches/null", tarfile.CHRTYPE),
        member("caches/folder", tarfile.DIRTYPE),
        member("weights/evil"),
        member("weights/../evil"),
        member("weights/config.json"),
    ],
    ids=lambda info: f"{info.name}-{info.type.decode()}",
)
def test_nothing_is_written_elsewhere(
    bundle: Path, cache: Path, tmp_path: Path, info: tarfile.TarInfo
) -> None:
    forge(bundle, info)
    with pytest.raises(BundleCorrupt):
        install(bundle, Places(None, tmp_path / "deep/caches"))
    written = [path for path in tmp_path.rglob("*") if path.is_file() and bundle not in path.parents]
    assert [path.name for path in written] in ([], ["nemotron-pull.lock"])


def test_a_link_in_the_folder_of_caches_is_not_followed_out_of_it(
    bundle: Path, cache: Path, tmp_path: Path
) -> None:
    (tmp_path / "caches").mkdir()
    (tmp_path / "caches/out").symlink_to(tmp_path)
    forge(bundle, member("caches/out/evil"))
    with pytest.raises(BundleCorrupt, match="leads out"):
        install(bundle, Places(None, tmp_path / "caches"))
    assert not (tmp_path / "evil").exists()


def test_weights_that_are_not_all_there_do_not_count(bundle: Path, cache: Path) -> None:
    forge(bundle)
    with pytest.raises(BundleCorrupt, match="is not in the archive"):
        install(bundle, Places())
    assert receipt.load(REPO) is None


def test_bytes_that_are_no_archive_are_told(bundle: Path, cache: Path) -> None:
    with PartWriter(bundle, 1 << 20) as out:
        out.write(b"no archive" * 1000)
    reseal(bundle, parts=[part.model_dump() for part in out.parts])
    with pytest.raises(BundleCorrupt, match="archive can't be read"):
        install(bundle, Places())


def test_files_that_are_no_model_do_not_count(bundle: Path, cache: Path) -> None:
    weights = json.loads((bundle / manifest.NAME).read_bytes())["weights"]
    config = [file for file in weights["files"] if file["name"] == "config.json"]
    reseal(bundle, weights={**weights, "files": config})
    forge_from = (Path(receipt.__file__).parent / "demo/config.json").read_bytes()
    forge(bundle, member("weights/config.json"), data=forge_from)
    with pytest.raises(SetupError, match=r"tokenizer\.json|chat_template"):
        install(bundle, Places())
    assert receipt.load(REPO) is None
