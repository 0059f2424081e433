"""X12: the contract of trading partners who speak ANSI ASC X12."""
