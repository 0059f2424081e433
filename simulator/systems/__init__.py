"""The stand-ins for applications: one folder a system, named after its kind."""
