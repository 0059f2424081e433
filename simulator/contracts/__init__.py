"""Wire shapes in which operations and documents appear: one folder a contract."""
