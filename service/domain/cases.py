"""What the cases of a child say of one another: which came before, and how long ago."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.referrals import Referral, is_re_referral


def facts_before(
    one: Referral,
    known_at: datetime,
    referrals: Sequence[Referral],
    episodes: Sequence[EarlyHelpEpisode],
    months: int,
) -> dict[str, Any]:
    """What a referral says of the ones before it, from all of a child's cases in their order."""

    def before(case: Referral | EarlyHelpEpisode) -> bool:
        same = one.transfer_id is None and case.contact_id == one.contact_id
        return (case.accepted_at, case.id) < (one.accepted_at, one.id) and not same

    earlier = [case for case in referrals if before(case)]
    previous = earlier[-1] if earlier else None
    known: list[Referral | EarlyHelpEpisode] = [
        *earlier[-1:],
        *[case for case in episodes if before(case)][-1:],
    ]
    last = max(known, key=lambda case: case.accepted_at, default=None)
    return {
        "previous_referral_id": None if previous is None else previous.id,
        "re_referral": previous is not None
        and is_re_referral(previous.accepted_at, known_at, months),
        "last_known_team_id": None if last is None else last.team_id,
    }
