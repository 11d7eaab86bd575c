"""What the peer reads and writes on the wire: the service's own shapes."""

import re
from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from tests.benchmarks.peer.tables import Adult, Child, Contact, Deadline, Event, Person

_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}")
_LIMITS = {"contact_to_referral": 24, "statutory_decision": 33, "acknowledge_referrer": 33}


class ChildSerializer(serializers.ModelSerializer[Child]):
    """A child on a contact."""

    class Meta:
        model = Child
        exclude = ("contact", "person")
        read_only_fields = ("id", "position", "state", "decided_at")


class AdultSerializer(serializers.ModelSerializer[Adult]):
    """An adult on a contact."""

    class Meta:
        model = Adult
        exclude = ("contact",)
        read_only_fields = ("id", "position")


class ReferrerSerializer(serializers.Serializer[Any]):
    """Who told."""

    name = serializers.CharField(max_length=100, required=False, source="referrer_name")
    role = serializers.CharField(max_length=100, required=False, source="referrer_role")
    agency = serializers.CharField(max_length=200, required=False, source="referrer_agency")
    telephone = serializers.CharField(max_length=40, required=False, source="referrer_telephone")
    email = serializers.EmailField(required=False, source="referrer_email")


class AgreementSerializer(serializers.Serializer[Any]):
    """Agreement to a service."""

    state = serializers.ChoiceField(["given", "refused", "not_sought"], source="agreement")
    note = serializers.CharField(max_length=2000, required=False, source="agreement_note")


class BasisSerializer(serializers.Serializer[Any]):
    """Lawful basis for sharing."""

    basis = serializers.CharField(max_length=40, source="lawful_basis")
    sharing_reason = serializers.CharField(max_length=2000, required=False)


class DeadlineSerializer(serializers.ModelSerializer[Deadline]):
    """A clock."""

    class Meta:
        model = Deadline
        exclude = ("contact", "variant", "warned_at", "breached_at", "policy_version")


class ContactSerializer(serializers.ModelSerializer[Contact]):
    """A contact with all that hangs on it."""

    received_at = serializers.DateTimeField(default=timezone.now)
    children = ChildSerializer(many=True, min_length=1, max_length=20)
    adults = AdultSerializer(many=True, max_length=20)
    deadlines = DeadlineSerializer(many=True, read_only=True)
    referrer = ReferrerSerializer(source="*")
    agreement = AgreementSerializer(source="*")
    lawful_basis = BasisSerializer(source="*")
    assignee_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = Contact
        exclude = (
            "assignee",
            "agreement_note",
            "sharing_reason",
            "referrer_name",
            "referrer_role",
            "referrer_agency",
            "referrer_telephone",
            "referrer_email",
            "content_digest",
        )
        read_only_fields = ("id", "reference", "state", "logged_at", "logged_by", "team_id")

    def validate_postcode(self, postcode: str) -> str:
        """A postcode in its usual form."""
        if not _POSTCODE.fullmatch(postcode):
            raise serializers.ValidationError("Send a postcode.")
        return postcode

    def create(self, told: dict[str, Any]) -> Contact:
        """Writes the contact with all that hangs on it; called in a transaction."""
        now, who = timezone.now(), self.context["request"].user
        children, adults = told.pop("children"), told.pop("adults")
        contact = Contact(**told, state="received", logged_at=now, logged_by=who.id, team_id="mash")
        contact.reference = f"C-{contact.id.hex[-11:]}"
        persons = [
            Person(
                created_at=now,
                **{name: child.get(name) for name in ("given_name", "family_name")},
                **{name: child.get(name) for name in ("date_of_birth", "birth_knowledge", "sex")},
            )
            for child in children
        ]
        Person.objects.bulk_create(persons)
        contact.save(force_insert=True)
        Child.objects.bulk_create(
            Child(contact=contact, person=person, position=position, **child)
            for position, (child, person) in enumerate(zip(children, persons, strict=True))
        )
        Adult.objects.bulk_create(
            Adult(contact=contact, position=position, **adult)
            for position, adult in enumerate(adults)
        )
        Deadline.objects.bulk_create(
            _clock(contact, kind, hours) for kind, hours in _LIMITS.items()
        )
        Event.objects.create(
            type="contact.received",
            at=now,
            account_id=who.id,
            subject_id=contact.id,
            contact_id=contact.id,
            data={"channel": contact.channel, "people": [str(person.id) for person in persons]},
        )
        return contact


def _clock(contact: Contact, kind: str, hours: int) -> Deadline:
    due_at = contact.received_at + timedelta(hours=hours)
    return Deadline(
        contact=contact,
        kind=kind,
        subject_kind="contact",
        subject_id=contact.id,
        owner_role="mash_worker",
        started_at=contact.received_at,
        due_at=due_at,
        warn_at=due_at - timedelta(hours=4),
        policy_version="peer",
        explanation={
            "title": kind.replace("_", " "),
            "limit": f"{hours} hours",
            "started_at": contact.received_at.isoformat(),
            "due_at": due_at.isoformat(),
            "sum": f"Contact received {contact.received_at:%A %d %B %Y %H:%M}; {hours} hours",
        },
    )


class ClockSerializer(serializers.ModelSerializer[Deadline]):
    """A clock in a queue."""

    class Meta:
        model = Deadline
        fields = ("kind", "due_at", "owner_role")


class QueueLineSerializer(serializers.ModelSerializer[Contact]):
    """A contact that waits."""

    due_at = serializers.DateTimeField()
    children = serializers.SerializerMethodField()
    deadlines = ClockSerializer(many=True, source="running")
    open_flags = serializers.IntegerField(source="flag_count")
    worker_name = serializers.CharField(source="assignee.name", default=None)
    worker_id = serializers.UUIDField(source="assignee_id")
    overdue = serializers.SerializerMethodField()
    time_left = serializers.SerializerMethodField()

    class Meta:
        model = Contact
        fields = (
            "id",
            "reference",
            "state",
            "received_at",
            "channel",
            "source_code",
            "rating",
            "town",
            "immediate_danger",
            "due_at",
            "children",
            "deadlines",
            "open_flags",
            "worker_name",
            "worker_id",
            "overdue",
            "time_left",
            "team_id",
        )

    def get_children(self, contact: Contact) -> list[str]:
        """The children's names."""
        return [f"{child.given_name} {child.family_name}" for child in contact.children.all()]

    def get_overdue(self, contact: Any) -> bool:
        """Whether the soonest limit has passed."""
        return bool(contact.due_at < timezone.now())

    def get_time_left(self, contact: Any) -> str:
        """How long is left, in words."""
        minutes = int((contact.due_at - timezone.now()).total_seconds() // 60)
        return f"{abs(minutes)} min {'left' if minutes >= 0 else 'overdue'}"
