"""The command line, `frontdoor`: the operator's way in. Run it with --help."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from frontdoor.backups import backup, restore
from frontdoor.faults import Told, told
from frontdoor.lifelines import LIFELINE
from frontdoor.trying_out import check_demonstration, load_demonstration
from service.domain.access import Role
from service.domain.job_runs import JobName
from service.domain.texts import counted

if TYPE_CHECKING:
    from service.bootstrap import House
    from service.policy import Policy
    from service.settings import Settings

# Everything else is imported by the command that needs it, so that each is quick to start.


class _Commands(click.Group):
    """Tells a fault that people can put right in one message, without a traceback.

    Of a process that serves, the log has it as well, where whoever watches over it looks.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except Told as known:
            self._log(ctx, known)
            raise
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            message = told(error)
            if message is None:
                raise
            self._log(ctx, message)
            raise message from None

    def _log(self, ctx: click.Context, message: Told) -> None:
        from service.logs import log_before_all

        if ctx.invoked_subcommand in ("serve", "worker"):
            log_before_all("could not start", why=message.message.splitlines())


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("frontdoor")
    except PackageNotFoundError:
        return "(not installed: run from its folder)"


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"frontdoor {_version()}")
        ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Say which release this is.",
)
@click.option(
    "--development",
    is_flag=True,
    help="As on a developer's own machine: development tokens are accepted, data is in ./var.",
)
def main(development: bool) -> None:
    """The children's services front door.

    \b
    To try it:            frontdoor run
    To run it for real:   frontdoor migrate, then frontdoor serve and frontdoor worker

    Settings come from the environment; each is named FRONTDOOR_ and what it is, such as
    FRONTDOOR_DATABASE_URL.
    """
    from service.own_files import keeping_to_ourselves

    click.get_current_context().with_resource(keeping_to_ourselves())
    if development:
        be_in_development()


def be_in_development() -> None:
    """Fills in the settings of a developer's own machine, where they are not set."""
    os.environ.setdefault("FRONTDOOR_ENVIRONMENT", "development")
    if os.environ["FRONTDOOR_ENVIRONMENT"] == "development":
        os.environ.setdefault("FRONTDOOR_DEVELOPMENT_ISSUER", "true")


def _settings(*, serving: bool = True, **given: Any) -> "Settings":
    from service.settings import load_settings

    told = {name: value for name, value in given.items() if value is not None}
    return load_settings(serving=serving, **told)


async def _in_house(
    settings: "Settings", act: "Callable[[House], Coroutine[Any, Any, None]]"
) -> None:
    from service.bootstrap import House

    house = await House.open(settings, application="frontdoor command")
    try:
        await act(house)
    finally:
        await house.close()


async def _nothing(house: "House") -> None:
    """Opening the house has checked settings, policy, schema and database."""


def end_in_good_order() -> None:
    """Has a signal that comes before anything was begun end the process with 0."""
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda *_: sys.exit(0))


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen there. Raises Told when the service cannot."""
    from api.serving import listening

    try:
        return listening(host, port)
    except OSError as error:
        raise Told(
            f"Cannot listen on {host} port {port}: {error.strerror}. Stop what listens there, or "
            "choose another port with --port."
        ) from None


def require_free_port(host: str, port: int) -> None:
    """Raises Told when the service could not listen there."""
    for listener in listen(host, port):
        listener.close()


@main.command()
@click.option("--host", help="The address to listen on.  [default: FRONTDOOR_HOST or 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="The port to listen on.  [default: FRONTDOOR_PORT or 8000]",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="API processes."
)
@click.option(LIFELINE, type=int, hidden=True)
def serve(host: str | None, port: int | None, workers: int, lifeline: int | None) -> None:
    """Serve the API until SIGTERM or Ctrl-C.

    The database must have been migrated. What happens by itself is another process: frontdoor
    worker.
    """
    from api.serving import serve_on
    from frontdoor.api_processes import ApiProcesses
    from service.logs import configure_logs

    end_in_good_order()
    settings = _settings(host=host, port=port)
    listeners = listen(settings.host, settings.port)
    asyncio.run(_in_house(settings, _nothing))
    # The application reads its settings in a process of its own when there are several.
    os.environ["FRONTDOOR_HOST"] = settings.host
    os.environ["FRONTDOOR_PORT"] = str(settings.port)
    if workers == 1:
        sys.exit(serve_on(listeners, lifeline=lifeline))
    configure_logs(level=settings.log_level)
    sys.exit(ApiProcesses(workers, listeners).run())


@main.command()
@click.option(LIFELINE, type=int, hidden=True)
def worker(lifeline: int | None) -> None:
    """Do what happens by itself: flags, checks, forgetting.

    Start as many as you like: one leads, the others stand by and take over when it dies.
    """
    from service.logs import configure_logs
    from workers.__main__ import work

    end_in_good_order()
    settings = _settings()
    configure_logs(level=settings.log_level)
    asyncio.run(work(settings, lifeline=lifeline))


@main.command()
@click.option(
    "--revision", default="head", show_default=True, help="A schema step, or -1 for one back."
)
@click.option(
    "--drop",
    is_flag=True,
    help="On the way back: drop what the later steps added, with what stands in it.",
)
def migrate(revision: str, drop: bool) -> None:
    """Bring the database to the schema that this release works on.

    Back the database up first. A new database is made from nothing. A step back takes with it what
    later steps added: it is listed, and nothing is done, until you say --drop.
    """
    asyncio.run(bring_to(_settings(serving=False), revision, drop=drop))


async def bring_to(settings: "Settings", revision: str = "head", *, drop: bool = False) -> None:
    """Migrates and says which database, and at which schema step it now is.

    Raises Told with what a way back would take with it, unless that is to be dropped.
    """
    from service.database_urls import described
    from service.persistence.engines import Database
    from service.persistence.migrating import migrate_database, what_would_go
    from service.persistence.schema_steps import current

    def tell(said: str) -> None:
        click.echo(said, err=True)

    database = Database(settings.database_url)
    try:
        database.require_writable()
        database.look_over()
        before = await current(database)
        gone = [] if drop else await what_would_go(database, revision, tell=tell)
        if gone:
            listed = "\n".join(f"- {one}" for one in gone)
            raise Told(
                f"{described(settings.database_url)} is at schema step {before}. Going back to "
                f"{revision} would drop:\n{listed}\nNothing was changed. Back the database up, "
                "stop every process, and say it again with --drop."
            )
        await migrate_database(database, revision, tell=tell)
        after = await current(database)
    finally:
        await database.dispose()
    what = f"The database ({described(settings.database_url)})"
    if before == after:
        click.echo(f"{what} is at schema step {after or 'none'}; nothing was to be done.")
        return
    click.echo(f"{what} went from schema step {before or 'none'} to {after or 'none'}.")
    if before is not None and (after is None or after < before):
        click.echo(f"Start the release that works on step {after or 'none'}.", err=True)


main.add_command(backup)
main.add_command(restore)


@main.command()
@click.option(
    "--check",
    is_flag=True,
    help="Load nothing; print the figures of the year beside what is expected of them.",
)
def demo(*, check: bool) -> None:
    """Load a year of demonstration data, or check the one that is loaded.

    Invented families, for trying things out. Only in development, and only into a database that
    holds no contacts. With --check it ends with 1 when a figure is out of its range.
    """
    be_in_development()
    settings = _settings()
    if not settings.is_development:
        raise Told("Invented families have no place in production: nothing was loaded.")
    asyncio.run(_in_house(settings, check_demonstration if check else load_demonstration))


@main.command()
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="What the person, or the partner's system, is.",
)
@click.option("--name", help="Their name; another name is another person.")
@click.option("--organisation", help="Id of an organisation in the policy; a partner needs one.")
@click.option("--team", help="Id of a team in the policy.")
@click.option(
    "--minutes",
    type=click.IntRange(1, 60),
    default=60,
    show_default=True,
    help="How long it lives.",
)
def token(
    role: str, name: str | None, organisation: str | None, team: str | None, minutes: int
) -> None:
    """Make a token for trying things out, and print nothing else on standard output.

    Only a service in development accepts it, on this machine and with this ./var: which key it was
    signed with is said on standard error.

    \b
    curl -H "Authorization: Bearer $(frontdoor token --role mash_worker)" \\
        http://127.0.0.1:8000/v1/queues/contacts
    """
    from service.clock import system_clock
    from service.integrations.development_issuer import DevelopmentIssuer

    be_in_development()
    settings = _settings()
    if role == Role.partner_system and not organisation:
        raise click.UsageError("A partner's system speaks for an organisation: --organisation ID.")
    issuer = DevelopmentIssuer(settings, system_clock)
    click.echo(_signed_with(issuer.key_file, new=issuer.key_is_new), err=True)
    click.echo(
        issuer.mint(
            Role(role),
            name=name,
            organisation=organisation,
            team=team,
            lifetime=timedelta(minutes=minutes),
        )
    )


def _signed_with(key: Path, *, new: bool) -> str:
    if not new:
        return f"Signed with {key}."
    return (
        f"Warning: there was no key, so a new one was made: {key}. No service that runs already "
        "accepts this token: it would be 401. Call this in the folder from which the service was "
        "started, or set FRONTDOOR_VAR_FOLDER to its folder."
    )


@main.command()
@click.argument("name", required=False, type=click.Choice([job.value for job in JobName]))
def job(name: str | None) -> None:
    """Run one job once, now; without a name, list them.

    It is safe beside a worker that runs the same job: each claims what it changes.
    """
    from workers.running import run_once
    from workers.schedule import SCHEDULE, job_named

    chosen = None if name is None else job_named(name)
    if chosen is None:
        for one in SCHEDULE:
            click.echo(f"{one.name:<18} {one.does}, {one.often}")
        return

    async def run(house: "House") -> None:
        done = await run_once(house, chosen)
        click.echo(f"{chosen.name}: done, {done} found and dealt with.")

    asyncio.run(_in_house(_settings(), run))


@main.group()
def policy() -> None:
    """Check the authority's policy, or show it."""


def _policy_file(file: Path | None) -> Path | None:
    if file is not None:
        return file
    named = os.environ.get("FRONTDOOR_POLICY_FILE")
    return Path(named) if named else None


# The step from which all is there that a team can have: contacts, cases and what is on its way.
_HAS_TEAMS_WORK = "0002"


async def _refuse_needed_teams(policy: "Policy") -> None:
    """Raises TeamsStillNeeded; of an older database too, so that it can be asked before an upgrade.

    Raises SchemaUnknown for a database that is not there, or has nothing of ours in it.
    """
    from service.persistence.asking import Reading
    from service.persistence.engines import Database
    from service.persistence.schema_steps import require_from
    from service.usecases.removed_teams import refuse_policy_without_needed_teams

    database = Database(_settings(serving=False).database_url)
    try:
        await require_from(database, _HAS_TEAMS_WORK)
        async with database.reading() as connection:
            await refuse_policy_without_needed_teams(Reading(connection), policy)
    finally:
        await database.dispose()


@policy.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--database",
    is_flag=True,
    help="Also look into the database that FRONTDOOR_DATABASE_URL names, whether a team that this "
    "policy does not have is still needed. Done in any case when that is set.",
)
def policy_check(file: Path | None, database: bool) -> None:
    """Check a policy file (else the one in force): all faults at once, exit code 1 if any."""
    from service.policy import load_policy

    chosen = _policy_file(file)
    found = load_policy(chosen)
    named = ("FRONTDOOR_DATABASE_URL", "FRONTDOOR_DATABASE_URL_FILE")
    if database or any(os.environ.get(name) for name in named):
        asyncio.run(_refuse_needed_teams(found))
    click.echo(
        f"{chosen or 'The shipped policy'} is sound: version {found.version}, {found.authority}, "
        f"{counted(len(found.timescales), 'timescale')}, "
        f"{counted(len(found.organisations), 'organisation')}, {counted(len(found.teams), 'team')}."
    )
    from service.clock import system_clock
    from service.domain.calendar import london_date

    alarm = found.holidays_alarm(london_date(system_clock()))
    if alarm is not None:
        click.echo(f"Mind: {alarm}", err=True)


@policy.command("show")
@click.argument("file", required=False, type=click.Path(path_type=Path))
def policy_show(file: Path | None) -> None:
    """Show the time limits of a policy file (else of the one in force)."""
    from service.policy import load_policy

    found = load_policy(_policy_file(file))
    click.echo(f"{found.authority}, policy {found.stamp}")
    for rule in found.timescales:
        rated = f" ({rule.rating})" if rule.rating else ""
        whose = "local practice" if rule.local else "law or guidance"
        click.echo(f"  {rule.kind + rated:<28} {rule.limit.words:<18} {rule.owner} ({whose})")


@main.command()
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("openapi/openapi.json"),
    show_default=True,
    help="Where to write it.",
)
def contract(file: Path) -> None:
    """Write the published contract (OpenAPI) anew from the code."""
    from api.app import contract_app
    from api.contract import write_contract

    file.parent.mkdir(parents=True, exist_ok=True)
    write_contract(contract_app(), file)
    click.echo(f"Wrote {file}.")


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on.")
def run(port: int | None) -> None:
    """Start everything on your own machine.

    The data are in ./var: a year of demonstration data, loaded when there is nothing yet. Stop it
    with Ctrl-C; the data stay for the next time.
    """
    from frontdoor.development import run_everything

    be_in_development()
    settings = _settings(port=port)
    if not settings.is_development:
        raise Told("FRONTDOOR_ENVIRONMENT is not development: use serve and worker instead.")
    require_free_port(settings.host, settings.port)
    asyncio.run(bring_to(settings))
    asyncio.run(_in_house(settings, _load_if_empty))
    sys.exit(run_everything(settings))


async def _load_if_empty(house: "House") -> None:
    from service.persistence.repositories.contacts import nothing_on_file

    if await house.ask(nothing_on_file):
        await load_demonstration(house)


if __name__ == "__main__":
    main(prog_name="frontdoor")
