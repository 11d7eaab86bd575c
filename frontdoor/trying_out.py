"""Demonstration data at the command line: loaded with a bar, checked figure by figure."""

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from frontdoor.faults import Told
from service.domain.texts import counted

if TYPE_CHECKING:
    from service.bootstrap import House


async def check_demonstration(house: "House") -> None:
    """Prints the figures of the demonstration year beside what is expected of each, and why.

    Raises Told when there is no such year, or when a figure is out of its range.
    """
    from frontdoor.demonstration.checking import check

    figures = await check(house)
    for one in figures:
        click.echo(f"{'as expected ' if one.holds else 'OUT OF RANGE'}  {one.what}")
        click.echo(f"              reads    {one.reads}")
        click.echo(f"              expected {one.expected} ({one.source})")
    wrong = sum(not one.holds for one in figures)
    if wrong:
        raise Told(f"{counted(wrong, 'figure')} of the demonstration year out of range: see above.")
    click.echo(f"All {len(figures)} figures of the demonstration year are as expected.")


async def load_demonstration(house: "House") -> None:
    """Loads the demonstration year with a bar of progress; does nothing when it is there already.

    Raises Told when other contacts are on file.
    """
    from frontdoor.demonstration import load

    with ExitStack() as shown:
        bars: list[Any] = []

        def progress(done: int, of: int) -> None:
            if not bars:
                label = "Loading a year of demonstration data"
                bar = click.progressbar(length=of, label=label, file=sys.stderr)
                bars.append(shown.enter_context(bar))
            bars[0].update(done - bars[0].pos)

        loaded = await load(house, progress=progress)
    if loaded.already_there:
        click.echo("The demonstration data are there already; nothing was loaded.")
    else:
        click.echo(f"Loaded {counted(loaded.contacts, 'contact')}.")
