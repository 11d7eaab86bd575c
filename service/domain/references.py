"""Human references: short, readable over the telephone, and proof against a slip of the pen."""

import secrets

from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_37_36

# No two of these look or sound alike in a hurry: no 0/O/D, 1/I/L, 2/Z, 5/S, 8/B, U/V, M/N.
# 22 of them, because ISO 7064 hybrid systems catch every single error and every swap of
# neighbours when the number of characters plus one is prime.
ALPHABET = "34679ACDEFGHJKMPQRTVWX"
_BODY = 9


def new_reference(prefix: str) -> str:
    """A new random reference such as `C-7K3MA-9TQ4R`: nine random characters and a check one."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(_BODY))
    full = body + str(mod_37_36.calc_check_digit(body, ALPHABET))
    return f"{prefix}-{full[:5]}-{full[5:]}"


def is_reference(text: str, prefix: str) -> bool:
    """Whether `text` is a whole reference of this prefix with the right check character."""
    head, _, rest = text.partition("-")
    compact = rest.replace("-", "")
    if head != prefix or len(compact) != _BODY + 1 or any(c not in ALPHABET for c in compact):
        return False
    try:
        mod_37_36.validate(compact, ALPHABET)
    except ValidationError:
        return False
    return True
