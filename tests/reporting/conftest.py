"""What tests of pages and figures share."""

from curve_cases import axes as axes
from overview_cases import made as made
from overview_cases import study as study
