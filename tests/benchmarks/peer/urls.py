"""Where the peer's resources are."""

from django.urls import path

from tests.benchmarks.peer.views import ContactQueue, Contacts

urlpatterns = [
    path("contacts", Contacts.as_view()),
    path("queues/contacts", ContactQueue.as_view()),
]
