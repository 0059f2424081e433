"""Errors of the user's as sentences on stderr and exit codes; never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TypeVar

import typer

from simulator.core.errors import CouldNotStart, Mistake, Mistakes, StagefloorError

T = TypeVar("T")
BAD_FILE = 2
COULD_NOT_START = 3
INTERRUPTED = 130


def told(work: Callable[[], T]) -> T:
    """Do the work; say what went wrong in one or two lines and exit with its code."""
    try:
        return work()
    except Mistake as mistake:
        tell(mistake)
        raise typer.Exit(BAD_FILE) from None
    except CouldNotStart as error:
        say("error", str(error))
        raise typer.Exit(COULD_NOT_START) from None
    except StagefloorError as error:
        say("error", str(error))
        raise typer.Exit(COULD_NOT_START) from None
    except BrokenPipeError:
        # whoever reads has had enough (`stagefloor plan … | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def tell(mistake: Mistake, kind: str = "error") -> None:
    """A mistake, or each of several: `error: file:line:col: what`, and the cure under it."""
    for one in mistake.mistakes if isinstance(mistake, Mistakes) else (mistake,):
        where = f"{one.place}: " if one.place else ""
        say(kind, f"{where}{one.what}", one.cure)


def say(kind: str, what: str, cure: str = "") -> None:
    """One line on stderr, with its kind in front, and the cure under it."""
    colour = {"error": "\x1b[31;1m", "warning": "\x1b[33;1m"}.get(kind, "\x1b[1m")
    painted = f"{colour}{kind}:\x1b[0m" if _colours() else f"{kind}:"
    text = f"{painted} {what}\n"
    if cure:
        text += f"{' ' * len(kind)}  {cure}\n"
    sys.stderr.write(text)
    sys.stderr.flush()


def _colours() -> bool:
    return sys.stderr.isatty() and "NO_COLOR" not in os.environ
