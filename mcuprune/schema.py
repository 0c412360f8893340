"""The numbers of TFLite's schema and their names."""

import tflite

TYPES = {value: name.lower() for name, value in vars(tflite.TensorType).items() if not name.startswith("_")}
KINDS = {value: name.lower() for name, value in vars(tflite.BuiltinOperator).items() if not name.startswith("_")}
OPTIONS = {value: name for name, value in vars(tflite.BuiltinOptions).items() if not name.startswith("_")}


def number(code: tflite.OperatorCode) -> int:
    """Of tflite.BuiltinOperator.  Until TensorFlow 2.4 it was told in a byte; later in four, above 127 only there."""
    return max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
