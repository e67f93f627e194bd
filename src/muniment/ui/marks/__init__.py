"""Pictures drawn on the server: small, exact, printable, readable without seeing them.

Rules of all of them: shapes are SVG with classes (never a style), words are HTML beside the shapes, so that
they wrap, zoom
and can be copied; every colour is accompanied by a word, an icon or a letter; every figure can lead to its
list.
"""

from muniment.ui.marks.bars import stacked_bars
from muniment.ui.marks.checkpoints import checkpoints
from muniment.ui.marks.heat import heat_map
from muniment.ui.marks.merkle import proof_path
from muniment.ui.marks.ownership import ownership
from muniment.ui.marks.trend import trend
from muniment.ui.marks.waterfall import waterfall

__all__ = ["checkpoints", "heat_map", "ownership", "proof_path", "stacked_bars", "trend", "waterfall"]
