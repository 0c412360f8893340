"""Generated C as people read it: two small networks, printed, are what they were.

A change here is fine when the new text is better: `make golden`, and look at the difference.
"""

from dataclasses import replace

import models
import pytest

from mcuprune import __version__, emit
from mcuprune.plan import Wall, plan


@pytest.mark.parametrize("name", ["tiny", "layout"])
def test_generated_c_reads_as_it_did(golden, tmp_path, name):
    graph, layers, arena = models.planned(models.save(name, tmp_path), "microbit")
    graph = replace(graph, sha256="0" * 64)
    for file, text in emit.files(graph, layers, arena).items():
        if file.startswith(name):
            golden(file, text.replace(f"mcuprune {__version__}", "mcuprune VERSION"))


def test_generated_c_with_a_second_region_reads_as_it_did(golden, tmp_path):
    graph, layers, arena = models.planned(models.save("tiny", tmp_path), "microbit")
    graph = replace(graph, name="walled", sha256="0" * 64)
    walled = plan(graph, layers, Wall(arena.size // 8 * 4, "ccm", 1024))
    for file, text in emit.files(graph, layers, walled).items():
        if file.startswith("walled"):
            golden(file, text.replace(f"mcuprune {__version__}", "mcuprune VERSION"))
