"""What can be wrong before anything runs, as one message that says what to do."""

import click


class Told(click.ClickException):
    """One clear message on standard error, and exit code 1."""

    def show(self, file: object = None) -> None:
        """Prints the message."""
        click.echo(self.message, err=True)


def told(error: Exception) -> Told | None:
    """The message for a fault that people can put right; None for a fault of the program."""
    from alembic.util import CommandError

    from service.bootstrap import (
        CannotGoBack,
        DatabaseAway,
        DatabaseUnusable,
        PeopleAreWriting,
        SchemaUnknown,
        UnsafeDatabase,
        reason_of,
    )
    from service.domain.job_runs import JobAlarm
    from service.domain.removed_teams import TeamsStillNeeded
    from service.persistence.backups import BackupRefused
    from service.policy import PolicyFaulty
    from service.settings import SettingsFaulty

    if isinstance(error, SettingsFaulty):
        return Told(
            f"{error}\nTo try things out on your own machine: frontdoor run, or put --development "
            "before the command."
        )
    sentences = (
        BackupRefused,
        CannotGoBack,
        JobAlarm,
        PeopleAreWriting,
        PolicyFaulty,
        SchemaUnknown,
        TeamsStillNeeded,
        UnsafeDatabase,
    )
    if isinstance(error, sentences):
        return Told(str(error))
    if isinstance(error, DatabaseUnusable):
        return Told(f"{error} (The database is the one that FRONTDOOR_DATABASE_URL names.)")
    if isinstance(error, DatabaseAway):
        return Told(
            f"{reason_of(error)} ({error}) Check FRONTDOOR_DATABASE_URL, and that the database is "
            "running and lets this account in."
        )
    if isinstance(error, CommandError):
        return Told(f"{error}. `head` is the newest schema step, `-1` is one back.")
    return _of_the_database(error)


def _of_the_database(error: Exception) -> Told | None:
    cause: BaseException = getattr(error, "orig", None) or error
    cause = cause.__cause__ or cause
    if type(cause).__module__.partition(".")[0] in ("asyncpg", "sqlite3"):
        return Told(
            f"The database refused ({type(cause).__name__}). Check the database, the user and the "
            "password in FRONTDOOR_DATABASE_URL."
        )
    if isinstance(error, OSError) and error.filename is not None:
        return Told(f"{error.filename}: {error.strerror}. Check the path and the permissions.")
    return None
