"""Emergency acts: read and listed."""

from service.domain.emergency_acts import EmergencyAct
from service.domain.errors import NotFound
from service.persistence.repositories.lists import Listed
from service.persistence.repositories.things import Things
from service.persistence.visibility import emergency_acts_visible_to


class EmergencyActNotFound(NotFound):
    """No such emergency act, or not one that the caller may know of."""

    code = "emergency_act_not_found"
    title = "No such emergency act"


EMERGENCY_ACTS = Things(
    EmergencyAct, "emergency act", emergency_acts_visible_to, EmergencyActNotFound
)
LISTED = Listed(EmergencyAct, "acted_at", emergency_acts_visible_to)
