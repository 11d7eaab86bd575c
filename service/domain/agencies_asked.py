"""Who was asked, and who answered: what is said of it, and what the record of a contact knows."""

from collections.abc import Mapping, Sequence

from service.domain.decisions import AgencyAsked, AgencySaid
from service.domain.errors import Problem


def accounted(
    said: Sequence[AgencySaid], asked: Mapping[str, bool]
) -> tuple[list[AgencyAsked], list[Problem]]:
    """The account of who was asked: what is said, and what the record of this contact knows.

    An agency that was asked here and has answered need not be said; of one that is said, what is
    left out is as the record has it. With what the record does not know and nobody says.
    """
    lines: list[AgencyAsked] = []
    problems: list[Problem] = []
    for position, line in enumerate(said):
        on_record = asked.get(line.organisation_id)
        was_asked = line.asked if line.asked is not None else on_record is not None or None
        if was_asked is None:
            problems.append(
                Problem(
                    f"/agencies/{position}/asked",
                    "No request to this agency is on the record: say whether it was asked.",
                    "asked_missing",
                )
            )
        answered = line.answered
        if answered is None:
            answered = bool(on_record)
            if was_asked and on_record is None:
                problems.append(
                    Problem(
                        f"/agencies/{position}/answered",
                        "No request to this agency is on the record: say whether it answered.",
                        "answered_missing",
                    )
                )
        lines.append(AgencyAsked(line.organisation_id, bool(was_asked), answered, line.reason))
    named = {line.organisation_id for line in said}
    lines += [
        AgencyAsked(organisation_id, True, True, None)
        for organisation_id, has_answered in sorted(asked.items())
        if has_answered and organisation_id not in named
    ]
    return lines, problems
