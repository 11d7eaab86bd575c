"""The service's own tables as Django sees them: the same rows, written and read by another."""

from typing import Any

from django.db import models
from uuid_utils.compat import uuid7


class _Row(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7)

    class Meta:
        abstract = True


def _words(**options: Any) -> Any:
    return models.TextField(null=True, **options)


class Account(_Row):
    """Who has called."""

    name = models.TextField()

    class Meta:
        app_label = "peer"
        managed = False
        db_table = "account"


class Person(_Row):
    """A child, across contacts."""

    given_name = _words()
    family_name = _words()
    date_of_birth = models.DateField(null=True)
    birth_knowledge = models.TextField()
    expected_delivery_on = models.DateField(null=True)
    sex = models.TextField()
    nhs_number = _words()
    unique_pupil_number = _words()
    created_at = models.DateTimeField()

    class Meta:
        app_label = "peer"
        managed = False
        db_table = "person"


class Contact(_Row):
    """A contact."""

    reference = models.TextField()
    state = models.TextField()
    channel = models.TextField()
    source_code = models.TextField()
    concern = models.TextField()
    immediate_danger = models.BooleanField(default=False)
    received_at = models.DateTimeField()
    logged_at = models.DateTimeField()
    logged_by = models.UUIDField()
    referrer_name = _words()
    referrer_role = _words()
    referrer_agency = _words()
    referrer_telephone = _words()
    referrer_email = _words()
    agreement = models.TextField()
    agreement_note = _words()
    lawful_basis = _words()
    sharing_reason = _words()
    address = _words()
    town = _words()
    postcode = _words()
    rating = _words()
    first_rated_at = models.DateTimeField(null=True)
    rated_at = models.DateTimeField(null=True)
    rated_by = models.UUIDField(null=True)
    rating_rationale = _words()
    assignee = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    assigned_at = models.DateTimeField(null=True)
    team_id = models.TextField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.UUIDField(null=True)
    acknowledgement = _words()
    sender_organisation_id = _words()
    sender_reference = _words()
    possible_duplicate_of = models.UUIDField(null=True)
    content_digest = _words()
    decided_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        app_label = "peer"
        managed = False
        db_table = "contact"


class Child(_Row):
    """A child on a contact."""

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="children")
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    position = models.SmallIntegerField()
    state = models.TextField(default="undecided")
    given_name = _words()
    family_name = _words()
    description = _words()
    date_of_birth = models.DateField(null=True)
    birth_knowledge = models.TextField()
    expected_delivery_on = models.DateField(null=True)
    sex = models.TextField()
    nhs_number = _words()
    unique_pupil_number = _words()
    ethnicity_code = _words()
    disability_codes = models.JSONField(default=list)
    first_language = _words()
    school = _words()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "peer"
        managed = False
        db_table = "contact_child"


class Adult(_Row):
    """An adult on a contact."""

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="adults")
    position = models.SmallIntegerField()
    relationship = models.TextField()
    name_known = models.BooleanField(default=True)
    given_name = _words()
    family_name = _words()
    date_of_birth = models.DateField(null=True)
    parental_responsibility = models.TextField()
    in_household = models.TextField()
    telephone = _words()
    note = _words()

    class Meta:
        app_label = "peer"
        managed = False
        db_table = "contact_adult"


class Deadline(_Row):
    """A clock."""

    kind = models.TextField()
    variant = _words()
    subject_kind = models.TextField()
    subject_id = models.UUIDField()
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="deadlines")
    owner_role = models.TextField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    warn_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    stopped_because = _words()
    policy_version = models.TextField()
    explanation = models.JSONField()

    class Meta:
        app_label = "peer"
        managed = False
        db_table = "deadline"


class Flag(_Row):
    """A breach."""

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="flags")
    subject_id = models.UUIDField()
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "peer"
        managed = False
        db_table = "flag"


class Event(models.Model):
    """What happened."""

    sequence = models.BigAutoField(primary_key=True)
    id = models.UUIDField(default=uuid7)
    type = models.TextField()
    at = models.DateTimeField()
    account_id = models.UUIDField(null=True)
    organisation_id = _words()
    request_id = _words()
    subject_id = models.UUIDField()
    contact_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    data = models.JSONField()

    class Meta:
        app_label = "peer"
        managed = False
        db_table = "event"


class Answer(models.Model):
    """What was answered to a key. The table's own key is of two columns, client and key."""

    client = models.TextField()
    key = models.UUIDField(primary_key=True)
    fingerprint = models.TextField()
    status = models.SmallIntegerField()
    headers = models.JSONField()
    body = models.BinaryField()
    kept_until = models.DateTimeField()

    class Meta:
        app_label = "peer"
        managed = False
        db_table = "answer"
