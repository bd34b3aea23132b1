"""The names of the charts, for those who offer them without loading what draws."""

CHARTS = ("ranking", "effects", "latency-curve", "rates", "latency-over-time", "resources", "scaling")
"""Those of one experiment, as `report.charts` has them."""
