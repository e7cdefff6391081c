"""`oebench ...`: what the workflow's rules call is what a person can type.

These modules only pass arguments on. Each command imports its module when it runs, so that help is
there at once, and so that the hash of a command's code (`provenance.py`) covers that module and not
these.
"""

from oebench.cli import images, people, steps
from oebench.cli.base import app, end

__all__ = ["app", "end", "images", "people", "steps"]
