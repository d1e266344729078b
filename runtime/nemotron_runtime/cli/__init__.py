"""The command ``nemotron``: one verb a file. Only here is anything printed.

What is slow to import is imported inside the verbs, so that ``--help`` stays quick.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from nemotron_runtime.cli.activity import activity
from nemotron_runtime.cli.bench import bench
from nemotron_runtime.cli.bundle import bundle
from nemotron_runtime.cli.chat import chat
from nemotron_runtime.cli.config import config
from nemotron_runtime.cli.doctor import doctor
from nemotron_runtime.cli.install import install
from nemotron_runtime.cli.keys import keys
from nemotron_runtime.cli.logs import logs
from nemotron_runtime.cli.models import models
from nemotron_runtime.cli.output import EXIT_CODES, CommandFault, ExitCode, complain
from nemotron_runtime.cli.plan import plan
from nemotron_runtime.cli.pull import pull
from nemotron_runtime.cli.serve import serve
from nemotron_runtime.cli.status import status
from nemotron_runtime.cli.stop import stop
from nemotron_runtime.cli.tune import tune
from nemotron_runtime.cli.verify import verify
from nemotron_runtime.cli.version import version
from nemotron_runtime.errors import RuntimeFault, SetupError

_EPILOG = "Exit codes: " + "; ".join(f"{code.value} {meaning}" for code, meaning in EXIT_CODES.items()) + "."


class _Verbs(TyperGroup):
    """Turns faults that were raised on purpose into a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CommandFault as fault:
            complain(str(fault))
            raise typer.Exit(fault.exit_code) from None
        except RuntimeFault as fault:
            complain(fault.message)
            code = ExitCode.SETUP if isinstance(fault, SetupError) else ExitCode.SERVER
            raise typer.Exit(code) from None


main = typer.Typer(
    cls=_Verbs,
    name="nemotron",
    help="Nemotron 3 Nano on your own GPUs, behind OpenRouter's chat-completions API.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (
    serve,
    status,
    stop,
    logs,
    chat,
    models,
    doctor,
    plan,
    pull,
    verify,
    bundle,
    install,
    tune,
    activity,
):
    main.command(epilog=_EPILOG)(verb)
main.add_typer(config, name="config")
main.add_typer(bench, name="bench")
main.add_typer(keys, name="keys")
main.command(epilog=_EPILOG)(version)
