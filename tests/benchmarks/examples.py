"""What is asked of the servers: contacts as they come in, alike and yet each its own."""

import json
import random

from tests.benchmarks.fill import CONCERN, HOMES

# More than a short run sends: whoever is told of twice is on file the second time.
_VARIETY = 8192


def contacts(count: int = _VARIETY) -> list[str]:
    """Bodies of contacts about two children, with an adult and a referrer."""
    chance = random.Random(2026)
    return [json.dumps(_contact(chance)) for _ in range(count)]


def _contact(chance: random.Random) -> dict[str, object]:
    family = f"{chance.choice(['Okafor', 'Smith', 'Patel', 'Jones'])}{chance.randrange(100_000)}"
    return {
        "concern": CONCERN,
        "source_code": "2A",
        "channel": "telephone",
        "children": [
            {
                "given_name": name,
                "family_name": family,
                "birth_knowledge": "known",
                "date_of_birth": f"{chance.randrange(2010, 2024)}-04-{chance.randrange(10, 29)}",
                "sex": sex,
                "ethnicity_code": "WBRI",
                "first_language": "English",
                "school": "Mill Lane Primary",
            }
            for name, sex in (("Amara", "F"), ("Ben", "M"))
        ],
        "adults": [
            {
                "relationship": "mother",
                "given_name": "Sam",
                "family_name": family,
                "parental_responsibility": "yes",
                "in_household": "yes",
                "telephone": "01632 960123",
            }
        ],
        "referrer": {
            "name": "Priya Shah",
            "role": "Designated safeguarding lead",
            "agency": "Mill Lane Primary",
            "telephone": "01632 960111",
        },
        "agreement": {"state": "given", "note": "Mother agrees to early help."},
        "lawful_basis": {"basis": "public_task"},
        "address": f"{chance.randrange(HOMES)} Weir Street",
        "town": "Riverbourne",
        "postcode": "ZZ99 3CZ",
    }
