"""The pure middle: frozen values in, frozen values out; no I/O, no clock, no logging."""
