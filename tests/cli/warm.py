"""A process that has imported Stagefloor already, and forks for each command it is asked to run.

A command is still a process of its own, with its folder, environment, standard streams and exit
code; it only does not import for a second first. Asked by one JSON object a line on stdin, it
answers each with a line: the command's return code. Forking is safe here: there is one thread.
A command that does not end is ended by an alarm.
"""

import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
import threading

LONGEST = 60  # seconds


def _import_what_commands_import() -> None:
    for family in ("cli", "scenario", "control", "stage", "systems", "contracts", "transports"):
        folders = importlib.import_module(f"simulator.{family}").__path__
        for module in pkgutil.iter_modules(folders):
            importlib.import_module(f"simulator.{family}.{module.name}")
    gc.freeze()  # no fork goes through what all of them share


def _become(asked: dict) -> None:
    """In the fork: what the shell would have set up before the program starts."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        how = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(asked[name], how, 0o600), number)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.path[:0] = [asked["cwd"], *asked["env"].get("PYTHONPATH", "").split(os.pathsep)]
    sys.argv[:] = ["stagefloor", *asked["words"]]
    signal.alarm(LONGEST)


def _serve() -> bool:
    """Fork for each line. True in a fork, False where there are no more lines."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    for line in iter(sys.stdin.readline, ""):
        assert threading.active_count() == 1
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
            return True
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
    return False


if __name__ == "__main__":
    _import_what_commands_import()
    print("ready", flush=True)
    if _serve():
        from simulator.cli.main import main

        main()
