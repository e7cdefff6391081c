"""`python -m oead`: what the workflow's rules call, and the same as the `oead` command."""

from oead.cli import app

app(prog_name="oead")
