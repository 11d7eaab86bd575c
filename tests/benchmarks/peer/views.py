"""The peer's two resources: contacts to post, and the queue to read."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Min, Prefetch, Q
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.benchmarks.peer.serializers import ContactSerializer, QueueLineSerializer
from tests.benchmarks.peer.tables import Answer, Child, Contact, Deadline


class Contacts(APIView):
    """Contacts to post, once for each Idempotency-Key."""

    def post(self, request: Any) -> HttpResponse:
        """Logs a contact, and keeps the answer with it in one transaction."""
        try:
            key = UUID(request.headers["Idempotency-Key"])
        except (KeyError, ValueError):
            raise ValidationError("Send an Idempotency-Key.") from None
        told = ContactSerializer(data=request.data, context={"request": request})
        told.is_valid(raise_exception=True)
        client = str(request.user.id)
        try:
            with transaction.atomic():
                contact = told.save()
                body = JSONRenderer().render(ContactSerializer(contact).data)
                Answer.objects.create(
                    client=client,
                    key=key,
                    fingerprint=hashlib.sha256(repr(request.data).encode()).hexdigest(),
                    status=201,
                    headers={"location": f"/contacts/{contact.id}"},
                    body=body,
                    kept_until=timezone.now() + timedelta(days=1),
                )
        except IntegrityError:
            kept = Answer.objects.get(client=client, key=key)
            return HttpResponse(kept.body, kept.status, content_type="application/json")
        return HttpResponse(body, status=201, content_type="application/json")


class ContactQueue(APIView):
    """The desk: open contacts, soonest deadline first."""

    def get(self, request: Any) -> Response:
        """The first lines of the queue."""
        limit = min(int(request.query_params.get("limit", 50)), 100)
        running = Deadline.objects.filter(stopped_at__isnull=True)
        waiting = (
            Contact.objects.filter(decided_at__isnull=True)
            .annotate(due_at=Min("deadlines__due_at", filter=Q(deadlines__stopped_at=None)))
            .select_related("assignee")
            .prefetch_related(
                Prefetch("deadlines", running.order_by("due_at"), to_attr="running"),
                Prefetch("children", Child.objects.order_by("position")),
            )
            .order_by("due_at", "id")[: limit + 1]
        )
        found = list(waiting)
        flags = dict(
            Contact.objects.filter(pk__in=[one.pk for one in found])
            .annotate(count=Count("flags", filter=Q(flags__cleared_at=None)))
            .values_list("pk", "count")
        )
        for one in found:
            one.flag_count = flags.get(one.pk, 0)
        return Response({"items": QueueLineSerializer(found[:limit], many=True).data})
