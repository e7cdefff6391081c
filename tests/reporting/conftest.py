"""What tests of pages and figures share."""

from curve_cases import axes as axes
