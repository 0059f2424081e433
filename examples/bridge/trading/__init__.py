"""The bridge's trading side: orders out, ship notices in, and an answer to everything.

As an ordinary integration would, it leaves reading and writing X12 and EDIFACT to a translator;
here that is Stagefloor's own contracts, used as a library. What follows from an interchange is
decided here.
"""
