"""What a decision tells of agencies nobody of whom was asked, and words in which one is signed."""

from service.domain.decisions import AgencySaid

NOBODY_ASKED = (
    AgencySaid("riverbourne-police", False, False, "No crime is suspected."),
    AgencySaid("riverbourne-hospital", False, False, "Nobody said that the child was seen there."),
)
WORDS = "I have read the file and what the school told, and I agree."
