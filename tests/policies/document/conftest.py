"""Let the document's tests use preflight's sample stacks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "preflight"))
