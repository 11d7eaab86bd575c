"""Words for the demonstration data on children who may be at risk: meetings, visits, findings."""

from dataclasses import dataclass
from typing import Final

from service.domain.assessments import AssessmentOutcome
from service.domain.section_47_enquiries import ConferenceOutcome, EnquiryOutcome
from service.domain.strategy_meetings import Agency, EnquiryDecision, Harm, MedicalDecision


@dataclass(frozen=True, slots=True)
class Danger:
    """What a kind of worry means once significant harm is looked into.

    `harms` are alleged, `category` is that of a child protection plan, `factors` are the codes of
    the assessment, and `tools` what it was done with, each with the score that it gave, if any.
    """

    harms: tuple[Harm, ...]
    category: str
    factors: tuple[str, ...]
    tools: tuple[tuple[str, str | None], ...] = ()


_NEGLECT: Final = (("graded_care_profile_2", "4 for physical care"),)
DANGERS: Final = {
    "neglect": Danger((Harm.neglect,), "NEG", ("16A",), _NEGLECT),
    "domestic abuse": Danger(
        (Harm.domestic_abuse, Harm.emotional_abuse), "EMO", ("3B", "17A"), (("dash", "15"),)
    ),
    "physical injury": Danger((Harm.injury, Harm.physical_abuse), "PHY", ("18C",)),
    "sexual harm": Danger((Harm.sexual_abuse,), "SAB", ("19C",)),
    "exploitation": Danger(
        (Harm.exploitation,), "PHY", ("24A", "10A"), (("child_exploitation_screening", None),)
    ),
    "mental health of a parent": Danger((Harm.emotional_abuse,), "EMO", ("4B",)),
    "substances": Danger(
        (Harm.neglect, Harm.other), "NEG", ("2B", "16A"), (("graded_care_profile_2", "3 of 5"),)
    ),
    "family under strain": Danger((Harm.neglect,), "NEG", ("20",)),
    "disability and care": Danger((Harm.other,), "NEG", ("6A",)),
    "conflict at home": Danger(
        (Harm.emotional_abuse,), "EMO", ("17A",), (("strengths_and_difficulties", None),)
    ),
}
"""By the name of the theme."""

# ---- Strategy meetings --------------------------------------------------------------------------

NOT_INVITED: Final = {
    Agency.school: (
        "The child has not been on a school's roll since the move, and the last one was spoken to.",
        "It is the holidays: the designated lead's written account is with us instead.",
    ),
    Agency.early_help: (
        "The family worker left last week; her manager has sent the file and the last plan.",
        "The episode was opened yesterday and nobody has met the family yet.",
    ),
    Agency.referrer: (
        "A relative told us: bringing them in would tell the household who spoke.",
        "The neighbour asked for nothing to be known of the call, and has no more to add.",
    ),
}
INVITED_ELSE: Final = "They hold nothing on this child, which was asked by telephone this morning."
SENT: Final = (
    "A written account of the last six months, with dates, came before the meeting.",
    "The log of visits and missed appointments was sent and read out.",
)
BROUGHT: Final = (
    "Two earlier incidents at the address, neither of them reported to social care.",
    "The child has been quieter since half term and stays close to one member of staff.",
    "Known to the service since birth; immunisations are up to date, two checks were missed.",
)
NOT_QUORATE: Final = (
    "Health could not come before tomorrow, and waiting would have left the child at home.",
    "The police unit was at another incident; their account was read out by telephone beforehand.",
)
REARRANGED: Final = (
    "The detective who interviewed the mother can come an hour later, and is needed."
)
ENQUIRY_BECAUSE: Final = {
    EnquiryDecision.joint: (
        "An offence may have been committed against the child: police and social care make "
        "enquiries together, so that the child is asked once.",
        "What the child said and what was seen fit together; the police investigate, and social "
        "care sees the other children of the household.",
    ),
    EnquiryDecision.single_agency: (
        "There is reasonable cause to suspect significant harm over time rather than one offence; "
        "social care makes the enquiries, and the police are told of anything new.",
        "The police will not investigate on what is known; the pattern of care is what has to be "
        "looked into, and social care does so alone.",
    ),
    EnquiryDecision.none: (
        "The account given to the doctor is borne out by two adults who were there; what is left "
        "is looked at in the assessment under section 17.",
        "The adult who is the worry has had no contact with the child since March, and the mother "
        "keeps to the order; the assessment goes on under section 17.",
    ),
    EnquiryDecision.continues: (
        "What is new goes into the enquiry that is under way: the questions are the same ones.",
    ),
}
MEDICAL_BECAUSE: Final = {
    MedicalDecision.will_take_place: (
        "The mark has to be seen and dated by a paediatrician before it fades: tomorrow at nine.",
        "The child and the mother agree to it, and the doctor advises it within three days.",
    ),
    MedicalDecision.took_place: (
        "The registrar examined the child last night in the emergency department and will report.",
    ),
    MedicalDecision.will_not_take_place: (
        "What is alleged lies two years back: the paediatrician finds that an examination would "
        "tell nothing and would distress the child.",
        "The injury has healed and was photographed at school; the doctor needs no more than that.",
    ),
}
TOLD_TO_CHILD: Final = (
    "That grown-ups have listened, that nobody is cross, and who will come to talk tomorrow.",
    "By the worker whom the child knows, at school: what happens next, and who is told.",
    "That it was right to say so, and that a doctor may have a look with mother beside.",
)
TASKS: Final = (
    ("See the child and speak to the child alone.", "Social worker"),
    ("Interview the adult who was named.", "Public protection officer"),
    ("Ask the family doctor for the record of the last year.", "Named nurse"),
    ("Tell the parents what happens next, and what does not.", "Team manager"),
    ("Agree with the mother where the children sleep tonight.", "Social worker"),
)
MINUTES: Final = (
    "Present: social care, police, health and school. Each told what it knows; the risks of the "
    "next days and who sees the child were agreed. Nobody disagreed.",
    "The account of the child was read out first. Police and social care agreed how the enquiry is "
    "made; health will bring the record. The plan for tonight was settled with names.",
)

# ---- Section 47 enquiries ------------------------------------------------------------------------

NOT_ALONE: Final = (
    "The child would not leave the mother's side; a second visit at school is planned.",
    "Three months old: seen undressed with the mother and the health visitor.",
)
NOT_SEEN: Final = (
    "Nobody opened at two visits; the school says the family is at an aunt's and gave the address.",
    "The mother took the child to relatives this morning; their authority was asked to call today.",
)
FOUND: Final = {
    EnquiryOutcome.continuing_risk: (
        "What was alleged is borne out by the child, the doctor and the school. The adult is at "
        "home, and the mother does not see the danger: the risk goes on.",
        "Care has not been good enough for two years and help has changed nothing. The children "
        "are likely to go on being harmed without a plan that all keep to.",
    ),
    EnquiryOutcome.no_continuing_risk: (
        "The concern was right: it happened. The adult has left, bail conditions are in place, and "
        "the mother protects the children; support goes on under section 17.",
        "The injury came of one loss of temper, which the father told of himself; he has moved out "
        "and has begun a course. The child is well and says so.",
    ),
    EnquiryOutcome.not_substantiated: (
        "Doctor, school and child give the same account of a fall in the playground, which two "
        "members of staff saw. Nothing else points to harm.",
        "The message that caused the worry was sent by another pupil. The child, seen alone twice, "
        "says that nothing happened, and nothing else was found.",
    ),
}
CONFERRED: Final = {
    ConferenceOutcome.child_protection_plan: (
        "All agencies were of one mind that the child is likely to be harmed. The plan names who "
        "visits weekly, what has to change by when, and the core group's first date.",
    ),
    ConferenceOutcome.child_in_need_plan: (
        "The conference found that the mother's steps of the last weeks have made the child safe; "
        "a child in need plan keeps the help going, with a review in six weeks.",
    ),
    ConferenceOutcome.no_plan: (
        "The grandparents have the child under an order since last week, and no agency sees a risk "
        "there: no plan is needed, and the school keeps watch.",
    ),
}

# ---- Assessments --------------------------------------------------------------------------------

CHILDS_VIEW: Final = (
    "Wants things to be calm, to see grandmother on Sundays, and not to change school again.",
    "Says that home is fine now that there is no shouting, and would like to join the swimming.",
    "Too young to tell: settles with the mother, feeds well, and follows faces about the room.",
)
ANALYSES: Final = {
    AssessmentOutcome.child_in_need_plan: (
        "The worry of the referral is real and of long standing. The parents see it in part, take "
        "help when it is brought to them, and need a plan with somebody who keeps to it.",
        "Without help the child's health and schooling would suffer. With the family worker, the "
        "school's place at breakfast and a debt adviser the family can do the rest.",
    ),
    AssessmentOutcome.child_protection: (
        "The enquiry found the harm, and what caused it has not gone. The family's strengths "
        "are the grandparents and the school; the plan of the conference is the way to use them.",
    ),
    AssessmentOutcome.no_further_action: (
        "The event that led to the referral stands alone. The parents dealt with it before anybody "
        "came, the children are well, and school and health have no worry of their own.",
        "The risk has gone with the adult who left. The mother knows where to turn, has used it, "
        "and the child is seen every day by people who would notice.",
    ),
}
SENT_BACK: Final = (
    "Say what the father makes of this: he has not been asked, though he collects them on Fridays.",
    "The analysis lists events and does not say what they mean for the child. Please add that.",
)
AUTHORISED: Final = (
    "I have read it with the worker. The child's voice carries it, and the plan follows from it.",
    "Well weighed; the history was read and the analysis says what would have to change.",
)

# ---- Missing and unborn children, late answers ---------------------------------------------------

WENT_MISSING: Final = (
    "Did not come home from school; the telephone is off and friends have not heard anything.",
    "Left through the window after a quarrel about a telephone; took a bag and a charger.",
    "Was not in bed at six in the morning; has spoken of somebody older with a car.",
)
FOUND_WHERE: Final = (
    "At a friend's flat in Riverbourne Harbour",
    "At the railway station, by a guard",
    "Came home alone",
    "At an address that the police know",
)
CAME_BACK: Final = (
    "Walked in during the afternoon, tired and hungry, and went to bed without a word.",
    "Found by officers, calm, and brought home; a taxi had been paid for by somebody else.",
)
DECLINED_BECAUSE: Final = (
    "Says that there is nothing to tell and that it is nobody's business.",
    "Will talk to the form tutor, and to nobody who is sent.",
)
TOLD_IN_INTERVIEW: Final = (
    "Went to get away from the shouting; two older boys paid for food and asked for an errand.",
    "Was with a friend from the last school, whom the mother does not want in the house.",
)
HELD_WHERE: Final = ("At school", "At home, in the garden", "At the youth centre")
INTERVIEWERS: Final = ("An advocate of the children's society", "A missing children's worker")
LATE_ANSWER_READ: Final = (
    "It bears out what was decided; the worker who holds the case has it now.",
    "Nothing in it changes the decision. I have added it to the file and told the team.",
)
OVERTAKEN: Final = (
    "A strategy meeting about this child has been called on another report: it settles the basis.",
)
CHASED: Final = (
    "Promised it for this afternoon.",
    "The duty telephone rang out; left a message with our number.",
    "On it now, waiting for the record from the archive.",
)

# ---- Police notifications ------------------------------------------------------------------------

TOLD_LATER: Final = (
    "Officers went back this morning: the mother has bruises on both arms and says that he has the "
    "keys to the house.",
    "The neighbour who rang had heard a film: both parents and the children were spoken to apart, "
    "and tell the same.",
)
UPDATE_READ: Final = (
    "Read with the manager: what the officers found since answers what we would have asked the "
    "family, so nobody needs to visit today."
)
SENT_IN_ERROR: Final = (
    "The incident belongs to another family of that name in the next force's area; the officer put "
    "it on the wrong record."
)

INCIDENTS: Final = (
    "Officers were called by a neighbour to shouting and breaking glass. The parents had argued "
    "over money; a door was kicked in while the children were upstairs.",
    "The mother rang after her partner pushed her against the cooker. He had left before officers "
    "came; the children were awake and crying.",
    "A former partner waited outside the house in breach of an order and threatened the mother in "
    "front of the children.",
    "An argument between the father and his brother turned violent in the kitchen; one child rang "
    "the police and hid with a younger one.",
)
CARRIED_OVER: Final = (
    "The officer who attended is back tomorrow, and what the child said to her is not written up.",
)
