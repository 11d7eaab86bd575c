"""What is told of a family in the demonstration data, as a worker or a partner's system logs it."""

from typing import Final

from frontdoor.demonstration.narratives import NAMES, SOURCES, WORDS
from frontdoor.demonstration.stories import Story
from service.domain.calendar import london_date
from service.domain.contacts import (
    ANONYMOUS,
    SELF_REFERRALS,
    AgreementState,
    Channel,
    LawfulBasis,
)
from service.domain.deadlines import Rating
from service.domain.decisions import Outcome
from service.domain.new_contacts import NewContact
from service.domain.people import BirthKnowledge

_VOICES: Final = {"1": "family", "2": "school", "3": "health", "6": "police"}
_INITIALS: Final = "ABCDEFGHJKLMNPRSTW"


# Where early help may be decided nobody has refused it yet.
_NOT_REFUSED: Final = {
    AgreementState.refused: AgreementState.not_sought,
    AgreementState.withdrawn: AgreementState.not_known,
}


def _may_come_to_early_help(story: Story) -> bool:
    """Whether early help may be decided for a child: for a sibling of who is referred as well."""
    siblings = len(story.family.children) > 1
    outcome = story.plan.outcome
    return outcome is Outcome.early_help or (outcome is Outcome.referral and siblings)


def tell(story: Story) -> NewContact:
    """The contact as its referrer tells it."""
    plan, chance = story.plan, story.chance
    anonymous = plan.source_code == ANONYMOUS
    agreement = chance.choices(list(AgreementState), (46, 12, 2, 25, 15))[0]
    if _may_come_to_early_help(story):
        agreement = _NOT_REFUSED.get(agreement, agreement)
    withheld = agreement in (AgreementState.refused, AgreementState.not_sought)
    story.family.grown(london_date(plan.received_at))
    role = None if anonymous else chance.choice(SOURCES[plan.source_code].roles)
    channel = Channel.telephone
    if story.agency is not None:
        channel = chance.choice((Channel.email, Channel.portal, Channel.telephone))
    elif chance.random() < 0.15:
        channel = chance.choice((Channel.in_person, Channel.letter))
    named = not anonymous and plan.source_code != "10"
    return NewContact(
        concern=_concern(story),
        source_code=plan.source_code,
        channel=channel,
        received_at=plan.received_at,
        immediate_danger=plan.rating is Rating.red and chance.random() < 0.3,
        children=story.family.tell(),
        adults=story.family.adults,
        referrer_name=f"{chance.choice(_INITIALS)}. {chance.choice(NAMES.referrers)}"
        if named
        else None,
        referrer_role=role,
        referrer_agency=None if story.agency is None else story.agency.name,
        referrer_telephone=f"01632 960{chance.randrange(200, 1000)}"
        if named and chance.random() < 0.8
        else None,
        agreement=agreement,
        agreement_note="Asked by the referrer." if agreement is AgreementState.given else None,
        lawful_basis=chance.choice((LawfulBasis.public_task, LawfulBasis.legal_obligation))
        if plan.source_code not in SELF_REFERRALS
        else None,
        sharing_reason=story.words(WORDS.no_agreement) if withheld else None,
        address=story.family.address,
        town=story.family.town,
        postcode=story.family.postcode,
        sender_reference=plan.sender_reference,
    )


def _concern(story: Story) -> str:
    opening = WORDS.openings[_VOICES.get(story.plan.source_code[0], "agency")]
    said = [story.words(opening)]
    if any(one.told.birth_knowledge is BirthKnowledge.unborn for one in story.family.children):
        said.append(story.words(WORDS.unborn))
    count = min(story.chance.choice((1, 2, 2)), len(story.theme.seen))
    said += [story.said(text) for text in story.chance.sample(story.theme.seen, count)]
    said.append(story.words(story.theme.more))
    return " ".join(said)
