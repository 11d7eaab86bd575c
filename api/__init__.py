"""The service over HTTP: routes translate, the use-case of the same name decides."""
