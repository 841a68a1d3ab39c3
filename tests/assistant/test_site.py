"""The site: releases that can be pinned, files that anybody may load, and pages that name nothing unfound."""

import gzip
import hashlib
import json
import re
import shutil
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from assistant.factory import Parts, load_edge
from assistant.server import Edge, create_app
from assistant.settings import Settings
from assistant.site import STAFF, WIDGET, Release, squeeze


@pytest.fixture(scope="module")
def edge(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Edge:
    """Return what the application stands on, with a place of its own for releases."""
    return replace(load_edge(parts, Settings(_env_file=None)), releases=tmp_path_factory.mktemp("widget"))


@pytest.fixture(scope="module")
def client(edge: Edge) -> Iterator[TestClient]:
    """Return a client of the application without the console."""
    with TestClient(create_app(edge)) as made:
        yield made


@pytest.fixture(scope="module")
def release() -> Release:
    """Return the release that is served."""
    return Release.read()


def of(content: bytes) -> str:
    """Return what a browser would compute for an ``integrity`` attribute."""
    return "sha256-" + b64encode(hashlib.sha256(content).digest()).decode()


def test_every_module_is_named_with_the_hash_of_what_is_served(client: TestClient, release: Release) -> None:
    """The loader knows the controls' hash, and these the hash of every file that is loaded after them."""
    served = {name: client.get(f"/widget/{release.version}/{name}").content for name in release.files}
    assert f'"{of(served["controls.js"])}"'.encode() in served["widget.js"]
    written = re.search(r"const FILES = (\".*\");", served["controls.js"].decode())
    assert written
    entries = json.loads(json.loads(written[1]))
    for entry in ("panel.js", "framed.js"):
        assert entries[entry] == {name: of(served[name]) for name in entries[entry]}
        assert {entry, "panel.css", "strings.js"} <= entries[entry].keys()
    imported = {name for source in served.values() for name in re.findall(r'from"?\s*"\./(.+?)"', source.decode())}
    assert imported <= entries["panel.js"].keys() | entries["framed.js"].keys()


def test_stable_loader_is_kept_for_minutes_and_a_release_for_ever(client: TestClient, release: Release) -> None:
    """Pages get a new release soon, and what a version names never changes."""
    stable = client.get("/widget.js")
    pinned = client.get(f"/widget/{release.version}/widget.js")
    assert stable.content == pinned.content
    assert stable.headers["cache-control"] == "public, max-age=300"
    assert pinned.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/widget.js", headers={"If-None-Match": stable.headers["etag"]}).status_code == 304


@pytest.mark.parametrize("name", ["widget.js", "panel.css", "icon.svg"])
def test_files_are_public_and_compressed(client: TestClient, release: Release, name: str) -> None:
    """Every site may load them, typed and compressed, and plain for who does not know gzip."""
    path = f"/widget/{release.version}/{name}"
    answer = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.content == client.get(path, headers={"Accept-Encoding": "identity"}).content
    assert len(gzip.compress(answer.content)) < len(answer.content)


def test_a_changed_file_is_another_release(tmp_path: Path, release: Release) -> None:
    """The version stands for the contents: one character makes another, and so another hash of the loader."""
    folder = tmp_path / "widget"
    shutil.copytree(WIDGET, folder)
    assert Release.read(folder).version == release.version
    strings = folder / "strings.js"
    strings.write_text(strings.read_text(encoding="utf-8").replace("Try again", "Try once more"), encoding="utf-8")
    changed = Release.read(folder)
    assert changed.version != release.version
    assert changed.integrity != release.integrity


def test_earlier_releases_are_still_served(edge: Edge, tmp_path: Path) -> None:
    """After an update a page that pinned the release before gets it unchanged; what never was is not found."""
    folder = tmp_path / "widget"
    shutil.copytree(WIDGET, folder)
    (folder / "strings.js").write_text("export {};\n", encoding="utf-8")
    before = Release.read(folder)
    before.keep(edge.releases)
    with TestClient(create_app(edge)) as updated:
        for name, content in before.files.items():
            assert updated.get(f"/widget/{before.version}/{name}").content == content
        assert updated.get("/widget/000000000000/widget.js").status_code == 404
        assert updated.get(f"/widget/{before.version}/..%2F..%2Fwidget.js").status_code == 404
        assert updated.get("/widget/..%2F..%2F/widget.js").status_code == 404


def test_place_that_cannot_be_written_stops_nothing(release: Release, tmp_path: Path) -> None:
    """Without a place for releases the present one is served all the same."""
    (tmp_path / "file").touch()
    release.keep(tmp_path / "file")
    assert Release.kept(tmp_path / "file", release.version) is None


def test_visitors_get_no_staff_file(release: Release) -> None:
    """The console's and the login's styles are no part of a release."""
    assert not set(STAFF) & release.files.keys()


def test_squeezed_source_loses_comments_only() -> None:
    """What is served is the source without its comments and indentation."""
    source = '/** Doc\n * of it. */\nconst a = "https://x"; // kept: not a line of its own\n  // gone\n  b();\n'
    assert squeeze(source) == 'const a = "https://x"; // kept: not a line of its own\nb();'


def test_page_marks_the_references_and_names_none_that_was_not_found(client: TestClient, parts: Parts) -> None:
    """Each of the article's references stands there with its verdict; of those not found no word is repeated."""
    page = client.get("/").text
    listed = re.findall(r'<li class="(\w+)">', page)
    assert listed == [one.verdict.value for one in parts.library.references]
    for one in parts.library.references:
        if one.source:
            assert parts.library.source(one.source).reference.shown_title in page
        else:
            assert one.title not in page
            assert one.authors[0].split(",")[0] not in page


def test_frame_may_be_framed_by_listed_origins_alone(parts: Parts, edge: Edge) -> None:
    """The page of the iframe build names who may frame it; every other page may not be framed at all."""
    listed = replace(edge, server=edge.server.model_copy(update={"origins": ("https://www.clinic.example",)}))
    with TestClient(create_app(listed)) as client:
        policy = client.get("/frame").headers["content-security-policy"]
        assert policy.endswith("frame-ancestors 'self' https://www.clinic.example")
        assert "frame-ancestors 'none'" in client.get("/").headers["content-security-policy"]
