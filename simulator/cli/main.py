"""The command `stagefloor`: what each subcommand takes. What it does is in its own module.

Those modules are imported when their command is called, so that `--version` and `--help` are quick.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from simulator import __version__
from simulator.cli.errors import told

Payloads = Annotated[
    Path | None,
    typer.Option(
        envvar="STAGEFLOOR_PAYLOADS",
        help="Folder of plants and contracts. By default the `payloads` nearest above the file.",
    ),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target", metavar="NAME=URL", help="Where an integration listens: sets ${NAME_URL}."
    ),
]
Host = Annotated[str, typer.Option(help="Address to bind to; beyond loopback tokens are needed.")]
Tokens = Annotated[
    list[str] | None,
    typer.Option(
        "--token",
        metavar="[PLANT=]TOKEN",
        help="Opens the control plane, for one plant or for all. Also STAGEFLOOR_TOKENS.",
    ),
]


class Commands(TyperGroup):
    """The one place where a user's mistake becomes a sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        return told(lambda: super(Commands, self).invoke(ctx))


app = typer.Typer(
    name="stagefloor",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="The plant that a staging environment lacks.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"stagefloor {__version__}")
        raise typer.Exit


@app.callback()
def stagefloor(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which this is.")
    ] = False,
) -> None:
    """The plant that a staging environment lacks."""


@app.command()
def serve(
    plants: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PLANT",
            help="Plant files, or names under payloads/plants; all of these by default.",
        ),
    ] = None,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 is any free one.")] = 8080,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Of every draw.")] = 0,
    speed: Annotated[str, typer.Option(help="Plant seconds a wall second, or max.")] = "1",
    start: Annotated[
        str | None, typer.Option(help="Plant time to start from, plant-local; now by default.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder for journals and snapshots: survive a restart.")
    ] = None,
    token: Tokens = None,
    target: Targets = None,
    payloads: Payloads = None,
    scenarios: Annotated[
        Path, typer.Option(help="Folder of the scenarios that the control plane may run.")
    ] = Path("scenarios"),
    journal_limit: Annotated[
        int, typer.Option(min=1, help="Entries that a plant's journal may hold.")
    ] = 1_000_000,
) -> None:
    """Serve plants until interrupted."""
    from simulator.core.timer import monotonic

    began = monotonic()
    from simulator.cli.serve import Serving, serve_plants

    serve_plants(
        Serving(
            began=began,
            plants=plants or [], host=host, port=port, seed=seed, speed=speed, start=start,
            data=data, tokens=token or [], targets=target or [], payloads=payloads,
            scenarios=scenarios, journal_limit=journal_limit,
        )
    )  # fmt: skip


@app.command()
def run(
    scenarios: Annotated[list[Path], typer.Argument(metavar="SCENARIO", help="Scenario files.")],
    target: Targets = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**63 - 1, help="Instead of the scenario's.")
    ] = None,
    speed: Annotated[str | None, typer.Option(help="Instead of the scenario's; or max.")] = None,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 is any free one.")] = 8080,
    token: Tokens = None,
    junit: Annotated[Path | None, typer.Option(help="Write the verdicts as JUnit XML.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the verdicts as JSON.")] = None,
    journal: Annotated[
        Path | None, typer.Option(help="Keep the journal in this SQLite file.")
    ] = None,
    payloads: Payloads = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the verdicts.")] = False,
) -> None:
    """Run scenarios, and say what came of them.

    Exits with 0 kept, 1 broken, 2 bad file, 3 could not start, 4 overloaded.
    """
    from simulator.cli.run import Running, run_files

    code = run_files(
        Running(
            files=scenarios, targets=target or [], seed=seed, speed=speed, host=host, port=port,
            tokens=token or [], junit=junit, report=report, journal=journal, payloads=payloads,
            quiet=quiet,
        )
    )  # fmt: skip
    raise typer.Exit(code)


@app.command()
def plan(
    scenario: Annotated[Path, typer.Argument(help="A scenario file.")],
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**63 - 1, help="Instead of the scenario's.")
    ] = None,
    target: Targets = None,
    payloads: Payloads = None,
) -> None:
    """Print what would happen, as JSON lines, with no network: the same bytes for a seed."""
    from simulator.cli.look import print_plan

    print_plan(scenario, seed=seed, targets=target or [], payloads=payloads)


@app.command()
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Scenarios and plants.")
    ] = None,
    schema: Annotated[
        str | None,
        typer.Option(metavar="scenario|plant", help="Print the JSON Schema for editors."),
    ] = None,
    target: Targets = None,
    payloads: Payloads = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are mistakes.")] = False,
) -> None:
    """Check files whole, and play scenarios through, without a socket."""
    from simulator.cli.look import check_files, print_schema

    if schema is not None:
        print_schema(schema)
    elif not files:
        raise typer.BadParameter("name at least one file, or --schema")
    else:
        check_files(files, targets=target or [], payloads=payloads, strict=strict)


@app.command()
def journal(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE] [FIELD=VALUE]",
            help="A saved journal, and what its entries must be: status=4xx, status.gte=400.",
        ),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="A running plant: http://HOST:PORT, or …/control/plants/NAME")
    ] = None,
    token: Annotated[str | None, typer.Option(envvar="STAGEFLOOR_TOKEN", help="For --url.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many entries.")] = 50,
    newest: Annotated[bool, typer.Option("--newest", help="The last ones, newest first.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Whole entries, as JSON lines.")] = False,
) -> None:
    """Query a saved journal, or that of a running plant."""
    from simulator.cli.journal import Query, query

    query(Query(words=words or [], url=url, token=token, limit=limit, newest=newest, as_json=json))


@app.command()
def inspect(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Interchanges; - is the standard input.")
    ],
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object a file, on a line.")
    ] = False,
    answers: Annotated[
        bool, typer.Option("--answers", help="The raw text of each right answer, too.")
    ] = False,
    partner: Annotated[
        str | None,
        typer.Option(help="Judge by this profile of payloads/partners; else by the envelope."),
    ] = None,
    payloads: Payloads = None,
) -> None:
    """Say what is in a file, what is wrong with it, and how a right counterparty answers.

    Exits with 0 whole, 1 faulty, 2 unreadable.
    """
    from simulator.cli.inspect import Inspecting, command

    command(Inspecting(files, as_json=json, answers=answers, partner=partner, payloads=payloads))


@app.command()
def docs(
    what: Annotated[str, typer.Argument(metavar="faults|transports", help="Which page.")],
) -> None:
    """Print a page of the documentation that is written from the code."""
    from simulator.cli.pages import print_page

    print_page(what)


@app.command()
def new(
    what: Annotated[
        str,
        typer.Argument(metavar="system|fault|scenario|contract|transport", help="Of what kind."),
    ],
    name: Annotated[str, typer.Argument(help="Its name, like weigh-scale.")],
    into: Annotated[Path, typer.Option(help="The project's folder.")] = Path(),
) -> None:
    """Begin a system, fault, scenario, contract or transport from a file that works."""
    from simulator.cli.new import scaffold

    scaffold(what, name, into)


def main() -> None:
    """The entry point."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"stagefloor {__version__}\n")
        return
    app()
