"""The peer: the same post and list as a Django REST Framework programmer would write them."""
