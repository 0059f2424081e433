"""What reading steps and expectations share: places, cures, and the mistakes made most often."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from simulator.core.errors import Mistake, Mistakes, nearest
from simulator.core.match import Match
from simulator.core.yamlfile import Located, Path_


def validated(located: Located, path: Path_, model: type[Any], value: Any) -> Any:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Mistakes(located.explain(error, path, model)) from None


_TIMES = ("at", "until", "after", "within", "before", "for", "lasts")


def time_mistakes(
    located: Located, path: Path_, given: dict[str, Any], mistakes: list[Mistake]
) -> None:
    """The times that people write wrongly most often, with a cure of their own."""
    for key in _TIMES:
        value = given.get(key)
        if re.match(r"\s*-\s*\d", str(value)):
            what, cure = f"{key}: {value} lies before the start", "times count from 0s"
        elif isinstance(value, str) and len(value) >= 10 and value[4:5] == value[7:8] == "-":
            what = f"{key}: {value} is a moment, and here stands a duration"
            cure = "times count from the start, like 10m; clock.start says when that is"
        else:
            continue
        mistakes.append(Mistake(what, cure=cure, place=located.place((*path, key))))


def unknown_key(located: Located, path: Path_, key: str, known: Any) -> Mistake:
    cure = nearest(str(key), known)
    place = located.place((*path, key), of_key=True)
    return Mistake(f"unknown key {key!r}", cure=cure, place=place)


def placed(located: Located, path: Path_, mistake: Mistake) -> list[Mistake]:
    """A mistake about an action, or several, with their places in the file filled in."""
    out = []
    for one in mistake.mistakes if isinstance(mistake, Mistakes) else (mistake,):
        inner = tuple(getattr(one, "path", None) or ())
        where = (*path, *inner)
        out.append(one.at(located.place(where, of_key=one.what.startswith("unknown key"))))
    return out


def match_mistakes(located: Located, path: Path_) -> list[Mistake]:
    """Every unknown field and operator of the match that stands at `path`."""
    value = located.value
    for step in path:
        value = value[step]
    found = []
    for name, what in value.items():
        try:
            Match({name: what})
        except Mistake as mistake:
            of_key = mistake.what.startswith("unknown field")
            found.append(mistake.at(located.place((*path, name), of_key=of_key)))
    if not value:
        found.append(Mistake("an empty match is everything", place=located.place(path)))
    return found
