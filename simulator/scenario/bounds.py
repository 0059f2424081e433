"""Times that cannot be: windows beyond the end, steps that never come, scenarios without an end."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.core.durations import Span, show_span
from simulator.core.errors import Mistake
from simulator.core.yamlfile import Located, Path_
from simulator.scenario.expect import Ask, Each, Expectation, Window, Windowed
from simulator.scenario.model import span_of
from simulator.stage.steps import Step


def impossible_times(
    located: Located,
    lasts: Span | None,
    steps: Sequence[Step | None],
    expect: Sequence[Expectation | None],
) -> list[Mistake]:
    """Every time in a scenario that can never come. Items that could not be read are None."""
    found: list[Mistake] = []
    for index, step in enumerate(steps):
        if step is not None:
            found += _step(located, ("steps", index), step, lasts)
    for index, one in enumerate(expect):
        if one is not None and lasts is not None:
            found += _expectation(located, ("expect", index), one, lasts)
    return found


def impossible_patience(located: Located, lasts: Span | None, patience: Span) -> list[Mistake]:
    """`owed: {within: …}` longer than the whole scenario."""
    if lasts is None or patience <= lasts:
        return []
    what = f"`within` is {show_span(patience)}, the whole scenario lasts {show_span(lasts)}"
    place = located.place(("owed", "within"))
    return [Mistake(what, cure="a shorter `within`, or a longer `lasts`", place=place)]


def _step(located: Located, path: Path_, step: Step, lasts: Span | None) -> list[Mistake]:
    if lasts is None:
        if step.every is not None and step.times is None and step.until is None:
            cure = "add `times` or `until`, or `lasts` to the scenario"
            place = located.place((*path, "every"))
            return [Mistake("it repeats without an end", cure=cure, place=place)]
        return []
    begin = step.at or 0
    if begin >= lasts:
        return [_beyond(located, (*path, "at"), "the step begins", begin, lasts)]
    if step.until is not None and step.until > lasts:
        return [_beyond(located, (*path, "until"), "the step ends", step.until, lasts)]
    lasting = span_of(step.action.get("for"))
    if step.every is None and step.when is None and begin + lasting > lasts:
        return [_beyond(located, (*path, "for"), "the window ends", begin + lasting, lasts)]
    return []


def _expectation(located: Located, path: Path_, one: Expectation, lasts: Span) -> list[Mistake]:
    found = []
    if isinstance(one, Windowed):
        if isinstance(one.during, Window) and one.during.to > lasts:
            where = (*path, "during", "to")
            found.append(_beyond(located, where, "the window ends", one.during.to, lasts))
        for key, value in (("after", one.after), ("before", one.before)):
            if value is not None and value >= lasts + (key == "before"):
                found.append(_beyond(located, (*path, key), "the window's edge is", value, lasts))
    if isinstance(one, Each) and one.within is not None and one.within > lasts:
        what = f"`within` is {show_span(one.within)}, the whole scenario lasts {show_span(lasts)}"
        place = located.place((*path, "within"))
        found.append(Mistake(what, cure="a shorter `within`, or a longer `lasts`", place=place))
    if isinstance(one, Ask) and one.at is not None:
        if one.at > lasts:
            found.append(_beyond(located, (*path, "at"), "it asks", one.at, lasts))
        elif one.at + (one.within or 0) > lasts:
            end = one.at + (one.within or 0)
            found.append(_beyond(located, (*path, "within"), "the window ends", end, lasts))
    return found


def _beyond(located: Located, path: Path_, what: str, at: Span, lasts: Span) -> Mistake:
    over = show_span(at - lasts) + " after the end" if at > lasts else "the very end"
    sentence = f"{what} at {show_span(at)}, {over}: the scenario lasts {show_span(lasts)}"
    return Mistake(sentence, cure="an earlier time, or a longer `lasts`", place=located.place(path))
