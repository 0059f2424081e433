"""Transaction sets and the trading documents they stand for; one file a family."""
