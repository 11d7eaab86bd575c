"""The operator's way in: the `frontdoor` command line."""
