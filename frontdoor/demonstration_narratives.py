"""Words for the demonstration data: invented concerns, and what people at the desk write of them.

Every sentence is made up. `{child}` is what the children are called, `{parent}` the parent the
referrer knows.
"""

from dataclasses import dataclass
from typing import Final

from service.domain.decisions import Outcome
from service.domain.transfers import Direction, FamilyAgreement


@dataclass(frozen=True, slots=True)
class Theme:
    """One kind of worry: how it is told, what the child says, why it meets or does not meet.

    `weight` is how often it comes, `need` the primary need code, `grave` how likely a referral on
    it rests on suspected significant harm, `tool` the assessment tool used with it, if any.
    """

    name: str
    weight: int
    need: str
    grave: float
    seen: tuple[str, ...]
    more: tuple[str, ...]
    voice: tuple[str, ...]
    meets: tuple[str, ...]
    falls_short: tuple[str, ...]
    tool: str | None = None


THEMES: Final = (
    Theme(
        "neglect",
        18,
        "N1",
        0.15,
        (
            "{child} has come in hungry on most days of the last fortnight and asks for seconds.",
            "The home was cold on both visits, with no heating and no bedding on two of the beds.",
            "{child} wears the same clothes all week and other pupils have begun to remark on it.",
            "Three dental appointments were missed, and {child} is in pain when eating.",
            "There was little food in the house and dog mess on the kitchen floor at the visit.",
            "{child} is often collected an hour late, and nobody answers the telephone.",
            "Head lice have gone untreated for two months in spite of advice and free treatment.",
        ),
        (
            "{parent} is friendly when met, promises change, and nothing differs a week later.",
            "A neighbour has been feeding the children in the evening.",
            "Attendance has fallen to 71 per cent since the summer.",
            "{parent} says that money runs out in the third week of the month.",
            "The health visitor has not been let in at the last four attempts.",
        ),
        (
            "Says that home is 'all right' but that bedtime is 'whenever', and is tired every day.",
            "Told the teaching assistant about making tea for the little ones from cereal.",
            "Drew a house with nobody in it, and said that everyone was asleep.",
        ),
        (
            "Basic needs are unmet over months, support was offered twice and has changed nothing, "
            "and the effect on health and schooling can be seen.",
            "The pattern of missed care, taken with the condition of the home, is likely to impair "
            "the child's health and development without services.",
            "What was tried at an earlier stage has not lasted, and the younger children depend "
            "wholly on adults who do not see the risk.",
        ),
        (
            "Needs are real but of recent making, the parent asks for help and accepts it, and "
            "practical support can meet them.",
            "The condition of the home had improved by the second visit, and the school sees the "
            "children well cared for on most days.",
        ),
        "Graded Care Profile 2",
    ),
    Theme(
        "domestic abuse",
        22,
        "N1",
        0.3,
        (
            "Officers were called at night to shouting and found {parent} with a cut lip.",
            "{child} was upstairs during the assault and came down when the glass broke.",
            "{parent} disclosed that a former partner waits outside the house most evenings.",
            "A neighbour heard screaming and furniture being thrown for the third time this month.",
            "{parent} has been followed to the school gate and threatened in front of {child}.",
            "The telephone was pulled from the wall when {parent} tried to call for help.",
        ),
        (
            "The alleged perpetrator was arrested and bailed with conditions not to attend.",
            "The risk checklist was completed and scored as medium.",
            "The risk checklist was completed and scored as high; the case goes to the conference.",
            "{parent} did not wish to make a statement and says that it was an argument.",
            "Agreement to share was not sought at the scene because {parent} was distressed.",
        ),
        (
            "Said that the noise is the worst part, and that the dog gets hidden first.",
            "Sleeps in a sibling's bed 'in case', and worries when at school.",
            "Would not speak of the night, and asked whether mum was all right three times.",
        ),
        (
            "This is the third call within a year, the violence is getting worse, and the child "
            "was present and frightened.",
            "The adult who used violence has free access to the home, and the non-abusing parent "
            "cannot keep the children safe alone at present.",
        ),
        (
            "The adults have parted, an order is in place, and the parent works with the domestic "
            "abuse service, who would tell us of any change.",
            "A single argument without violence or threat, with no earlier calls on file, and the "
            "child was away from home that night.",
        ),
    ),
    Theme(
        "physical injury",
        9,
        "N1",
        0.75,
        (
            "{child} has a bruise to the upper arm in the shape of fingers and gave two accounts.",
            "A mark across the cheek was noticed at registration; {child} said 'I was bad'.",
            "A bruise to the jaw was seen which nobody at home could account for.",
            "{child} flinched when a coat was helped off and there were older marks on the back.",
        ),
        (
            "{parent} says that it was a fall from the sofa; nobody saw it.",
            "The explanation does not fit the injury in the view of the doctor on duty.",
            "There was a delay of two days before help was sought.",
        ),
        (
            "Said quietly that it 'hurt a lot' and asked that nobody be told.",
            "Too young to say; calm with the nurse and watchful when carried home.",
        ),
        (
            "An injury without a fitting explanation in a child who depends on those who were "
            "there gives reasonable cause to suspect significant harm.",
            "The child's own account points to an adult at home, and a strategy discussion is "
            "needed today with health and police.",
        ),
        (
            "The doctor who saw the child finds the account and the injury consistent, help was "
            "sought at once, and nothing is known to any agency.",
        ),
    ),
    Theme(
        "sexual harm",
        4,
        "N1",
        0.7,
        (
            "{child} told a trusted adult about being touched by somebody who visits the home.",
            "Images were found on a device, and {child} had been asked for more by a stranger.",
            "{child} uses words and play far beyond what is expected at this age.",
        ),
        (
            "The device has been kept and not searched, on police advice.",
            "{parent} was shocked, believes {child}, and has stopped all visits.",
        ),
        ("Wants it to stop and does not want anybody to be in trouble.",),
        (
            "A direct account by the child of a sexual offence by a named adult; joint enquiries "
            "with the police are needed before anybody is spoken to.",
        ),
        (
            "Behaviour within what is expected at this age in the judgement of the school nurse, "
            "no account by the child, and a parent who acts on advice.",
        ),
    ),
    Theme(
        "exploitation",
        8,
        "N1",
        0.45,
        (
            "{child} was missing for the second night this week and came back with a new phone.",
            "{child} was found by the railway with two older males, holding cash and a train pass.",
            "Teachers have seen {child} collected by different cars at lunchtime.",
            "{child} has stopped attending, has new trainers, and will not say who gave them.",
        ),
        (
            "There is talk of a debt of several hundred pounds.",
            "A knife was found in a school bag; no threat was made.",
            "{parent} reports every absence and is exhausted.",
        ),
        (
            "Says that 'they are friends' and does not see the danger.",
            "Frightened of being called a grass; spoke only in the car, without eye contact.",
        ),
        (
            "Signs of criminal exploitation by adults are clear and growing, and family and "
            "school cannot protect the young person alone.",
        ),
        (
            "A youth worker whom the young person trusts is in place, absences have ended, and "
            "the family asks for support with boundaries.",
        ),
    ),
    Theme(
        "mental health of a parent",
        11,
        "N3",
        0.1,
        (
            "{parent} has not left the house for three weeks and cries through most of the day.",
            "{parent} was taken to hospital after an overdose while {child} was at school.",
            "{parent} believes that the neighbours listen through the walls and keeps {child} in.",
        ),
        (
            "The community team last saw {parent} in the spring and has closed the case.",
            "A grandparent has moved in for now, and wants to know what happens next.",
            "Medication was stopped without advice.",
        ),
        (
            "Likes it best when grandma is there because 'then mum can sleep'.",
            "Checks on mum before leaving for school and rings home at break.",
        ),
        (
            "The parent cannot meet the child's needs while so unwell, and nobody else who could "
            "has parental responsibility.",
        ),
        (
            "Treatment has begun, relatives share the care, and the child is settled and seen "
            "daily; support for the family is wanted and welcome.",
        ),
    ),
    Theme(
        "substances",
        9,
        "N3",
        0.2,
        (
            "{parent} came to collect {child} unsteady and smelling of drink at half past three.",
            "Drug equipment was within reach of a toddler when officers attended.",
            "{child} says that dad 'goes funny' in the evening and cannot be woken.",
        ),
        (
            "The treatment service confirms missed appointments since last month.",
            "Several adults unknown to the school come and go at the address.",
            "{parent} walked home with {child} along the main road; a member of staff followed.",
        ),
        (
            "Hides the car keys because of what happened last time.",
            "Says that weekends are long, and that school is the good part.",
        ),
        (
            "Use has become daily and the child has twice been in charge of younger siblings "
            "while no adult could be woken.",
        ),
        (
            "The parent sought treatment, another adult cares for the child when needed, and the "
            "treatment service will tell us of a relapse.",
        ),
    ),
    Theme(
        "family under strain",
        14,
        "N4",
        0.03,
        (
            "The family has been in one room of temporary accommodation since the fire.",
            "{parent} is caring alone for four children after a bereavement and asks for help.",
            "Notice to quit runs out in nine days and {parent} has nowhere to go.",
            "{child} has refused to go to school for a month and {parent} is at a loss.",
        ),
        (
            "The landlord has not mended the boiler.",
            "{parent} has reduced working hours and is behind with the rent.",
            "A food parcel was given today.",
        ),
        (
            "Misses the old bedroom and the cat; otherwise cheerful.",
            "Says that everybody is cross because the place is too small.",
        ),
        (
            "Without accommodation within days the children will be homeless, and the strain is "
            "already showing in their health and behaviour.",
        ),
        (
            "The need is for housing advice, routines and practical help, which the parent asks "
            "for and early help can give.",
            "A known and time-limited difficulty, with relatives and the school already helping.",
        ),
    ),
    Theme(
        "disability and care",
        6,
        "N2",
        0.02,
        (
            "{child} needs two people for personal care since the operation and {parent} is alone.",
            "Respite ended in the spring, and {parent} has not slept through a night since.",
            "A sibling of ten gives medicine and lifts, and is late for school each morning.",
        ),
        (
            "The hoist has been broken for a month.",
            "{parent} would accept any help that is offered.",
        ),
        (
            "Indicated by signs that home is good and that the nights hurt.",
            "The sibling says that it is fine, and would like to go to football again.",
        ),
        (
            "The child's disability makes a child in need in law, and the care now needed exceeds "
            "what the family can give unaided.",
        ),
        (
            "A carer's assessment and the young carers' group answer the need that was named; the "
            "family prefers this to an assessment.",
        ),
    ),
    Theme(
        "conflict at home",
        9,
        "N5",
        0.04,
        (
            "{child} was told to leave after an argument and has stayed on a friend's sofa.",
            "Contact with the other parent ends in shouting at the door each Sunday.",
            "{child} hit {parent} during a quarrel over a phone; nobody was hurt.",
        ),
        (
            "Both parents have sent long messages to the school about each other.",
            "An aunt has offered a bed until things are calmer.",
        ),
        (
            "Wants both of them to stop asking whose side to be on.",
            "Would go home if somebody came along to talk about it.",
        ),
        (
            "Nobody at present provides a home for this young person, and attempts to mend "
            "matters within the family have failed.",
        ),
        (
            "A dispute about contact that belongs before the family court; the child is well "
            "cared for in both homes.",
            "Both sides agree to mediation, and the relative with whom the young person stays is "
            "known and suitable.",
        ),
    ),
)

UNBORN: Final = (
    "The pregnancy was booked late, at twenty-four weeks, after an earlier child was removed.",
    "{parent} is pregnant and has missed the last three appointments with the midwife.",
    "{parent} is expecting and sleeps in a car with a partner known for violence.",
)

OPENINGS: Final = {
    "police": (
        "Officers attended the address and submit this report.",
        "Police notification after attendance at an incident.",
        "The safer neighbourhood team passes on what it has seen.",
    ),
    "school": (
        "The designated safeguarding lead shares the following.",
        "The school is worried and has spoken with the family first.",
        "Staff have kept a log since September, and it is summed up here.",
    ),
    "health": (
        "Seen in clinic today, and discussed with the safeguarding lead.",
        "The practitioner writes after a home visit.",
        "Shared by health with agreement where it could be sought.",
    ),
    "family": (
        "A relative rang, upset, and wished to be named to nobody.",
        "The caller knows the family well and has thought about ringing for weeks.",
        "Somebody who lives nearby feels that it cannot go on.",
    ),
    "agency": (
        "Shared by a worker who knows the family.",
        "The agency writes in the course of its own work with the parent.",
        "Passed on after a case discussion.",
    ),
}

PROMPTS: Final = {
    "father_and_significant_adults": (
        (
            "Father lives apart and sees the children each weekend; he was told and is supportive.",
            "Step-father is in the household; nothing is known of him to police or health.",
            "Father's name is on the birth certificate; he has parental responsibility and no "
            "contact.",
            "An uncle sleeps there some nights; checks were made and nothing was found.",
        ),
        (
            "Mother would not name the father, and no agency that was asked knows who he is.",
            "Nobody could be reached to ask; the allocated worker will ask at the first visit.",
        ),
    ),
    "culture_disability_language": (
        (
            "English is spoken at home; no disability is known; the family's faith matters to "
            "them and they have friends through it.",
            "Mother speaks little English: an interpreter was used, not a relative.",
            "The child is autistic and needs notice before visits.",
            "The family moved here two years ago and has no relatives nearby.",
        ),
        ("It was not asked in the telephone call and no agency has recorded it.",),
    ),
    "domestic_abuse": (
        (
            "None known now or earlier; police have no calls to the address.",
            "Abuse by a former partner until last year, who has no contact now.",
            "Yes, described above; the risk checklist is on the file.",
        ),
        ("It was not safe to ask with the partner in the room; the school will ask alone.",),
    ),
    "neglect_and_tool": (
        (
            "No sign of neglect; no tool was needed.",
            "Some signs; the profile was begun by the health visitor and is not scored yet.",
            "Yes: see the profile's score on this decision.",
        ),
        ("No agency has seen the home within the last three months.",),
    ),
}
VOICE_NOT_KNOWN: Final = (
    "The child has not been seen since; the school will speak with them tomorrow.",
    "Too young to say, and nobody who knows the child well could be reached.",
)
VOICE_OF_THE_UNBORN: Final = (
    "Not yet born: what matters is a safe place to come home to, and who will be there.",
    "Not yet born; the midwife will say how the pregnancy goes.",
)
NEXT: Final = {
    Outcome.referral: (
        "An assessment is needed, beginning with a visit and with the child seen alone.",
        "Social care should visit tomorrow, see the children and speak with both parents.",
        "The parents know that this is being done, and why.",
        "School and health are asked to keep their records and to share them.",
    ),
    Outcome.early_help: (
        "A named worker and a plan with the family should come of this within weeks.",
        "The family agrees to a worker who comes to the house and to the school.",
        "Early help will tell us if the picture changes.",
    ),
    Outcome.information_and_advice: (
        "Advice answers what was asked, and the referrer knows when to ring again.",
        "The referrer is content to go on supporting the family with what was said.",
    ),
    Outcome.no_further_action: (
        "The services that every family has are enough, and they are aware.",
        "Nothing is left open: the referrer has been told and agrees.",
        "Should it happen again, the decision would have to be made afresh.",
    ),
}
PROMPT_OF_ANOTHER_POLICY: Final = "Asked of the family and of those who know them; nothing to add."

NOT_ASKED: Final = (
    "Nothing in the concern suggests that they know the family.",
    "Not asked because the family has moved here within the month and they have no record.",
    "Asking would have gone beyond what is needed to decide.",
)
NOT_ANSWERED: Final = (
    "No answer by now; waiting longer would leave the child without a decision.",
    "Their office is closed until Monday; what is known already is enough to decide.",
)
PURPOSES: Final = (
    "To decide what the child needs, and whether it meets the threshold.",
    "To learn whether there is anything on file that makes the risk greater or less.",
    "To understand how the child has been seen over the last year.",
)
QUESTIONS: Final = (
    "When was the child last seen, by whom, and how were they?",
    "Have there been calls to the address in the last two years?",
    "Who else lives in the household as far as you know?",
    None,
)
ANSWERS: Final = (
    "Last seen two weeks ago, well and up to date with what is due.",
    "Known since birth; appointments are kept and the parent asks for advice.",
    "Two earlier calls, both about noise; no offences are recorded.",
    "Attendance is 84 per cent, and the child is settled with friends.",
    "Mother is registered here, attends, and has treatment for low mood.",
    "The tenancy is at risk because of arrears; no complaints from neighbours.",
)
DECLINED: Final = "Our adviser holds that the request needs the parent's agreement first."

HISTORY: Final = (
    "{count} on file. The worries then were of the same kind and came from another agency.",
    "{count} on file, read in full: the family took up support and it helped for a while.",
    "{count} on file. Last time another child of the family was at the centre of it.",
)
LAST_CLOSED: Final = (
    "Closed because the parent had begun to work with the family centre.",
    "Closed after advice was given to the referrer, with nothing more heard since.",
    "Closed after assessment: needs were met by relatives and the school.",
)

ADVICE: Final = (
    "The referrer was told how to raise it with the family, and what would change our view.",
    "The parent was given the numbers of the family centre and of the housing adviser.",
    "The school will offer a place at breakfast club and ring again if attendance falls.",
)

AGREED: Final = (
    "Read with the log. The reasons fit the level of need and the next step is clear.",
    "I agree: the history was weighed and the child's own words carry it.",
    "Sound decision. Please make sure that the school hears of it today.",
    "I have spoken with the worker about the father and am content with what is planned.",
    "Threshold rightly applied; siblings were thought about one by one.",
    "Agreed after a look at the earlier contact, which points the same way.",
)
RETURNED: Final = (
    "What does the child say? Please ask the school, and say what daily life is like.",
    "The earlier contact is named but not weighed. Say what has changed since.",
    "Who is the father, and was he asked? Add it, or say why it cannot be known.",
    "The reasons repeat the concern. Say why this level and not the one below.",
)
TAKEN_ON: Final = (
    "Social care has taken the child on since, by another contact: decide for the open referral.",
)
SECOND_THOUGHTS: Final = (
    "The hospital's report arrived after sign-off and shows that the injury was inflicted.",
    "A sibling has since given an account which makes significant harm likely.",
)
ACKNOWLEDGED: Final = (
    "Telephoned: receipt confirmed, reference given, told how to disagree.",
    "E-mail sent with the reference and what happens next.",
    "Told by the worker when ringing back for more detail.",
)
CLOSED_AFTER_ASSESSMENT: Final = (
    "Assessment finished: needs are met by the family with the school's support.",
    "Assessment finished: the risk has gone with the adult who left the household.",
)
CEASED: Final = (
    "The plan's outcomes were met and reviewed with the family.",
    "The family moved in with relatives who give what was missing.",
)
MOVED_AWAY: Final = (
    "The family moved to another authority, which has accepted the case and the file."
)
EPISODE_ENDED: Final = {
    "outcomes_met": "The goals that the family set were reached and reviewed together.",
    "family_declined": "The family thanked the worker and does not want further visits.",
    "moved_away": "The family has moved; the new authority's early help service was told.",
    "universal_services": "School and health visitor now give what is needed.",
}
TYPED_IN_TWICE: Final = "The same call, taken down by two of us; the other one is being worked."
NO_AGREEMENT: Final = (
    "Asking first might have put the child at greater risk.",
    "The parent could not be reached, and waiting was not safe.",
)
RATED: Final = {
    "red": "Possible immediate risk of harm: somebody has to act on it today.",
    "amber": "A serious worry, with a safe adult present for now.",
    "green": "Support seems to be needed, with no sign of risk tonight.",
}

# ---- Step-ups, step-downs and disagreements -----------------------------------------------------

EVIDENCE_UP: Final = (
    "Three home visits in a row found the children alone after dark, and the plan has not held.",
    "The youngest told the family worker of being hit with a belt; there is a mark on the back.",
    "Since the new partner moved in the mother cancels every visit, and school sees the children "
    "hungry and frightened.",
    "The parent drinks again every day, says so, and no adult in the household keeps the children "
    "safe at night.",
)
EVIDENCE_DOWN: Final = (
    "The assessment found no risk of significant harm; what is left is help with routines and the "
    "school run, which the family asks for.",
    "The child in need plan has ended with its outcomes met, and the family wants to keep the "
    "family worker.",
    "The father has left for good, the children are settled, and debts and housing are what the "
    "family still needs help with.",
)
REFUSED_STEPS: Final = {
    Direction.step_up: (
        "What is described is neglect that the early help plan was made for and has not been tried "
        "with: no visit since May, and no tool was used to score it.",
        "The injury was seen by the doctor, who finds the account given of it likely; nothing else "
        "points to significant harm at present.",
        "The school's account and the family worker's differ, and the children have not been "
        "asked; the threshold cannot be weighed on this.",
    ),
    Direction.step_down: (
        "Two incidents since the assessment show that risk is where it was: this still meets the "
        "threshold for a child in need.",
        "The plan names no outcome that early help could work towards, and nobody who would do it.",
        "The family does not know that social care is leaving, so its agreement means nothing yet.",
    ),
}
AGREED_TO_REFUSAL: Final = (
    "I have read the explanation with the worker: we try the plan again, with weekly visits.",
    "The point on evidence is fair. We gather it and ask again if it bears out our worry.",
)
CHALLENGED: Final = (
    "The refusal weighs each event alone. Together they are a pattern, and the children are "
    "frightened: this meets the threshold.",
    "What the refusal says is missing was in the request: the scores, the dates and the child's "
    "own words are all there.",
)
CHALLENGED_DECISION: Final = {
    True: (
        "The contact holds nothing that reaches section 17: the family came for help with rent, "
        "and an assessment will drive them away.",
    ),
    False: (
        "The family has said no to early help twice, and the health visitor gives what is needed: "
        "an episode would help nobody.",
    ),
}
STAGE_ANSWERED: Final = {
    "agreed": (
        "We talked it through with both workers and see it alike now: it stays as it is, and the "
        "visits are doubled.",
    ),
    "upheld": (
        "I have read the whole file again. The points raised were weighed when this was decided, "
        "and the threshold was applied as published.",
        "Having heard both sides I uphold this: the risk is known, watched, and not rising.",
    ),
    "changed": (
        "The pattern was not seen because each event was read alone. This is to be changed today.",
        "New facts from the school tip the balance: the challenge is right.",
    ),
}
TAKEN_FURTHER: Final = {
    "escalate": (
        "The answer does not say why the child's own words count for nothing. I put this to the "
        "next stage.",
        "We still disagree about the risk at night, and a child cannot wait for us to agree.",
    ),
    "take": (
        "The answer says why, and names what would change it. We can work with that.",
        "Explained in full to the worker and to me: we accept it and keep watching.",
    ),
    "give_up": ("The family's own plan has made the question idle: grandmother has moved in.",),
}
STEP_ACCEPTED: Final = (
    "Read with the worker who knows the family; a first visit is arranged, both together.",
    "The evidence is clear. The family was told today who takes over and why.",
)
STEP_WITHDRAWN: Final = (
    "The family's circumstances changed overnight; we stay with them and look again in a month.",
)
FAMILY_SAID: Final = {
    FamilyAgreement.given: "The mother agrees to weekly visits and knows that she may stop them.",
    FamilyAgreement.refused: "The father wants no more visits from anybody, and said so twice.",
    FamilyAgreement.withdrawn: "After the first weeks the mother no longer wants the visits.",
}
VISITED: Final = (
    "Saw both children at home, alone and with the mother; the plan hangs on the fridge.",
    "First visit with the social worker; the children showed their room and spoke of school.",
)
KEPT: Final = {
    "ask_again": ("Met the family with the school: with another worker they are willing to try.",),
    "keep": ("We keep the case, and review in a month what the family would accept.",),
}
PLANS: Final = (
    ("The children are fed and rested for school", "Weekly visits on routines", "Family worker"),
    ("Rent arrears are under control", "Advice and a repayment plan", "Housing adviser"),
    ("The mother has help close by", "Place in the Tuesday group", "Family centre"),
    ("Attendance is above nine days in ten", "Morning calls and a breakfast place", "School"),
    ("Speech comes on as it should", "Six sessions at home", "Speech therapist"),
)
