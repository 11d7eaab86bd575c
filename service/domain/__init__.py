"""The rules, pure: no I/O, no clock, no settings; time, calendar and person are arguments."""
