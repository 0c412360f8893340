"""python -m mcuprune"""

from mcuprune.cli import main

main()
