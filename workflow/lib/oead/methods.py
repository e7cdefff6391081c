"""All that a study can name as an objective: the objectives and the baselines."""

from oead.baselines import BASELINES, Baseline
from oead.objectives import OBJECTIVES, Objective

METHODS: dict[str, Objective | Baseline] = {**OBJECTIVES, **BASELINES}
PARAMETERS = tuple(dict.fromkeys(key for each in METHODS.values() for key in each.parameters))
