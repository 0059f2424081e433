"""`stagefloor new`: a file that works, to begin from. Nothing is ever overwritten."""

from __future__ import annotations

import re
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from simulator.core.errors import CouldNotStart, Mistake, UnknownName
from simulator.core.yamlfile import read_yaml

KINDS = ("system", "fault", "scenario", "contract", "transport")
PLUGINS = "plant_plugins"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
ROUTES = """\
  - get: /orders/{order}
    operation: get_order
    summary: Read one production order
    take: {order: $path.order}
    give: {number: $.id, material: $.item, quantity: $.quantity, state: $.status}
    keys: {order: $given.order}
"""


def scaffold(what: str, name: str, into: Path) -> None:
    """Write the files and say where they are. Raises Mistake, CouldNotStart."""
    if what not in KINDS:
        raise UnknownName("kind of thing", what, KINDS)
    if not _NAME.fullmatch(name):
        cure = "small letters, digits and single dashes, like weigh-scale"
        raise Mistake(f"not a name: {name!r}", cure=cure)
    if not into.is_dir():
        raise Mistake(f"there is no folder {into}", cure="name the project's folder with --into")
    files, after = (_yaml if what in ("scenario", "contract") else _plugin)(what, name, into)
    for path in files:
        if path.exists():
            raise Mistake(f"{path} is there already", cure="choose another name, or edit it")
    for path, content in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x") as opened:
                opened.write(content)
        except OSError as error:
            raise CouldNotStart(f"{path} cannot be written: {error.strerror}") from None
        sys.stdout.write(f"wrote {path}\n")
    sys.stdout.write(after)


def _plugin(what: str, name: str, into: Path) -> tuple[dict[Path, str], str]:
    """A module and its test: in this house, or in a package of plug-ins beside the user's code."""
    module = name.replace("-", "_")
    family = f"{what}s"
    inside = (into / "simulator" / "core").is_dir()
    package = into / ("simulator" if inside else PLUGINS) / family
    target = package / module / "__init__.py" if what == "system" else package / f"{module}.py"
    test = into / "tests" / (family if inside else "") / f"test_{module}.py"
    files = {target: _filled(f"{what}.py.txt", name), test: _filled(f"test_{what}.py.txt", name)}
    if inside:
        return files, f"try it: pytest {test}\n"
    for folder in (package.parent, package):
        if not (folder / "__init__.py").exists():
            files[folder / "__init__.py"] = ""
    return files, (
        f"make it known: export STAGEFLOOR_PLUGINS={PLUGINS} PYTHONPATH={into.resolve()}\n"
        f"try it: pytest {test}\n"
    )


def _yaml(what: str, name: str, into: Path) -> tuple[dict[Path, str], str]:
    if what == "contract":
        target = into / "payloads" / "contracts" / f"{name}.yaml"
        content = _filled("contract.yaml.txt", name, SYSTEM="mes", ROUTES=ROUTES)
        return {target: content}, "give it an endpoint in a plant file, then: stagefloor check\n"
    plant, endpoint = _some_plant(into)
    target = into / "scenarios" / f"{name}.yaml"
    content = _filled("scenario.yaml.txt", name, PLANT=plant, ENDPOINT=endpoint)
    return {target: content}, f"try it: stagefloor check {target} && stagefloor run {target}\n"


def _some_plant(into: Path) -> tuple[str, str]:
    """A plant of the project, and an endpoint of it that integrations call."""
    for file in sorted((into / "payloads" / "plants").glob("*.yaml")):
        value: Any = read_yaml(file).value
        systems = value.get("systems", {}) if isinstance(value, dict) else {}
        for system, spec in systems.items():
            for name, endpoint in spec.get("endpoints", {}).items():
                if endpoint.get("transport") == "http":
                    return str(value.get("plant", file.stem)), f"{system}.{name}"
    return "gearbox", "wms.http"


def _filled(template: str, name: str, **more: str) -> str:
    text = (resources.files("simulator.cli") / "templates" / template).read_text("utf-8")
    words = name.replace("-", " ")
    values = {
        "NAME": name,
        "CLASS": "".join(part.capitalize() for part in name.split("-")),
        "SENTENCE": words[0].upper() + words[1:],
        "SENTENCE_LOWER": words,
        **more,
    }
    for key, value in values.items():
        text = text.replace(f"__{key}__", value)
    return text
