"""References: a slip of the pen or of the tongue never names another contact."""

import itertools
import random
import re

import pytest

from service.domain.references import ALPHABET, ReferenceKind, is_reference, new_reference
from tests.support.sources import product_modules

SAMPLE = 40


def _bodies() -> list[str]:
    return [new_reference(ReferenceKind.contact)[2:].replace("-", "") for _ in range(SAMPLE)]


def _shown(compact: str) -> str:
    return f"C-{compact[:5]}-{compact[5:]}"


@pytest.mark.parametrize("kind", ReferenceKind)
def test_a_new_reference_is_one_of_its_kind_and_of_no_other(kind: ReferenceKind) -> None:
    reference = new_reference(kind)
    assert [one for one in ReferenceKind if is_reference(reference, one)] == [kind]
    assert len(reference) == len("C-7K3MA-9TQ4R")


def test_each_kind_of_thing_has_a_letter_of_its_own() -> None:
    assert all(re.fullmatch("[A-Z]", kind) for kind in ReferenceKind)
    made_in: dict[str, set[str]] = {kind.name: set() for kind in ReferenceKind}
    for path in product_modules():
        for name in re.findall(r"new_reference\(ReferenceKind\.(\w+)\)", path.read_text("utf-8")):
            made_in[name].add(path.stem)
    # Where a thing is made is where it gets its reference: no letter serves two nouns, or none.
    assert {name: len(made) for name, made in made_in.items()} == dict.fromkeys(made_in, 1)


def test_no_two_characters_look_or_sound_alike() -> None:
    for alike in ("0OD", "1IL", "2Z", "5S", "8B", "UV", "MN"):
        assert len(set(alike) & set(ALPHABET)) <= 1, alike
    assert len(set(ALPHABET)) == len(ALPHABET)
    after = len(ALPHABET) + 1
    assert all(after % divisor for divisor in range(2, after)), "the check needs a prime"


def test_every_single_error_is_caught() -> None:
    for compact in _bodies():
        for place, right in enumerate(compact):
            for wrong in ALPHABET:
                if wrong != right:
                    spoilt = compact[:place] + wrong + compact[place + 1 :]
                    assert not is_reference(_shown(spoilt), ReferenceKind.contact), (
                        compact,
                        spoilt,
                    )


def test_every_swap_of_two_characters_is_caught_neighbours_or_not() -> None:
    """For all pairs of characters at all places, not only those that chance puts there."""
    chance = random.Random(20260306)
    tried = 0
    for place, other in itertools.combinations(range(9), 2):
        for first, second in itertools.permutations(ALPHABET, 2):
            while True:
                characters = [chance.choice(ALPHABET) for _ in range(9)]
                characters[place], characters[other] = first, second
                check = next(
                    (
                        one
                        for one in ALPHABET
                        if is_reference(_shown("".join(characters) + one), ReferenceKind.contact)
                    ),
                    None,
                )
                if check is not None:
                    break
            whole = "".join(characters) + check
            characters[place], characters[other] = second, first
            assert not is_reference(_shown("".join(characters) + check), ReferenceKind.contact), (
                whole
            )
            tried += 1
    assert tried == 36 * 22 * 21
    for compact in (one for _ in range(50) for one in _bodies()):
        for place in range(9):
            if compact[place] != compact[9]:
                swapped = compact[:place] + compact[9] + compact[place + 1 : 9] + compact[place]
                assert not is_reference(_shown(swapped), ReferenceKind.contact), compact


def test_the_reference_in_every_example_is_a_good_one() -> None:
    assert is_reference("C-7K3MA-9TQ4R", ReferenceKind.contact)


def test_exactly_one_check_character_fits_or_none() -> None:
    """None fits one body in twenty-three; such a body is never given out."""
    chance = random.Random(1)
    counts = {0: 0, 1: 0}
    for _ in range(2000):
        body = "".join(chance.choice(ALPHABET) for _ in range(9))
        counts[
            sum(is_reference(_shown(body + one), ReferenceKind.contact) for one in ALPHABET)
        ] += 1
    assert 40 < counts[0] < 150


def test_a_reference_left_short_or_made_longer_is_none() -> None:
    for compact in _bodies():
        assert not is_reference(_shown(compact[:-1]), ReferenceKind.contact)
        assert not is_reference(_shown(compact + compact[-1]), ReferenceKind.contact)
        assert not is_reference(_shown(compact.lower()), ReferenceKind.contact)
    for text in (
        "",
        "C",
        "C-",
        "C--",
        "-",
        "C-\u0663\u0663\u0663\u0663\u0663-\u0663\u0663\u0663\u0663\u0663",
    ):
        assert not is_reference(text, ReferenceKind.contact)


def test_references_do_not_repeat() -> None:
    assert len({new_reference(ReferenceKind.contact) for _ in range(5000)}) == 5000
