"""mcuprune: prune Keras models until they fit a microcontroller, and run them there."""

__version__ = "0.1.0"
