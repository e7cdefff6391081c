"""`python -m oebench`: what the workflow's rules call, and the same as the `oebench` command."""

from oebench.cli import app

app(prog_name="oebench")
