"""The applications: command line over the library."""
