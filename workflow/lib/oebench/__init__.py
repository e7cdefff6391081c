"""Outlier exposure for anomaly detection: the library behind the Snakemake workflow."""

__version__ = "0.1.0"
