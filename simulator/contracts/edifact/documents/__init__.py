"""Messages and the trading documents that they are, one file each."""
