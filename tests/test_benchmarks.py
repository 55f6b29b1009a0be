"""The benchmark runs, with tiny lists and a stand-in for regsync; how long anything takes is not looked at."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

from benchmarks.__main__ import main
from benchmarks.lists import write_list, write_ungrouped
from mirrorgen.project import load
from mirrorgen.rendering.files import REGSYNC, render


def test_the_figures_are_printed_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    regsync = tmp_path / "regsync"
    regsync.write_text(f"#!{sys.executable}\nprint('v0.11.5')\n")
    regsync.chmod(0o755)
    monkeypatch.setenv("MIRRORGEN_REGSYNC", str(regsync))
    result = tmp_path / "new/figures.json"

    main(["--sizes", "4", "8", "--runs", "1", "--requests", "0", "0", "--repositories", "--json", str(result)])

    document = json.loads(result.read_text())
    assert document.keys() == {"mirrorgen", "regsync", "python", "machine", "figures", "requests", "infrastructure"}
    assert document["regsync"] == "0.11.5"
    assert [(figure["what"], figure["images"]) for figure in document["figures"]] == [
        ("validate", 5),
        ("render --check", 5),
        ("render", 4),
        ("render", 8),
        ("render, with a lock", 4),
        ("render, with a lock", 8),
        ("regsync config, as rendered", 4),
        ("regsync config, an entry for each tag", 4),
        ("regsync config, as rendered", 8),
        ("regsync config, an entry for each tag", 8),
    ]
    for figure in document["figures"]:
        assert figure.keys() == {"what", "images", "usage", "goal"}
        assert figure["usage"].keys() == {"wall_s", "cpu_s", "peak_mib"}
        assert all(value >= 0 for value in figure["usage"].values())
    table = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in table[1:11]] == [figure["what"] for figure in document["figures"]]


def test_the_ungrouped_variant_names_the_same_images(tmp_path: Path) -> None:
    write_list(tmp_path / "images.yaml", 12)
    loaded = load(tmp_path / "images.yaml")
    assert loaded.is_usable
    assert loaded.desired
    (tmp_path / "grouped.yaml").write_text(render(loaded.desired)[REGSYNC] or "")
    write_ungrouped(tmp_path / "grouped.yaml", tmp_path / "ungrouped.yaml")

    ungrouped = yaml.safe_load((tmp_path / "ungrouped.yaml").read_text())

    grouped = yaml.safe_load((tmp_path / "grouped.yaml").read_text())
    assert {**ungrouped, "sync": None} == {**grouped, "sync": None}
    host = grouped["sync"][0]["target"].partition("/")[0]
    assert ungrouped["sync"] == [
        {"source": f"{entry.source}:{tag}", "target": f"{host}/{repository.name}:{tag}", "type": "image"}
        for repository, entry in loaded.desired.entries
        for tag in entry.tags
    ]
